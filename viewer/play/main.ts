/** Entry of the play page: controls, worker, pictures. */
import { type Remote, wrap } from 'comlink';
import type { Episode } from '../../sim/recording/episode.ts';
import { element } from '../page/panel.ts';
import { drawCamera } from '../page/scene/images.ts';
import { embedButton } from '../page/share/embed-dialog.ts';
import { onTheme, themeButton } from '../page/theme.ts';
import { Game } from './game.ts';
import { Teacher } from './learn/teacher.ts';
import { Trainer } from './learn/trainer.ts';
import { MapPicture } from './map.ts';
import { setText, showCard, showPhase } from './panel.ts';
import type { EditShown, SceneEditor } from './scene/editor.ts';
import type { Grip } from './scene/grip.ts';
import { sceneOfFragment } from './scene/link.ts';
import type { Editing } from './scene/panel.ts';
import type { PlaySession } from './session.ts';
import { Stage } from './stage.ts';

declare global {
  interface Window {
    /** For anything that works the page from outside. */
    graftPlay: {
      readonly session: Remote<PlaySession>;
      readonly wasmFolder: string;
      readonly game: Game;
      readonly trainer: Trainer;
      readonly editing: () => Editing | undefined;
    };
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const session = wrap<PlaySession>(worker);
/** The tensor engine's file lies beside the worker. */
const wasmFolder = new URL('./assets/', location.href).href;
const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);

type Mode = 'play' | 'edit' | 'train';

/** What the panel is for: clicks and keys play, edit, or do nothing. */
const mode = (): Mode => element('panel').dataset.mode as Mode;
const trains = (): boolean => mode() === 'train';

function openStage(): Stage | undefined {
  try {
    return new Stage(element<HTMLCanvasElement>('view'), ([x, y], object) => {
      if (mode() === 'play' && !grip?.touched) void game.point(x, y);
      if (mode() === 'edit') editing?.pick(object);
    });
  } catch (error) {
    console.warn(error);
    element('notice').hidden = false;
    setText(
      'notice',
      'The 3D view needs WebGL 2, which this browser does not offer. Turn on hardware acceleration or use another browser; the heightmap and everything else on this page work.',
    );
    return undefined;
  }
}

/** Whether the stage shows a trial of the training in place of the scene that is played. */
let lent = false;

/** Shows a trial of the training while that side of the panel is up and nobody plays. */
async function showTraining(episode: Episode): Promise<void> {
  if (!trains() || game.busy) return new Promise((done) => setTimeout(done, 500));
  lent = true;
  const { probability } = episode.grasp;
  const predicted = probability === null ? 'chosen at random' : `it predicted ${Math.round(100 * probability)} %`;
  const title = `Training trial ${episode.trial}`;
  showCard(title, predicted, 'trying');
  await stage?.watch(episode, Number(element<HTMLSelectElement>('speed').value), showPhase);
  if (!lent) return;
  showPhase(undefined);
  showCard(title, predicted, episode.outcome);
}

/** Gives the stage back to the scene that is played. */
function takeBack(): void {
  if (!lent) return;
  lent = false;
  game.showAgain();
}

const map = new MapPicture(element<HTMLCanvasElement>('map'), {
  point: (x, y) => mode() === 'play' && void game.point(x, y),
  turn: (steps) => {
    if (mode() !== 'play') return;
    const angle = input('angle');
    const [step, end] = [Number(angle.step), Number(angle.max) + Number(angle.step)];
    angle.value = String((Number(angle.value) + steps * step + end) % end);
    void game.aim();
  },
  try: () => mode() === 'play' && void game.try(),
});
const stage = openStage();
let grip: Grip | undefined;
const game: Game = new Game(session, stage, map, wasmFolder);
const trainer = new Trainer({
  play: session,
  wasmFolder,
  onWeights: (bytes, about) => game.takePolicy(bytes, about),
  onEpisode: showTraining,
  fail: (error) => game.fail(error),
});
game.onScenarios = (scenarios, chosen) => trainer.offer(scenarios, chosen);
const showDescription = (): void => (element('panel').dataset.mode === 'train' ? trainer.describe() : game.describe());
const teacher = new Teacher({ play: session, trainer, fail: (error) => game.fail(error) });
game.teaches = () => teacher.teaches;
game.onTried = () => teacher.tried();
window.graftPlay = { session, wasmFolder, game, trainer, editing: () => editing };

worker.addEventListener('error', (event) =>
  game.fail(new Error(event.message || 'the simulator did not start; this browser may lack WebAssembly SIMD')),
);
themeButton(element('theme'));
embedButton(() => location.hash);
onTheme(() => map.redraw());

const on = (id: string, event: string, act: () => unknown): void =>
  element(id).addEventListener(event, () => void act());
on('scenarios', 'change', () => game.chooseScenario());
on('seed', 'change', () => game.draw());
on('index', 'change', () => game.draw());
on('clutter', 'change', () => game.draw());
on('propose', 'click', () => game.propose());
on('try', 'click', () => game.try());
on('next', 'click', () => game.next());
on('drop', 'click', () => game.drop());
on('batch', 'click', () => game.batch());
on('auto', 'change', () => game.auto());
on('angle', 'input', () => game.aim());
on('depth', 'input', () => game.aim());
on('reset', 'click', () => game.resetView());
element('controls').addEventListener('submit', (event) => event.preventDefault());

let editing: Editing | undefined;
/** The scenario that is edited. */
let edited = '';

/** Shows a side of the panel, and on the stage what belongs to it. */
async function turnTo(wanted: Mode): Promise<void> {
  const before = mode();
  element('panel').dataset.mode = wanted;
  for (const radio of document.querySelectorAll<HTMLInputElement>('#mode input'))
    radio.checked = radio.value === wanted;
  setText('message', '');
  if (wanted !== 'play') grip?.leave();
  if (before === 'edit' && wanted !== 'edit') {
    editing?.leave();
    game.showAgain();
    drawFrame();
  }
  if (wanted === 'play') {
    takeBack();
    game.onPlan(game.planned);
  }
  if (wanted === 'edit') await edit();
  else showDescription();
}

/** Shows the scene that is made; it begins anew with another scenario. */
async function edit(): Promise<void> {
  lent = false;
  input('auto').checked = false;
  const { Editing } = await import('./scene/panel.ts');
  if (mode() !== 'edit') return;
  editing ??= new Editing({
    editor: session.editor as unknown as Remote<SceneEditor>,
    stage,
    isUp: () => mode() === 'edit',
    onShown: showEdited,
    play: playEdited,
    fail: (error) => game.fail(error),
  });
  const scenario = element<HTMLSelectElement>('scenarios').value;
  if (scenario === edited) editing.showAgain();
  else await editing.begin(scenario);
  edited = scenario;
}

function showEdited(scene: EditShown, title: string): void {
  drawCamera(element<HTMLCanvasElement>('camera'), { ...scene.image, depth: scene.depth }, asDepth);
  map.show(scene, undefined, null);
  showPhase(undefined);
  setText('run', scene.scenario.description || 'no description');
  showCard(title, 'Click an object, and drag its handles', 'editing');
}

async function playEdited(text: string, file: string): Promise<void> {
  await game.openScenario(text, file);
  edited = element<HTMLSelectElement>('scenarios').value;
  await turnTo('play');
}

for (const radio of document.querySelectorAll<HTMLInputElement>('#mode input'))
  radio.addEventListener('change', () => void turnTo(radio.value as Mode).catch((error) => game.fail(error)));
on('train-scenario', 'change', () => showDescription());

let asDepth = false;
const drawFrame = (): void => {
  const shown = mode() === 'edit' ? undefined : game.scene;
  if (shown) drawCamera(element<HTMLCanvasElement>('camera'), { ...shown.image, depth: shown.depth }, asDepth);
};
game.onScene = drawFrame;
element('camera-mode').addEventListener('click', ({ currentTarget }) => {
  asDepth = !asDepth;
  const button = currentTarget as HTMLElement;
  button.textContent = asDepth ? 'colour' : 'depth';
  button.setAttribute('aria-label', asDepth ? 'Show colour instead of depth' : 'Show depth instead of colour');
  drawFrame();
});

input('file').addEventListener('change', ({ currentTarget }) => {
  const chooser = currentTarget as HTMLInputElement;
  void game.open([...(chooser.files ?? [])]);
  chooser.value = '';
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  void openDropped([...(event.dataTransfer?.files ?? [])]).catch((error) => game.fail(error));
});

/** Meshes go into the scene that is made, before a scenario that may place them. */
async function openDropped(files: readonly File[]): Promise<void> {
  const isMesh = ({ name }: File): boolean => /\.(obj|stl|glb)$/i.test(name);
  const meshes = files.filter(isMesh);
  const others = files.filter((file) => !isMesh(file));
  if (meshes.length > 0) {
    await turnTo('edit');
    await editing?.addFiles(meshes);
  }
  if (others.length > 0 && mode() === 'edit') await turnTo('play');
  await game.open(others);
}

const KEYS: Readonly<Record<string, () => unknown>> = {
  p: () => game.propose(),
  t: () => game.try(),
  n: () => game.next(),
  d: () => game.drop(),
};
addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement && ['number', 'text'].includes(event.target.type);
  if (mode() === 'edit') {
    if (!typing && !(event.target instanceof HTMLSelectElement) && editing?.press(event)) event.preventDefault();
    return;
  }
  const act = KEYS[event.key.toLowerCase()];
  if (
    !act ||
    typing ||
    trains() ||
    event.target instanceof HTMLSelectElement ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey
  )
    return;
  event.preventDefault();
  void act();
});

/** Opens the scene that the address carries, once the page stands. */
async function openLinked(): Promise<void> {
  try {
    const text = await sceneOfFragment(location.hash);
    if (text === undefined) return;
    if (mode() === 'edit') await turnTo('play');
    await game.openScenario(text, 'linked.yaml');
  } catch (error) {
    game.fail(error);
  }
}

/** Handles on the grasp; they are loaded when the page stands. */
async function openGrip(): Promise<void> {
  const { Grip } = await import('./scene/grip.ts');
  const hand = new Grip({
    stage,
    aim: (pose, opening) => game.grip(pose, opening),
    tilts: () => !teacher.teaches,
  });
  grip = hand;
  game.onPlan = (planned) => hand.show(mode() === 'play' ? planned : undefined, game.scene?.gripper.stroke ?? 0.08);
}

void Promise.all([game.start(), openGrip()]).then(openLinked);
addEventListener('hashchange', () => void openLinked());
