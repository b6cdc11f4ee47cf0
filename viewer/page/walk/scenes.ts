/** Scenes: those that two arms met after so many trials, what became of each grasp, and which ones are listed. */
import { trialName, type WalkEnd, type WalkTarget } from '../../../sim/recording/walk.ts';
import { outcomeReason } from '../outcomes.ts';
import { familyList } from '../panel.ts';
import { choice, count, make, scrolling } from './dom.ts';
import type { Level } from './level.ts';
import {
  countPairs,
  type Ends,
  endsIn,
  familiesIn,
  filterPairs,
  ownTrials,
  type ScenePair,
  scenePairs,
} from './pairs.ts';
import { armIn, linkTo, type Place, SHOWN, type Shown } from './place.ts';

/** Rows that are made at once. */
const ROWS = 200;

/** The pairs of a place, all of them and those that its filter lists. */
export function pairsAt(target: WalkTarget, place: Place): { readonly all: ScenePair[]; readonly listed: ScenePair[] } {
  const [a, b] = place.arms!.map((name) => armIn(target, name)!);
  const all = scenePairs(target, a, b, place.trials!);
  return { all, listed: filterPairs(all, place) };
}

/** The scenes of a pair at a budget. */
export function scenesView(level: Level, target: WalkTarget): HTMLElement[] {
  const { place } = level;
  const [a, b] = place.arms!;
  const { all, listed } = pairsAt(target, place);
  const counts = countPairs(all);
  const when = place.trials === 0 ? 'Without training' : `After ${count(place.trials!)} training trials`;
  return [
    make('h1', { tabindex: -1 }, `${when}, ${a} and ${b} differ on ${counts.differ} of ${count(all.length)} scenes`),
    kinds(level, counts),
    filters(level, all),
    ...(listed.length > 0
      ? [list(level, target, listed)]
      : [make('p', { class: 'soft' }, 'No scene is like that. Choose another kind, object or end.')]),
  ];
}

/** What a kind is called. */
const kindText = ([a, b]: readonly string[], shown: Shown): string =>
  ({
    differ: 'they differ',
    first: `only ${a} held`,
    second: `only ${b} held`,
    held: 'both held',
    failed: 'both failed',
    all: 'all scenes',
  })[shown];

function kinds({ place }: Level, counts: Readonly<Record<Shown, number>>): HTMLElement {
  const { shown = 'differ' } = place;
  return make(
    'nav',
    { class: 'kinds', 'aria-label': 'Which scenes' },
    ...SHOWN.map((kind) =>
      make(
        'a',
        { href: linkTo({ ...place, shown: kind }), class: kind, 'aria-current': kind === shown ? 'true' : undefined },
        make('strong', {}, count(counts[kind])),
        ` ${kindText(place.arms!, kind)}`,
      ),
    ),
  );
}

function filters({ place, go }: Level, all: readonly ScenePair[]): HTMLElement {
  const [families, ends] = [familiesIn(all), endsIn(all)];
  const family = choice(
    'with',
    [['', 'any object'], ...families.map((name) => [name, name] as const)],
    place.family ?? '',
    (name) => go({ ...place, family: name || undefined }),
  );
  const end = choice(
    'where one',
    [['', 'ended in any way'], ...ends.map((name) => [name, name] as const)],
    place.end ?? '',
    (name) => go({ ...place, end: (name || undefined) as Ends | undefined }),
  );
  const lacking = [
    families.length === 0 ? 'which objects lay in a scene' : '',
    ends.includes('failed') ? 'how a grasp failed' : '',
  ].filter(Boolean);
  const why = `This benchmark was measured by a version that did not keep ${lacking.join(', nor ')}.`;
  return make(
    'div',
    { class: 'choices-row' },
    ...(families.length > 0 ? [family] : []),
    end,
    lacking.length > 0 && make('span', { class: 'soft' }, why),
  );
}

/** Whether both grasps of a scene came with the page; undefined where a server plays any. */
function carriedAt(
  { walk: { recorded }, place }: Level,
  target: WalkTarget,
): ((pair: ScenePair) => boolean) | undefined {
  if (!recorded) return undefined;
  const names = new Set(recorded);
  const arms = place.arms!.map((name) => armIn(target, name)!);
  return ({ seed, scene }) =>
    arms.every((arm) =>
      names.has(trialName({ target: target.name, arm: arm.name, trials: ownTrials(arm, place.trials!), seed, scene })),
    );
}

function list(level: Level, target: WalkTarget, listed: readonly ScenePair[]): HTMLElement {
  const { place } = level;
  const carried = carriedAt(level, target);
  const known = listed.some(({ objects }) => objects !== undefined);
  const head = make(
    'tr',
    {},
    make('th', { scope: 'col' }, 'scene'),
    known && make('th', { scope: 'col' }, 'objects'),
    ...place.arms!.map((arm, side) =>
      make('th', { scope: 'col', class: side === 0 ? 'arm first' : 'arm second' }, arm),
    ),
  );
  const body = make('tbody', {}, ...listed.slice(0, ROWS).map((pair) => row(place, pair, known, carried)));
  const table = make('table', { class: 'scenes' }, make('thead', {}, head), body);
  const box = scrolling('Scenes', table);
  if (listed.length <= ROWS) return box;
  const more = make('button', { type: 'button' }, `Show the other ${count(listed.length - ROWS)}`);
  more.addEventListener('click', () => {
    body.append(...listed.slice(ROWS).map((pair) => row(place, pair, known, carried)));
    body.rows[ROWS]?.querySelector('a')?.focus();
    more.remove();
  });
  return make('div', {}, box, more);
}

/** What a scene is called. */
export const sceneText = ({ seed, scene }: Pick<ScenePair, 'seed' | 'scene'>): string => `scene ${scene}, seed ${seed}`;

function row(
  place: Place,
  pair: ScenePair,
  known: boolean,
  carried?: (pair: ScenePair) => boolean,
): HTMLTableRowElement {
  const { seed, scene, objects } = pair;
  const link = make('a', { href: linkTo({ ...place, scene: { seed, scene } }) }, sceneText(pair));
  const text = objects === undefined ? '' : familyList(objects.split(', '));
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, link, (carried?.(pair) ?? false) && make('span', { class: 'tag' }, 'replay')),
    known && make('td', { title: text }, text),
    ...[pair.a, pair.b].map(endCell),
  );
}

/** What became of a grasp. */
export const endTitle = (end: WalkEnd): string => (end === 'failed' ? 'it did not hold' : outcomeReason(end));

const endCell = (end: WalkEnd): HTMLElement =>
  make('td', { 'data-outcome': end === 'held' ? 'held' : 'failed', title: endTitle(end) }, end);
