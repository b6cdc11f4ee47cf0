import type { Mesh } from '../../sim/mesh.ts';
import type { RunInfo, RunResult, TrialSummary } from '../episode.ts';
import {
  type CameraMessage,
  type EpisodeInfo,
  type MapsMessage,
  type PosesMessage,
  PROTOCOL_VERSION,
  type ServerMessage,
} from '../protocol.ts';
import { themeColour } from './colours.ts';
import { Connection } from './connection.ts';
import { drawCamera, drawMap } from './images.ts';
import { PoseBuffer } from './interpolation.ts';
import { element, showConnection, showEpisode, showPhase, showResult, showRun, showTrials } from './panel.ts';
import { onTheme, themeButton } from './theme.ts';
import { View } from './view.ts';

/** Counters for anything that watches the page from outside. */
export interface ViewerCounters {
  connected: boolean;
  /** Whether there is a 3D picture. */
  webgl: boolean;
  /** Pose messages received. */
  poseCount: number;
  /** Pictures drawn in which the bodies were at a new time. */
  shownCount: number;
  /** Episodes begun; plays of the same one count once. */
  episodeCount: number;
  /** Trial number of the current episode; -1 before the first. */
  episode: number;
  phase: number;
  trialCount: number;
  /** Messages that could not be read. */
  errors: number;
  pixelRatio: number;
}

declare global {
  interface Window {
    graftViewer: ViewerCounters;
  }
}

const counters: ViewerCounters = {
  ...{ connected: false, webgl: false, poseCount: 0, shownCount: 0, episodeCount: 0, episode: -1 },
  ...{ phase: 0, trialCount: 0, errors: 0, pixelRatio: 1 },
};
window.graftViewer = counters;

const PANEL_INTERVAL_MS = 250;

let run: RunInfo | undefined;
let trials: TrialSummary[] = [];
let info: EpisodeInfo | undefined;
let camera: CameraMessage | undefined;
let maps: MapsMessage | undefined;
let geometry = new Map<number, Mesh>();
/** Number of the episode in the 3D picture. */
let staged = 0;
let lastTime = -1;
let panelStale = true;
let asDepth = false;
let paused = false;
const buffer = new PoseBuffer();
const view = openView();

function openView(): View | undefined {
  try {
    const wish = new URLSearchParams(location.search).get('detail');
    const detail = wish === 'high' || wish === 'low' ? wish : undefined;
    const opened = new View(element<HTMLCanvasElement>('view'), detail);
    counters.webgl = true;
    return opened;
  } catch (error) {
    console.warn(error);
    const notice = element('notice');
    notice.hidden = false;
    notice.textContent =
      'The 3D view needs WebGL 2, which this browser does not offer. Turn on hardware acceleration or use another browser; everything else on this page works.';
    return undefined;
  }
}

function receive(message: ServerMessage): void {
  if ('kind' in message) {
    if (message.kind === 'geometry') geometry.set(message.id, message.mesh);
    else if (message.kind === 'camera') setCamera(message);
    else if (message.kind === 'maps') setMaps(message);
    else receivePoses(message);
    return;
  }
  if (message.type === 'hello') restart(message.version);
  else if (message.type === 'run') setRun(message.run);
  else if (message.type === 'trials') addTrials(message.trials);
  else if (message.type === 'episode') setEpisode(message);
  else setResult(message);
}

/** A server, perhaps a new one, is about to send all it has. */
function restart(version: number): void {
  if (version !== PROTOCOL_VERSION) reloadOnce(version);
  trials = [];
  geometry = new Map();
  staged = 0;
  buffer.clear();
  setResult(undefined);
  addTrials([]);
  paused = false;
  showPause();
}

/** The page is older than the server: fetch the current one, but never in a loop. */
function reloadOnce(version: number): void {
  const key = 'graft-reloaded-for';
  if (sessionStorage.getItem(key) === String(version)) return;
  sessionStorage.setItem(key, String(version));
  location.reload();
}

function setRun(next: RunInfo): void {
  run = next;
  showRun(next);
  panelStale = true;
}

function addTrials(more: readonly TrialSummary[]): void {
  trials.push(...more);
  counters.trialCount = trials.length;
  panelStale = true;
}

function setResult(result: RunResult | undefined): void {
  showResult(result);
}

function setEpisode(next: EpisodeInfo): void {
  info = next;
  const used = new Set(next.objects.map((o) => o.geometry));
  geometry = new Map([...geometry].filter(([id]) => used.has(id)));
  buffer.clear();
  counters.episodeCount++;
  counters.episode = next.trial;
}

function setCamera(message: CameraMessage): void {
  camera = message;
  element('camera-mode').hidden = !message.depth;
  drawCamera(element<HTMLCanvasElement>('camera'), message, asDepth);
}

function setMaps(message: MapsMessage): void {
  maps = message;
  element('map-title').textContent = message.affordance ? 'affordance' : 'heightmap';
  element('map-legend').hidden = !message.affordance;
  if (info) drawMap(element<HTMLCanvasElement>('map'), message, info);
}

function receivePoses(message: PosesMessage): void {
  if (message.episode !== info?.episode) return;
  counters.poseCount++;
  buffer.push(message, performance.now() / 1000);
}

/** Draws the next picture. */
function draw(now: number): void {
  requestAnimationFrame(draw);
  const sample = buffer.sample(now / 1000);
  if (sample && info && sample.episode === info.episode) {
    if (staged !== info.episode) stage(info);
    if (sample.time !== lastTime) {
      lastTime = sample.time;
      counters.shownCount++;
      view?.setPoses(sample.poses);
      showTrial(info, sample.frame, sample.phase);
    }
  }
  view?.render(now);
  counters.pixelRatio = view?.pixelRatio ?? 1;
}

function stage(next: EpisodeInfo): void {
  staged = next.episode;
  view?.setEpisode(next, geometry);
  showEpisode(next);
}

function showTrial(current: EpisodeInfo, frame: number, phase: number): void {
  const over = frame >= current.frames - 1;
  counters.phase = phase;
  showPhase(phase, over ? current.outcome : undefined);
  const name = over ? (current.outcome === 'held' ? '--held' : '--failed') : '--accent';
  view?.tintGrasp(themeColour(name));
}

function togglePause(): void {
  if (connection.send({ type: paused ? 'resume' : 'pause' })) paused = !paused;
  showPause();
}

function showPause(): void {
  const button = element('pause');
  button.textContent = paused ? 'Resume' : 'Pause';
  button.setAttribute('aria-pressed', String(paused));
}

const connection = new Connection(receive, (state) => {
  counters.connected = state === 'live';
  showConnection(state);
});

element('pause').addEventListener('click', togglePause);
element('reset').addEventListener('click', () => view?.reset());
element('camera-mode').addEventListener('click', () => {
  asDepth = !asDepth;
  const button = element('camera-mode');
  button.textContent = asDepth ? 'colour' : 'depth';
  button.setAttribute('aria-label', asDepth ? 'Show colour instead of depth' : 'Show depth instead of colour');
  if (camera) drawCamera(element<HTMLCanvasElement>('camera'), camera, asDepth);
});
addEventListener('keydown', (event) => {
  if (event.key !== ' ' || event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement)
    return;
  event.preventDefault();
  togglePause();
});
themeButton(element('theme'));
onTheme(() => {
  if (maps && info) drawMap(element<HTMLCanvasElement>('map'), maps, info);
});
setInterval(() => {
  counters.errors = connection.errors;
  if (!panelStale) return;
  panelStale = false;
  showTrials(trials, run);
}, PANEL_INTERVAL_MS);
requestAnimationFrame(draw);
