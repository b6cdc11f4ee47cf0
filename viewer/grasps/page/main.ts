/** Entry of the grasp page: files in, a question to the server, its answer in pictures and a list. */
import type { Answer } from '../../../scenarios/predict/answer.ts';
import { confirmOn, takeDrops } from '../../page/controls.ts';
import { element } from '../../page/panel.ts';
import { themeButton } from '../../page/theme.ts';
import { ask, type Health, health, Refused } from './ask.ts';
import { exampleFiles } from './example.ts';
import { Form } from './form.ts';
import { type InputFile, type Inputs, joined, type Kind, sortFiles } from './inputs.ts';
import { GraspList, showInputs, showRemarks, showState } from './lists.ts';
import { type AskedCamera, questionOf } from './question.ts';
import { type ReadCamera, readCamera, readPicture } from './read.ts';
import { Token } from './token.ts';
import { Choice } from './views/choice.ts';
import type { CameraPicture } from './views/picture.ts';
import { Pictures } from './views/pictures.ts';

declare global {
  interface Window {
    /** For anything that watches the page from outside. */
    graftGrasps: {
      readonly answer: Answer | undefined;
      readonly counts: { readonly triangles: number; readonly hands: number } | undefined;
    };
  }
}

/** Whoever types is asked about when they pause so long, ms. */
const PAUSE_MS = 250;

let inputs: Inputs = {};
let picture: CameraPicture | undefined;
let camera: ReadCamera | undefined;
let answer: Answer | undefined;
let server: Health | undefined;
let asking = new AbortController();
let pause: ReturnType<typeof setTimeout> | undefined;

const choice = new Choice();
const list = new GraspList(choice);
const pictures = new Pictures(choice);
const token = new Token(() => void inquire());
const form = new Form((readAnew) => {
  clearTimeout(pause);
  pause = setTimeout(() => void (readAnew ? refresh() : inquire()), PAUSE_MS);
});

window.graftGrasps = {
  get answer() {
    return answer;
  },
  get counts() {
    return pictures.stage?.counts();
  },
};

// files

/** Takes files in, and asks about them. */
async function take(files: readonly InputFile[]): Promise<void> {
  const sorted = sortFiles(files);
  if (Object.keys(sorted.inputs).length > 0) {
    inputs = joined(inputs, sorted);
    await refresh();
  }
  const before = Object.keys(sorted.inputs).length > 0 ? (element('problem').textContent ?? '') : '';
  if (sorted.left.length > 0) complain([before, ...sorted.left].filter(Boolean).join('\n'));
}

const takeFiles = async (files: readonly File[]): Promise<void> =>
  take(await Promise.all(files.map(async (f) => ({ name: f.name, bytes: new Uint8Array(await f.arrayBuffer()) }))));

/** Reads the files anew, shows what they are, and asks. */
async function refresh(): Promise<void> {
  asking.abort();
  const read = inputs;
  complain('');
  element('welcome').hidden = Object.keys(inputs).length > 0;
  const outcome = await Promise.allSettled([readPicture(read, form.fields.depthScale ?? 0.001), readCamera(read)]);
  if (read !== inputs) return;
  [picture, camera] = outcome.map((o) => (o.status === 'fulfilled' ? o.value : undefined)) as [
    CameraPicture | undefined,
    ReadCamera | undefined,
  ];
  showInputs(inputs, picture, leaveOut);
  form.showCamera(picture, camera);
  pictures.showPicture(picture);
  showAnswer(undefined);
  const broken = outcome.find((o) => o.status === 'rejected');
  if (broken) return complain(sentenceOf(broken.reason));
  if (inputs.depth) await inquire();
  else if (Object.keys(inputs).length > 0) complain('A depth picture is still missing.');
}

function leaveOut(kind: Kind): void {
  inputs = { ...inputs, [kind]: undefined };
  for (const key of Object.keys(inputs) as Kind[]) if (!inputs[key]) inputs = omit(inputs, key);
  void refresh();
}

const omit = (all: Inputs, kind: Kind): Inputs =>
  Object.fromEntries(Object.entries(all).filter(([key]) => key !== kind)) as Inputs;

