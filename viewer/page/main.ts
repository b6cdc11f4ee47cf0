/** Viewer page: the live run, recordings, and the controls of both. */
import type { RunInfo } from '../../sim/recording/live-view.ts';
import type { TrialSummary } from '../../sim/recording/marks.ts';
import { bindActions, copyLink, fileDialog, listLayers, listSpeeds, showPaused, takeDrops } from './controls.ts';
import { counters } from './counters.ts';
import { LiveRun } from './live.ts';
import { element, showConnection, showMessage, showPhase, showResult, showRun, showTrials } from './panel.ts';
import { stopName } from './playback/filter.ts';
import { FilterControls } from './playback/filter-controls.ts';
import { linkTo, parseLink } from './playback/player.ts';
import { type LoadedEpisode, objectPaths, RecordingFile } from './playback/recording.ts';
import { RecordingSession } from './playback/session.ts';
import { fileSource, urlSource } from './playback/sources.ts';
import { Timeline } from './playback/timeline.ts';
import { ImagePanel } from './scene/images.ts';
import { LAYERS } from './scene/layers.ts';
import { Stages } from './scene/stages.ts';
import { embedButton } from './share/embed-dialog.ts';
import { carried } from './share/here.ts';
import { carriedSource, showCarriedResult, showCarrying } from './share/opening.ts';
import { SteerButton } from './steer/button.ts';
import { onTheme, themeButton } from './theme.ts';

const PANEL_INTERVAL_MS = 250;
const STEP_SECONDS = 1 / 30;

/** The live run as far as it is known, whether it is shown or not. */
const watched = { run: undefined as RunInfo | undefined, trials: [] as TrialSummary[] };
let panelStale = true;
/** Which of the live episodes is on stage; 0 for none. */
let staged = 0;
let session: RecordingSession | undefined;
/** Whether the page is still opening the recording of its address, and should not show anything else meanwhile. */
let opening = new URLSearchParams(location.search).has('recording') || carried?.recording !== undefined;
/** Whether the message on the page is a complaint of the server. */
let complaint = false;
let lastDraw = 0;
const images = new ImagePanel();
const stages = new Stages();
const stage = stages.first;
counters.webgl = stage.view !== undefined;

// the run as it happens

const live = new LiveRun({
  onState(state) {
    counters.connected = state === 'live';
    if (!session) showConnection(state);
  },
  onRestart() {
    watched.trials = [];
    counters.trialCount = 0;
    staged = 0;
    panelStale = true;
    if (session) return;
    showResult(undefined);
    showStatus(0, '');
    showPause();
  },
  onRun(run) {
    watched.run = run;
    if (run && !session) showRun(run);
    panelStale = true;
  },
  onTrial(trial) {
    watched.trials.push(trial);
    counters.trialCount = watched.trials.length;
    panelStale = true;
  },
  onResult(result) {
    if (!session) showResult(result);
  },
  onSeen(info, seen) {
    if (session || opening) return;
    images.show(info, seen);
    stage.see(info, seen);
  },
  onStatus: showStatus,
  onSteering: (steered) => steer.show(steered),
});
const steer = new SteerButton({ live, images, view: stage.view, isLive: () => !session });

/** Shows what the server complains about; information says that all is well again. Other messages stay. */
function showStatus(level: number, message: string): void {
  if (level > 0) showMessage(message);
  else if (complaint) showMessage(undefined);
  complaint = level > 0;
}

function showLive(now: number): void {
  const sample = live.sample(now / 1000);
  const { trial } = live;
  if (!sample || !trial || sample.episode !== trial.info.episode) return;
  if (staged !== live.counts.episodes) {
    staged = live.counts.episodes;
    stage.begin(trial.info, trial.geometry);
    stage.see(trial.info, live.seen);
    images.show(trial.info, live.seen, { geometry: trial.geometry, poses: sample.poses.slice() });
    counters.episode = trial.info.trial;
  }
  if (!stage.show(sample)) return;
  counters.shownCount++;
  counters.shownAt = live.start + sample.time;
  counters.phase = sample.phase;
  showPhase(sample.phase);
}

// recordings

const timeline = new Timeline({
  onTrial(index) {
    if (session) session.player.seek(index, 0);
    else void openServed(index);
  },
  onTime(time) {
    if (!session) return;
    session.player.playing = false;
    session.player.seek(session.player.index, time);
  },
});

