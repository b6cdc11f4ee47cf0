/** Watch: the very grasps of two arms on one scene, beside each other and in step. */
import { trialName, type WalkTarget } from '../../../sim/recording/walk.ts';
import { type Actions, bindActions, copyLink, listLayers, listSpeeds, showPaused } from '../controls.ts';
import { element, setText } from '../panel.ts';
import { type LoadedEpisode, objectPaths, RecordingFile } from '../playback/recording.ts';
import { RecordingSession } from '../playback/session.ts';
import { bytesSource } from '../playback/sources.ts';
import { LAYERS } from '../scene/layers.ts';
import { Stages } from '../scene/stages.ts';
import { make } from './dom.ts';
import type { Level } from './level.ts';
import { ownTrials, type ScenePair } from './pairs.ts';
import { armIn, linkTo, type Place } from './place.ts';
import { endTitle, pairsAt, sceneText } from './scenes.ts';
import type { WalkFiles } from './source.ts';

/** What anything that watches the page from outside can see. */
export interface WalkCounters {
  webgl: boolean;
  /** Trials on stage, left and right: their recordings' names. */
  shown: string[];
  /** Pictures drawn in which the bodies were at a new time. */
  shownCount: number;
  time: number;
  playing: boolean;
}

declare global {
  interface Window {
    graftWalk: WalkCounters;
  }
}

const counters: WalkCounters = { webgl: false, shown: [], shownCount: 0, time: 0, playing: false };
window.graftWalk = counters;

const STEP_SECONDS = 1 / 30;
const SIDES = ['first', 'second'] as const;
/** Ids of a side's card. */
const CARD = [
  { title: 'trial-title', detail: 'trial-detail', badge: 'outcome', scene: 'scene' },
  { title: 'second-title', detail: 'second-detail', badge: 'second-outcome', scene: 'second' },
] as const;

const stages = new Stages();
counters.webgl = stages.first.view !== undefined;
stages.setBeside(true);

let session: RecordingSession | undefined;
/** Which stage shows the first recording of the session, and which the second. */
let sides: readonly number[] = [];
let at: Level | undefined;
let steps: readonly (Place | undefined)[] = [];
let lastDraw = 0;

const stageOf = (side: number) => (side === 0 ? stages.first : stages.second);

/** Shows the grasps of a place. @returns once both are there; what cannot be had says why in its card. */
export async function watch(level: Level, target: WalkTarget, { recording }: WalkFiles): Promise<void> {
  at = level;
  const { place } = level;
  const { all, listed } = pairsAt(target, place);
  const pair = all.find(({ seed, scene }) => seed === place.scene?.seed && scene === place.scene.scene);
  if (!pair) return;
  leave();
  at = level;
  listScenes(place, pair, listed);
  const arms = place.arms!.map((name) => armIn(target, name)!);
  const names = arms.map((arm) =>
    trialName({ target: target.name, arm: arm.name, trials: ownTrials(arm, place.trials!), ...place.scene! }),
  );
  for (const side of [0, 1]) announce(side, arms[side].name, pair);
  const files = await Promise.all(
    names.map(async (name, side) => {
      try {
        const why = arms[side].unwatchable;
        if (why !== undefined) throw new Error(why);
        return await RecordingFile.open(bytesSource(name, await recording(name)));
      } catch (error) {
        refuse(side, error);
        return undefined;
      }
    }),
  );
  // somebody may have gone on meanwhile
  if (at !== level) return;
  const there = files.flatMap((file, side) => (file ? [{ file, side }] : []));
  if (there.length === 0) return;
  sides = there.map(({ side }) => side);
  session = new RecordingSession(there[0].file, { onTrials: () => undefined, onTrial: present, onError: complain });
  if (there[1]) session.putBeside(there[1].file);
  session.player.loop = true;
  session.player.playing = place.time === undefined;
  if (place.time !== undefined) session.player.seek(0, place.time);
  counters.shown = there.map(({ side }) => names[side]);
  showPause();
}

/** Ends what is played. */
export function leave(): void {
  session?.close();
  session = undefined;
  at = undefined;
  counters.shown = [];
}

/** Where the trial that is watched stands still; one that plays is linked to from its start. */
export const moment = (): Pick<Place, 'time'> =>
  session ? { time: session.player.playing ? undefined : session.player.time } : {};

/** Names a side before its grasp has come. */
function announce(side: number, arm: string, pair: ScenePair): void {
  const { title, detail, badge, scene } = CARD[side];
  setText(`${SIDES[side]}-name`, arm);
  setText(title, sceneText(pair));
  setText(detail, 'The grasp is tried again.');
  element(scene).classList.remove('empty');
  element(scene).classList.add('waiting');
  Object.assign(element(badge).dataset, { outcome: 'none' });
  setText(badge, '…');
}

function refuse(side: number, error: unknown): void {
  const { detail, badge, scene } = CARD[side];
  const why = error instanceof Error ? error.message : String(error);
  setText(detail, `Cannot be watched: ${why}`);
  setText(badge, 'no replay');
  element(scene).classList.remove('waiting');
  element(scene).classList.add('empty');
}

const complain = (message: string): void => {
  for (const side of sides) setText(CARD[side].detail, message);
};

