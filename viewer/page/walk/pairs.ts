/** Pairs: two arms on the same scenes, scene by scene, and the difference of their success. */
import { mean } from 'simple-statistics';
import {
  type ArmTallies,
  bootstrap,
  measuredRates,
  middle95,
  type Rates,
  type Tally,
} from '../../../scenarios/report/bootstrap-intervals.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import {
  endsOf,
  type WalkArm,
  type WalkEnd,
  type WalkPoint,
  type WalkRun,
  type WalkTarget,
} from '../../../sim/recording/walk.ts';
import type { Shown } from './place.ts';

export type Ends = WalkEnd;

/** What two arms did on one scene. */
export interface ScenePair {
  readonly seed: number;
  /** Among those of the seed, from 0. */
  readonly scene: number;
  /** Undefined where the benchmark did not keep them. */
  readonly objects: string | undefined;
  readonly a: WalkEnd;
  readonly b: WalkEnd;
}

const learns = ({ kind }: WalkArm): boolean => kind === 'learner';

/** Training trials at which two arms can be compared: what does not learn stands at every budget; two such at 0 alone. */
export const budgetsOf = ({ budgets }: WalkTarget, ...arms: readonly WalkArm[]): readonly number[] =>
  arms.some(learns) ? budgets : [0];

/** The evaluation of a run at a budget. */
const pointAt = (arm: WalkArm, { points }: WalkRun, trials: number): WalkPoint | undefined =>
  learns(arm) ? points.find((point) => point.trials === trials) : points[0];

/** The training trials of an arm's own point at a budget. */
export const ownTrials = (arm: WalkArm, trials: number): number =>
  learns(arm) ? trials : (arm.runs[0]?.points[0]?.trials ?? 0);

/** Runs of the seeds that both have. */
const shared = (a: WalkArm, b: WalkArm): (readonly [WalkRun, WalkRun])[] =>
  a.runs.flatMap((run) => {
    const other = b.runs.find(({ seed }) => seed === run.seed);
    return other ? [[run, other] as const] : [];
  });

/** Every scene that both arms met after so many training trials, seed by seed. */
export const scenePairs = (target: WalkTarget, a: WalkArm, b: WalkArm, trials: number): ScenePair[] =>
  shared(a, b).flatMap(([one, other]) => {
    const [p, q] = [pointAt(a, one, trials), pointAt(b, other, trials)];
    if (!p || !q) return [];
    const [ends, others] = [endsOf(p), endsOf(q)];
    const objects = target.scenes?.[one.seed];
    return ends
      .slice(0, others.length)
      .map((end, scene) => ({ seed: one.seed, scene, objects: objects?.[scene], a: end, b: others[scene] }));
  });

const held = (end: WalkEnd): boolean => end === 'held';

/** How many scenes of each kind there are; trials that diverged are in `all` alone. */
export type PairCounts = Readonly<Record<Shown, number>>;

/** Whether a pair is of a kind. */
function isShown({ a, b }: ScenePair, shown: Shown): boolean {
  if (shown === 'all') return true;
  if (a === 'invalid' || b === 'invalid') return false;
  const kind = held(a) ? (held(b) ? 'held' : 'first') : held(b) ? 'second' : 'failed';
  return shown === kind || (shown === 'differ' && (kind === 'first' || kind === 'second'));
}

export const countPairs = (pairs: readonly ScenePair[]): PairCounts => {
  const of = (shown: Shown): number => pairs.filter((pair) => isShown(pair, shown)).length;
  return {
    differ: of('differ'),
    first: of('first'),
    second: of('second'),
    held: of('held'),
    failed: of('failed'),
    all: of('all'),
  };
};

/** Which pairs are listed. */
export interface PairFilter {
  readonly shown?: Shown | undefined;
  /** An object that must be on the table. */
  readonly family?: string | undefined;
  /** How one of the two must have ended. */
  readonly end?: Ends | undefined;
}

export const filterPairs = (pairs: readonly ScenePair[], { shown = 'differ', family, end }: PairFilter): ScenePair[] =>
  pairs.filter(
    (pair) =>
      isShown(pair, shown) &&
      (family === undefined || (pair.objects?.split(', ').includes(family) ?? false)) &&
      (end === undefined || pair.a === end || pair.b === end),
  );

/** Names that a filter can choose among. */
export const familiesIn = (pairs: readonly ScenePair[]): string[] =>
  [...new Set(pairs.flatMap(({ objects }) => objects?.split(', ') ?? []))].sort();

export const endsIn = (pairs: readonly ScenePair[]): WalkEnd[] =>
  [...new Set(pairs.flatMap(({ a, b }) => [a, b]))].filter((end) => end !== 'held').sort();

/** Success of one arm minus that of another, with its 95 % interval, 0..1. */
export interface WalkDifference {
  readonly trials: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

const tally = (ends: readonly WalkEnd[]): Tally => ({
  held: ends.map((end) => (held(end) ? 1 : 0)),
  tried: ends.map((end) => (end === 'invalid' ? 0 : 1)),
});

/** Differences at every budget, as the report has them: the same draws, for the report's pairs the same numbers. */
export function differencesOf(target: WalkTarget, a: WalkArm, b: WalkArm): WalkDifference[] {
  const runs = shared(a, b);
  const budgets = budgetsOf(target, a, b);
  const pairs = runs.map(([one, other]) =>
    budgets.map((trials) => {
      const [p, q] = [pointAt(a, one, trials), pointAt(b, other, trials)];
      const [x, y] = [p ? endsOf(p) : [], q ? endsOf(q) : []];
      const count = Math.min(x.length, y.length);
      return [tally(x.slice(0, count)), tally(y.slice(0, count))] as const;
    }),
  );
  if (pairs.length === 0 || pairs.some((points) => points.some(([x]) => x.held.length === 0))) return [];
  const arms: ArmTallies[] = [0, 1].map((side) => pairs.map((points) => points.map((both) => both[side])));
  const of = ([x, y]: Rates): number[] => x.map((rates, k) => mean([...rates]) - mean([...y[k]]));
  const draws = bootstrap(arms, of, rngStream(0, `bench/${target.name}/${a.name}/${b.name}`));
  const measured = of(measuredRates(arms));
  return budgets.map((trials, k) => ({
    trials,
    difference: measured[k],
    ...middle95(draws.map((draw) => draw[k])),
  }));
}