// questions

const askedCamera = (): AskedCamera => (camera ? { camera: camera.sent } : { intrinsics: form.intrinsics() });

/** Asks about what is shown; a question that is under way is given up. */
async function inquire(): Promise<void> {
  if (!picture || !server) return;
  asking.abort();
  const own = new AbortController();
  asking = own;
  try {
    const asked = askedCamera();
    const hand = form.hand(server.hand);
    showState('asking', 'live');
    const got = await ask(questionOf(form.fields, asked, ['maps']), inputs, token.value, own.signal);
    if (asking !== own) return;
    complain('');
    token.ask(false);
    choice.select(0);
    const intrinsics = camera?.intrinsics ?? form.intrinsics();
    pictures.showAnswer({ answer: got, camera: { intrinsics, T_world_camera: camera?.T_world_camera }, hand });
    showAnswer(got);
    showState(`${got.timing.totalMs.toFixed(0)} ms`, 'live');
  } catch (error) {
    if (asking !== own || own.signal.aborted) return;
    pictures.showAnswer(undefined);
    showAnswer(undefined);
    refused(error);
  }
}

function refused(error: unknown): void {
  const locked = error instanceof Refused && error.status === 401;
  token.ask(locked);
  showState(locked ? 'locked' : error instanceof Refused && error.status === 0 ? 'gone' : 'refused', 'connecting');
  complain(sentenceOf(error));
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function complain(text: string): void {
  element('problem').textContent = text;
}

function showAnswer(got: Answer | undefined): void {
  answer = got;
  list.show(got?.grasps ?? []);
  showRemarks(got);
}

// what is taken away

async function copyAnswer(): Promise<void> {
  if (!answer) return;
  const { maps: _, overlay: __, ...told } = answer;
  try {
    await navigator.clipboard.writeText(JSON.stringify(told, null, 2));
    confirmOn('copy', 'Copied');
  } catch {
    complain('clipboard: expected a page that may write to it (https or this machine), got another');
  }
}

/** Asks for the server's own picture of the answer, and saves it. */
async function saveOverlay(): Promise<void> {
  try {
    const { overlay } = await ask(questionOf(form.fields, askedCamera(), ['overlay']), inputs, token.value);
    if (!overlay) return;
    const bytes = Uint8Array.from(atob(overlay), (c) => c.charCodeAt(0));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }));
    link.download = `${inputs.depth?.name.replace(/\.[^.]*$/, '') ?? 'depth'}-grasps.png`;
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    refused(error);
  }
}

// controls

const chooser = element<HTMLInputElement>('file');
chooser.addEventListener('change', () => {
  const files = [...(chooser.files ?? [])];
  // the same file may be chosen again
  chooser.value = '';
  void takeFiles(files);
});
const takeExample = async (): Promise<void> => {
  try {
    inputs = {};
    await take(await exampleFiles());
  } catch (error) {
    complain(sentenceOf(error));
  }
};
const ACTIONS: Readonly<Record<string, () => void>> = {
  choose: () => chooser.click(),
  add: () => chooser.click(),
  example: () => void takeExample(),
  again: () => void takeExample(),
  empty: () => {
    inputs = {};
    void refresh();
  },
  reset: () => pictures.stage?.view.reset(),
  copy: () => void copyAnswer(),
  overlay: () => void saveOverlay(),
};
for (const [id, act] of Object.entries(ACTIONS)) element(id).addEventListener('click', act);
takeDrops((files) => void takeFiles(files));
themeButton(element('theme'));
showInputs(inputs, picture, leaveOut);
showRemarks(undefined);

/** Learns what is served. */
async function begin(): Promise<void> {
  try {
    server = await health();
    const { policy, version, heightmap, hand } = server;
    const side = (100 * heightmap.size * heightmap.cell).toFixed(0);
    const text = `${policy} · hand ${(1000 * hand.stroke).toFixed(0)} mm · map ${side} cm · graft ${version}`;
    element('run').textContent = text;
    element('run').title = text;
    form.offerHands(hand);
    showState('ready', 'live');
    await inquire();
  } catch (error) {
    refused(error);
  }
}

void begin();