function present(index: 0 | 1, trial: LoadedEpisode | undefined): void {
  const side = sides[index];
  const stage = side === undefined ? undefined : stageOf(side);
  if (!trial || !stage) return;
  stage.begin(trial.info, trial.geometry, objectPaths(trial));
  stage.see(trial.info, trial.seen);
  element(CARD[side].scene).classList.remove('waiting');
  const { probability } = trial.info.grasp;
  const { scene = { seed: 0, scene: 0 } } = at?.place ?? {};
  setText(CARD[side].title, sceneText(scene));
  setText(
    CARD[side].detail,
    probability === null ? 'predicts nothing' : `predicted ${Math.round(100 * probability)} % to hold`,
  );
}

/** The scene, those around it in the list, and all of the list. */
function listScenes(place: Place, pair: ScenePair, listed: readonly ScenePair[]): void {
  const index = listed.findIndex(({ seed, scene }) => seed === pair.seed && scene === pair.scene);
  const to = ({ seed, scene }: ScenePair): Place => ({ ...place, scene: { seed, scene }, time: undefined });
  steps = [index < 0 ? undefined : listed[index - 1], listed[index < 0 ? 0 : index + 1]].map(
    (next) => next && to(next),
  );
  element<HTMLButtonElement>('previous').disabled = !steps[0];
  element<HTMLButtonElement>('next').disabled = !steps[1];
  const where = index < 0 ? 'not in the list' : `${index + 1} of ${listed.length} in the list`;
  const rows = listed.map((each) =>
    make(
      'li',
      {},
      make(
        'a',
        { href: linkTo(to(each)), 'aria-current': each === listed[index] ? 'true' : undefined },
        make('span', {}, sceneText(each)),
        make('span', { class: 'soft' }, each.objects ?? ''),
        make('span', { class: 'ends' }, ...[each.a, each.b].map(mark)),
      ),
    ),
  );
  element('beside').replaceChildren(
    make('h1', { tabindex: -1 }, capital(sceneText(pair))),
    ...(pair.objects === undefined ? [] : [make('p', {}, pair.objects)]),
    ...place.arms!.map((arm, side) => {
      const end = [pair.a, pair.b][side];
      return make(
        'p',
        {},
        mark(end),
        make('strong', { class: `arm ${SIDES[side]}` }, arm),
        ` ${end}: ${endTitle(end)}`,
      );
    }),
    make('p', { class: 'soft' }, where),
    make(
      'div',
      { class: 'scroll list', role: 'region', tabindex: 0, 'aria-label': 'Scenes in the list' },
      make('ol', {}, ...rows),
    ),
  );
  const [list, current] = ['.list', '[aria-current]'].map((what) => element('beside').querySelector<HTMLElement>(what));
  // the list alone: the page stays where it is
  if (list && current) list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
}

const mark = (end: string): HTMLElement =>
  make('i', { class: end === 'held' ? 'held' : 'failed', title: end, role: 'img', 'aria-label': end });

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function draw(now: number): void {
  requestAnimationFrame(draw);
  if (element('watch').hidden || !stages.areReady(now)) return;
  const seconds = Math.min((now - lastDraw) / 1000, 0.25);
  lastDraw = now;
  if (session) showSession(session, seconds);
  stages.render(now, true);
}

function showSession(current: RecordingSession, seconds: number): void {
  const { player } = current;
  current.tick(seconds).forEach((sample, index) => {
    if (sample && stageOf(sides[index])?.show(sample)) counters.shownCount++;
  });
  const scrub = element<HTMLInputElement>('scrub');
  scrub.max = String(player.duration);
  if (document.activeElement !== scrub || player.playing) scrub.value = String(player.time);
  setText('clock', `${player.time.toFixed(2)} of ${player.duration.toFixed(2)} s`);
  if (element('pause').getAttribute('aria-pressed') !== String(!player.playing)) showPause();
  Object.assign(counters, { time: player.time, playing: player.playing });
}

function showPause(): void {
  showPaused(session ? !session.player.playing : false);
}

const goStep = (by: 0 | 1): void => {
  const next = steps[by];
  if (at && next) at.go(next);
};

const showSpeed = listSpeeds((speed) => {
  if (session) session.player.speed = speed;
});

function changeSpeed(by: 1 | -1): void {
  session?.player.faster(by);
  showSpeed(session?.player.speed ?? 1);
}

/** A key does nothing where nothing is watched. */
const watching =
  (action: () => void): (() => void) =>
  () => {
    if (at) action();
  };

const actions: Actions = {
  pause: () => {
    session?.player.toggle();
    showPause();
  },
  reset: () => {
    stages.first.view?.reset();
    stages.second?.view?.reset();
  },
  back: () => session?.player.step(-STEP_SECONDS),
  forward: () => session?.player.step(STEP_SECONDS),
  previous: () => goStep(0),
  next: () => goStep(1),
  slower: () => changeSpeed(-1),
  faster: () => changeSpeed(1),
  link: () => void (session && at && copyLink(linkTo({ ...at.place, time: session.player.time }))),
  ...Object.fromEntries(LAYERS.map(({ name }) => [`layer-${name}`, () => stages.toggleLayer(name)])),
};
bindActions(Object.fromEntries(Object.entries(actions).map(([name, action]) => [name, watching(action)])));
listLayers((name) => stages.toggleLayer(name));
element<HTMLInputElement>('scrub').addEventListener('input', (event) => {
  if (!session) return;
  session.player.playing = false;
  session.player.seek(0, Number((event.target as HTMLInputElement).value));
});
requestAnimationFrame(draw);
