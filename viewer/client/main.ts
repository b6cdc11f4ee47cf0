import type { RunInfo, TrialSummary } from '../episode.ts';
import { ImagePanel } from './images.ts';
import { LiveRun } from './live.ts';
import { element, showConnection, showMessage, showPhase, showResult, showRun, showTrials } from './panel.ts';
import { Stage } from './stage.ts';

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
let panelStale = true;
/** Which of the episodes that began is on stage. */
let staged = 0;
const images = new ImagePanel();
const stage = new Stage(
  element<HTMLCanvasElement>('view'),
  { title: element('trial-title'), detail: element('trial-detail'), outcome: element('outcome') },
  noWebgl,
);
counters.webgl = stage.view !== undefined;

function noWebgl(error: unknown): void {
  console.warn(error);
  const notice = element('notice');
  notice.hidden = false;
  notice.textContent =
    'The 3D view needs WebGL 2, which this browser does not offer. Turn on hardware acceleration or use another browser; everything else on this page works.';
}

const live = new LiveRun({
  onState(state) {
    counters.connected = state === 'live';
    showConnection(state);
  },
  onRestart() {
    trials = [];
    counters.trialCount = 0;
    showResult(undefined);
    showMessage(undefined);
    showPause();
    panelStale = true;
  },
  onRun(next) {
    run = next;
    if (next) showRun(next);
    panelStale = true;
  },
  onTrial(trial) {
    trials.push(trial);
    counters.trialCount = trials.length;
    panelStale = true;
  },
  onResult: showResult,
  onSeen: (info, seen) => images.show(info, seen),
  onStatus(level, message) {
    // information says that all is well again
    showMessage(level > 0 ? message : undefined);
  },
});

/** Draws the next picture. */
function draw(now: number): void {
  requestAnimationFrame(draw);
  showLive(now);
  stage.view?.render(now);
  counters.pixelRatio = stage.view?.pixelRatio ?? 1;
}

function showLive(now: number): void {
  const sample = live.sample(now / 1000);
  const trial = live.trial;
  if (!sample || !trial || sample.episode !== trial.info.episode) return;
  if (staged !== live.counts.episodes) {
    staged = live.counts.episodes;
    stage.begin(trial.info, trial.geometry);
    images.show(trial.info, live.seen, { geometry: trial.geometry, poses: sample.poses.slice() });
    counters.episode = trial.info.trial;
  }
  if (!stage.show(sample)) return;
  counters.shownCount++;
  counters.phase = sample.phase;
  showPhase(sample.phase);
}

function togglePause(): void {
  live.togglePause();
  showPause();
}

function showPause(): void {
  const button = element('pause');
  button.textContent = live.paused ? 'Resume' : 'Pause';
  button.setAttribute('aria-pressed', String(live.paused));
}

element('pause').addEventListener('click', togglePause);
element('reset').addEventListener('click', () => stage.view?.reset());
element('message-close').addEventListener('click', () => showMessage(undefined));
addEventListener('keydown', (event) => {
  if (event.key !== ' ' || event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement)
    return;
  event.preventDefault();
  togglePause();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => images.draw());
setInterval(() => {
  Object.assign(counters, { errors: live.errors, poseCount: live.counts.poses, episodeCount: live.counts.episodes });
  if (!panelStale) return;
  panelStale = false;
  showTrials(trials, run);
}, PANEL_INTERVAL_MS);
requestAnimationFrame(draw);
