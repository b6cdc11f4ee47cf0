/** Entry of the play page: controls, worker, pictures. */
import { type Remote, wrap } from 'comlink';
import type { Episode } from '../../sim/recording/episode.ts';
import { element } from '../page/panel.ts';
import { drawCamera } from '../page/scene/images.ts';
import { onTheme, themeButton } from '../page/theme.ts';
import { Game } from './game.ts';
import { MapPicture } from './map.ts';
import { setText, showCard, showPhase } from './panel.ts';
import type { PlaySession } from './session.ts';
import { Stage } from './stage.ts';
import { Teacher } from './teacher.ts';
import { Trainer } from './trainer.ts';

declare global {
  interface Window {
    /** For anything that works the page from outside. */
    graftPlay: {
      readonly session: Remote<PlaySession>;
      readonly wasmFolder: string;
      readonly game: Game;
      readonly trainer: Trainer;
    };
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const session = wrap<PlaySession>(worker);
/** The tensor engine's file lies beside the worker. */
const wasmFolder = new URL('./assets/', location.href).href;
const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);

/** Whether the panel shows the training: then nothing is played by clicks and keys. */
const trains = (): boolean => element('panel').dataset.mode === 'train';

function openStage(): Stage | undefined {
  try {
    return new Stage(element<HTMLCanvasElement>('view'), ([x, y]) => {
      if (!trains()) void game.point(x, y);
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
  point: (x, y) => void game.point(x, y),
  turn: (steps) => {
    const angle = input('angle');
    const [step, end] = [Number(angle.step), Number(angle.max) + Number(angle.step)];
    angle.value = String((Number(angle.value) + steps * step + end) % end);
    void game.aim();
  },
  try: () => void game.try(),
});
const stage = openStage();
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
window.graftPlay = { session, wasmFolder, game, trainer };

worker.addEventListener('error', (event) =>
  game.fail(new Error(event.message || 'the simulator did not start; this browser may lack WebAssembly SIMD')),
);
themeButton(element('theme'));
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
for (const mode of document.querySelectorAll<HTMLInputElement>('#mode input'))
  mode.addEventListener('change', () => {
    element('panel').dataset.mode = mode.value;
    if (mode.value === 'play') takeBack();
    showDescription();
  });
on('train-scenario', 'change', () => showDescription());

let asDepth = false;
const drawFrame = (): void => {
  const shown = game.scene;
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
  void game.open([...(event.dataTransfer?.files ?? [])]);
});

const KEYS: Readonly<Record<string, () => unknown>> = {
  p: () => game.propose(),
  t: () => game.try(),
  n: () => game.next(),
  d: () => game.drop(),
};
addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement && event.target.type === 'number';
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

void game.start();
