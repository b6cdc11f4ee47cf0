/** Live race: two arms' scenes beside each other in step, as they happen, and the board of all. */
import type { RaceInfo } from '../../../sim/recording/race.ts';
import type { Seen } from '../../../sim/recording/read/seen.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';
import type { ConnectionState } from '../connection.ts';
import { bindActions, listLayers } from '../controls.ts';
import { element, setText, showConnection, showMessage } from '../panel.ts';
import { drawMap } from '../scene/images.ts';
import { LAYERS } from '../scene/layers.ts';
import { Stages } from '../scene/stages.ts';
import { onTheme, themeButton } from '../theme.ts';
import { type BoardArm, showBoard } from './board.ts';
import { counters } from './counters.ts';
import { Lane } from './lane.ts';

const PANEL_INTERVAL_MS = 250;
const PLACES = ['first', 'second'] as const;
const LOST = 'The server does not answer. What was shown stays, and this page tries again by itself.';

let race: RaceInfo | undefined;
let stale = true;
/** Arms on the left and on the right. */
const shown: [number, number] = [0, 1];
/** What each place's policy saw. */
const seenAt: ({ readonly info: EpisodeInfo; readonly seen: Seen } | undefined)[] = [];
let lost = false;

const stages = new Stages();
stages.setBeside(true);
const stageAt = (place: number) => (place === 0 ? stages.first : stages.second);
counters.webgl = stages.first.view !== undefined;

// arms

const watcher = {
  onRace: (info: RaceInfo): void => {
    const before = race;
    race = info;
    stale = true;
    // another race than before, on the same server's port
    if (before && namesOf(before) !== namesOf(info)) location.reload();
    else if (lanes.length < info.arms.length) enter(info);
  },
  onNews: (): void => {
    stale = true;
  },
  onSeen: (lane: Lane, info: EpisodeInfo, seen: Seen): void => {
    const place = shown.indexOf(lanes.indexOf(lane));
    if (place < 0) return;
    seenAt[place] = { info, seen };
    stageAt(place)?.see(info, seen);
    showMap(place);
  },
  onStatus: (level: number, message: string): void => {
    if (level > 0) showMessage(message);
  },
};

/** The first lane is that of the server's first arm, which knows of the others. */
const lanes: Lane[] = [new Lane({ ...watcher, onState }, true)];

const namesOf = ({ arms }: RaceInfo): string => arms.map(({ name }) => name).join(',');

function onState(state: ConnectionState): void {
  counters.connected = state === 'live';
  showConnection(state);
  if (state === 'reconnecting' && race) showMessage(LOST);
  else if (state === 'live' && lost) showMessage(undefined);
  lost = state === 'reconnecting';
}

function enter({ arms }: RaceInfo): void {
  for (const [i, { stream }] of arms.entries())
    if (i > 0) lanes.push(new Lane({ ...watcher, onState: () => undefined }, shown.includes(i), stream));
  for (const [place, name] of PLACES.entries()) {
    const list = element<HTMLSelectElement>(`${name}-arm`);
    list.replaceChildren(...arms.map((arm, i) => new Option(arm.name, String(i))));
    list.addEventListener('change', () => choose(place, Number(list.value)));
  }
  nameArms();
}

/** Shows an arm at a place; if it is at the other one, the two change places. */
function choose(place: number, arm: number): void {
  const other = 1 - place;
  if (shown[other] === arm) shown[other] = shown[place];
  shown[place] = arm;
  lanes.forEach((lane, i) => void lane.show(shown.includes(i)));
  for (const at of [0, 1]) {
    lanes[shown[at]].staged = 0;
    seenAt[at] = undefined;
  }
  nameArms();
}

function nameArms(): void {
  for (const [place, name] of PLACES.entries()) {
    const arm = shown[place];
    const list = element<HTMLSelectElement>(`${name}-arm`);
    list.value = String(arm);
    list.className = `arm arm-${arm}`;
    setText(`${name}-map-of`, race?.arms[arm].name ?? '');
    element(`${name}-map-of`).className = `arm-${arm}`;
  }
  stale = true;
}

// pictures

function showMap(place: number): void {
  const at = seenAt[place];
  const { heightmap, affordance } = at?.seen ?? {};
  if (!at || !heightmap) return;
  const { size, cell, values: height } = heightmap;
  const chances = affordance?.size === size ? affordance.values : null;
  const canvas = element<HTMLCanvasElement>(`${PLACES[place]}-map`);
  drawMap(canvas, { size, cell, height, affordance: chances }, at.info);
  const name = race?.arms[shown[place]].name ?? '';
  setText(`${PLACES[place]}-map-of`, chances ? name : `${name}: heights`);
}

/** @param time of the server's, seconds since 1970. */
function showLane(place: 0 | 1, time: number): void {
  const lane = lanes[shown[place]];
  const stage = stageAt(place);
  const sample = lane?.live.sampleAt(time);
  const trial = lane?.live.trial;
  if (!lane || !stage || !sample || !trial || sample.episode !== trial.info.episode) return;
  if (lane.staged !== lane.live.counts.episodes) {
    lane.staged = lane.live.counts.episodes;
    stage.begin(trial.info, trial.geometry);
    watcher.onSeen(lane, trial.info, lane.live.seen);
    counters.episodes[place] = trial.info.trial;
  }
  if (!stage.show(sample)) return;
  counters.shownCounts[place]++;
  counters.times[place] = sample.time;
}

function draw(now: number): void {
  requestAnimationFrame(draw);
  if (!stages.areReady(now)) return;
  // both show the same moment of the server's: that of the one that hears of it later
  const due = shown.flatMap((arm) => lanes[arm]?.live.due(now / 1000) ?? []);
  for (const place of [0, 1] as const) if (due.length > 0) showLane(place, Math.min(...due));
  stages.render(now, true);
  counters.pixelRatio = stages.first.view?.pixelRatio ?? 1;
}

// controls

function togglePause(): void {
  for (const arm of shown) lanes[arm]?.live.togglePause();
  const paused = lanes[shown[0]].live.paused;
  const button = element('pause');
  button.textContent = paused ? 'Resume' : 'Pause';
  button.setAttribute('aria-pressed', String(paused));
}

bindActions({
  pause: togglePause,
  reset: () => {
    stages.first.view?.reset();
    stages.second?.view?.reset();
  },
  'message-close': () => showMessage(undefined),
  ...Object.fromEntries(LAYERS.map(({ name }) => [`layer-${name}`, () => stages.toggleLayer(name)])),
});
listLayers((name) => stages.toggleLayer(name));
themeButton(element('theme'));
onTheme(() => {
  showMap(0);
  showMap(1);
});

setInterval(() => {
  counters.errors = lanes.reduce((sum, { live }) => sum + live.errors, 0);
  if (!stale || !race || lanes.length < race.arms.length) return;
  stale = false;
  const arms = race.arms.map(
    ({ name, seconds }, i): BoardArm => ({
      ...{ name, seconds, training: lanes[i].training, evaluation: lanes[i].evaluation },
    }),
  );
  counters.trials = Object.fromEntries(arms.map(({ name, training }) => [name, training.length]));
  showBoard(arms, race, shown);
}, PANEL_INTERVAL_MS);
requestAnimationFrame(draw);