/** Opens the recording of the live run at one of its trials, if the server has it. */
async function openServed(index: number): Promise<void> {
  if (carried) return;
  const answer = await fetch('./recordings/').catch(() => undefined);
  const [address] = answer?.ok ? ((await answer.json()) as string[]) : [];
  if (address === undefined) return;
  const wanted = watched.trials[index];
  await attempt(async () => {
    const file = await RecordingFile.open(await urlSource(address));
    const at = file.marks.findIndex((m) => m.trial === wanted?.trial && m.split === wanted.split);
    look(file, { index: at < 0 ? Number.MAX_SAFE_INTEGER : at, time: 0 });
  });
}

/** Does something that may fail for a reason that the user should know. */
async function attempt(action: () => Promise<void>): Promise<void> {
  showMessage(undefined);
  try {
    await action();
  } catch (error) {
    showMessage(error instanceof Error ? error.message : String(error));
  }
}

/** Shows a recording in the place of the live run, or of another recording. */
function look(file: RecordingFile, at?: { readonly index: number; readonly time: number }): void {
  session?.close();
  stages.setBeside(false);
  const opened = new RecordingSession(file, {
    onTrials: () => {
      panelStale = true;
    },
    onTrial: (place, trial) => present(place, trial),
    onError: (message) => showMessage(message),
  });
  session = opened;
  opened.setFilter(filters.filter);
  if (at) {
    opened.player.seek(at.index, at.time);
    // who follows a link wants to see that moment
    opened.player.playing = false;
  }
  showConnection('recording');
  showResult(undefined);
  showRun(file.run);
  showMessage(file.warning);
  element('player').hidden = false;
  panelStale = true;
}

/** Puts a second recording beside the first. */
function compare(file: RecordingFile): void {
  if (!session) return void look(file);
  session.putBeside(file);
  stages.setBeside(true);
  element('trial-detail').textContent = session.files[0].name;
  showMessage(file.warning);
}

function present(place: 0 | 1, trial: LoadedEpisode | undefined): void {
  const target = place === 0 ? stage : stages.second;
  if (place === 1) counters.beside = trial?.info.trial ?? -1;
  if (!trial) {
    element('second-title').textContent = 'No such trial in this recording';
    return;
  }
  target?.begin(trial.info, trial.geometry, objectPaths(trial));
  target?.see(trial.info, trial.seen);
  const name = session?.files[place]?.name ?? '';
  if (session && session.files.length > 1) element(place === 0 ? 'trial-detail' : 'second-detail').textContent = name;
  if (place === 1) return;
  counters.episode = trial.info.trial;
  images.show(trial.info, trial.seen, { geometry: trial.geometry, poses: trial.moments[0].poses });
}

function showRecording(current: RecordingSession, seconds: number): void {
  const { player } = current;
  const samples = current.tick(seconds);
  samples.forEach((sample, place) => {
    if (!sample) return;
    const shown = (place === 0 ? stage : stages.second)?.show(sample);
    if (place > 0 || !shown) return;
    counters.shownCount++;
    counters.phase = sample.phase;
    showPhase(sample.phase);
  });
  timeline.setPosition(player.index, player.time, player.duration);
  const clock = `trial ${player.index + 1} of ${player.count} · ${player.time.toFixed(2)} of ${player.duration.toFixed(2)} s`;
  if (element('clock').textContent !== clock) element('clock').textContent = clock;
  if (element('pause').getAttribute('aria-pressed') !== String(!player.playing)) showPause();
  Object.assign(counters, { index: player.index, time: player.time, trials: player.count });
  Object.assign(counters, { playing: player.playing, speed: player.speed });
}

/** Back to the run as it happens. */
function followLive(): void {
  if (!session || carried) return;
  session.close();
  session = undefined;
  staged = 0;
  stages.setBeside(false);
  element('player').hidden = true;
  showConnection(counters.connected ? 'live' : 'reconnecting');
  if (watched.run) showRun(watched.run);
  const address = new URL(location.href);
  for (const name of ['recording', 'beside']) address.searchParams.delete(name);
  history.replaceState(null, '', `${address.pathname}${address.search}`);
  showPause();
  panelStale = true;
}

async function openFiles(files: readonly File[]): Promise<void> {
  await attempt(async () => {
    const opened = await Promise.all(files.slice(0, 2).map((f) => RecordingFile.open(fileSource(f))));
    if (opened.length > 0) look(opened[0], parseLink(location.hash));
    if (opened.length > 1) compare(opened[1]);
  });
}

/** Opens what the address of the page asks for: `?recording=URL`, and `&beside=URL`; or else what the page carries. */
async function openAddressed(): Promise<void> {
  const asked = new URLSearchParams(location.search);
  const [address, beside] = [asked.get('recording'), asked.get('beside')];
  const say = (text: string): void => {
    element('trial-detail').textContent = text;
  };
  await attempt(async () => {
    if (address !== null) look(await RecordingFile.open(await urlSource(address, say)), parseLink(location.hash));
    else if (carried?.recording) {
      look(await RecordingFile.open(await carriedSource(carried.recording, say)), parseLink(location.hash));
      showCarriedResult();
    }
    if (beside !== null) compare(await RecordingFile.open(await urlSource(beside, say)));
  });
  opening = false;
  if (carried && !session) showConnection('no recording');
}

// pictures

/** Draws the next picture. */
function draw(now: number): void {
  requestAnimationFrame(draw);
  if (stage.view && !stage.view.isReady(now)) return;
  // a hidden page has not been playing meanwhile
  const seconds = Math.min((now - lastDraw) / 1000, 0.25);
  lastDraw = now;
  if (session) showRecording(session, seconds);
  else if (!opening) showLive(now);
  stages.render(now, session !== undefined && session.files.length > 1);
  counters.pixelRatio = stage.view?.pixelRatio ?? 1;
}

// controls

function togglePause(): void {
  if (session) session.player.toggle();
  else live.togglePause();
  showPause();
}

function showPause(): void {
  if (session) showPaused(!session.player.playing);
  else showPaused(live.paused, 'Resume');
}

const showSpeed = listSpeeds((speed) => {
  if (session) session.player.speed = speed;
});

function changeSpeed(by: 1 | -1): void {
  session?.player.faster(by);
  showSpeed(session?.player.speed ?? 1);
}

function toggleLoop(): void {
  if (!session) return;
  session.player.loop = !session.player.loop;
  element('loop').setAttribute('aria-pressed', String(session.player.loop));
}

function skipToNext(direction: 1 | -1): void {
  if (session && !session.player.skipToStop(direction))
    showMessage(`No ${stopName(filters.filter)} ${direction > 0 ? 'after' : 'before'} this trial.`);
}

/** The fragment of the moment that is shown. */
const place = (): string => (session ? linkTo(session.player.index, session.player.time) : '');

const chooseFiles = fileDialog();

async function compareFiles([file]: readonly File[]): Promise<void> {
  await attempt(async () => {
    if (file) compare(await RecordingFile.open(fileSource(file)));
  });
}

bindActions({
  pause: togglePause,
  reset: () => stage.view?.reset(),
  'message-close': () => showMessage(undefined),
  open: () => chooseFiles((files) => void openFiles(files)),
  compare: () => chooseFiles((files) => void compareFiles(files)),
  previous: () => session?.player.skip(-1),
  next: () => session?.player.skip(1),
  back: () => session?.player.step(-STEP_SECONDS),
  forward: () => session?.player.step(STEP_SECONDS),
  failure: () => skipToNext(1),
  'failure-before': () => skipToNext(-1),
  loop: toggleLoop,
  link: () => void (session && copyLink(place())),
  follow: followLive,
  slower: () => changeSpeed(-1),
  faster: () => changeSpeed(1),
  ...Object.fromEntries(LAYERS.map(({ name }) => [`layer-${name}`, () => stages.toggleLayer(name)])),
});
listLayers((name) => stages.toggleLayer(name));
takeDrops((files) => void openFiles(files));

addEventListener('hashchange', () => {
  const at = parseLink(location.hash);
  if (at) session?.player.seek(at.index, at.time);
});
themeButton(element('theme'));
onTheme(() => images.draw());

const filters = new FilterControls(() => {
  session?.setFilter(filters.filter);
  element('failure').textContent = `Next ${stopName(filters.filter)}`;
  panelStale = true;
});

/** Header, list, curve and ticks. */
function showPanel(): void {
  if (session) {
    const [file] = session.files;
    const trials = file.marks;
    filters.offer(trials);
    showTrials(trials, file.run, filters.filter, carried?.curve);
    timeline.setRows(session.rows(), filters.filter);
    Object.assign(counters, { recordings: session.files.map((f) => f.name), trials: session.player.count });
    return;
  }
  filters.offer(watched.trials);
  showTrials(watched.trials, watched.run, filters.filter);
  timeline.setRows([watched.trials], filters.filter);
  timeline.setPosition(watched.trials.length - 1, 0, 0);
  Object.assign(counters, { recordings: [], trials: 0, index: -1 });
}

setInterval(() => {
  Object.assign(counters, { errors: live.errors, poseCount: live.counts.poses, episodeCount: live.counts.episodes });
  counters.layers = stage.layers?.counts() ?? {};
  if (!panelStale) return;
  panelStale = false;
  showPanel();
}, PANEL_INTERVAL_MS);
requestAnimationFrame(draw);
if (carried) showCarrying(carried);
embedButton(place);
void openAddressed();
