/**
 * Bootstrap intervals: the one resampling behind every interval that speaks of training seeds. Each resample draws as many
 * seeds as there are, with replacement, and within each drawn seed as many items as its evaluation has (stratified
 * bootstrap, R. Agarwal et al., 2021). So an interval speaks of new training runs on new scenes; of one seed alone, only of
 * new scenes for that run. It assumes that seeds were evaluated on scenes of their own: if all share the same scenes, it
 * does not see that those may be easy.
 */

import { mean, quantileSorted, sum } from 'simple-statistics';
import type { Rng } from '../../sim/math/rng.ts';
import { BOOTSTRAP } from './resamples.ts';
import type { Difference, Interval, RateInterval } from './statistics.ts';

/**
 * Successes of attempts of one training seed, at one point of a learning curve. An item is what a bootstrap may draw on its
 * own: a trial (1 of 1, or 0 of 0 if it is invalid), or a whole round of clutter removal.
 */
export interface Tally {
  /** [items] */
  readonly held: readonly number[];
  /** [items] */
  readonly tried: readonly number[];
}

/** All outcomes of an arm on a target: [seed][point of the curve]. */
export type ArmTallies = readonly (readonly Tally[])[];

/** Rates of every arm: [arm][point][seed]. */
export type Rates = readonly (readonly (readonly number[])[])[];

/** Outcomes of one training seed: held or not, or any score. */
type Outcomes = readonly (boolean | number)[];

/** Successes per attempt, 0..1; 0 if nothing was tried. */
export function tallyRate({ held, tried }: Tally): number {
  const attempts = sum([...tried]);
  return attempts > 0 ? sum([...held]) / attempts : 0;
}

/** The rates as they were measured. */
export const measuredRates = (arms: readonly ArmTallies[]): Rates =>
  arms.map((seeds) => (seeds[0] ?? []).map((_, point) => seeds.map((points) => tallyRate(points[point]))));

/**
 * Bootstrap of whole learning curves. All arms of a resample get the same draws, so what they share (seed s met the same
 * scenes with every arm) cancels in whatever compares them.
 * @param arms      with the same seeds each, in the same order.
 * @param statistic of a resample's rates.
 * @returns one value a resample.
 * @throws RangeError if an arm has no seeds, others than the first arm, seeds of different length, or a point without items.
 */
export function bootstrap<T>(
  arms: readonly ArmTallies[],
  statistic: (rates: Rates) => T,
  rng: Rng,
  resamples = BOOTSTRAP.resamples,
): T[] {
  checkArms(arms);
  const seeds = arms[0].length;
  const bundles = Array.from({ length: seeds }, (_, seed) => bundled(arms.map((arm) => arm[seed])));
  const drawn = bundles.map((all) => createDraws(all.map(({ held }) => held.length)));
  return Array.from({ length: resamples }, () => {
    const rates = arms.map(([points]) => points.map(() => new Array<number>(seeds)));
    for (let slot = 0; slot < seeds; slot++) {
      const seed = rng.int(seeds);
      drawn[seed].draw(rng);
      const { places } = drawn[seed];
      bundles[seed].forEach((bundle, i) => void putRates(bundle, places[i], rates, slot));
    }
    return statistic(rates);
  });
}

/** Places of items, for tallies of several lengths. */
interface Draws {
  /** Of each tally as many places as it has items; the same list for all of a length. */
  readonly places: readonly Int32Array[];
  /** Draws them anew, in place: those of all lengths from the same numbers. */
  draw(rng: Rng): void;
}

function createDraws(lengths: readonly number[]): Draws {
  const numbers = new Float64Array(Math.max(...lengths));
  const byLength = new Map(lengths.map((length) => [length, new Int32Array(length)]));
  const different = [...byLength.values()];
  return {
    places: lengths.map((length) => byLength.get(length)!),
    draw: (rng) => {
      for (let i = 0; i < numbers.length; i++) numbers[i] = rng.next();
      for (let k = 0; k < different.length; k++) scale(numbers, different[k]);
    },
  };
}

/** @param numbers in [0, 1). @param places as many whole numbers below their own count, in place. */
function scale(numbers: Float64Array, places: Int32Array): void {
  const { length } = places;
  for (let i = 0; i < length; i++) places[i] = numbers[i] * length;
}

function checkArms(arms: readonly ArmTallies[]): void {
  const [seeds, points] = [arms[0]?.length ?? 0, arms.map((arm) => arm[0]?.length ?? 0)];
  const fits = arms.every((arm, a) => arm.length === seeds && arm.every((s) => s.length === points[a]));
  const filled = arms.flat(2).every(({ held, tried }) => held.length > 0 && held.length === tried.length);
  if (seeds > 0 && fits && filled) return;
  throw new RangeError(
    `bootstrap: expected arms with the same seeds, the same points for each seed and items at every point, got ` +
      `[${arms.map((arm) => arm.map((s) => s.map(({ held }) => held.length).join(' ')).join('; ')).join(' | ')}] items`,
  );
}

/** Tallies that are added up at once, and how many items each may have: sums of whole numbers below 2 ** 53 are exact. */
const [LANES, LANE] = [5, 1024] as const;

/** Tallies of one seed and of equal length. */
interface Bundle {
  /** Arm and point of each tally. */
  readonly lanes: readonly (readonly [arm: number, point: number])[];
  /** [items] successes, those of the k-th tally times `LANE ** k`. */
  readonly held: Float64Array;
  /** [items] attempts, where they are not one each; such a tally has a bundle of its own. */
  readonly tried?: Float64Array;
}

/** The tallies of a seed, [arm][point], as few bundles: where every item is one attempt, held or not, they share one. */
function bundled(tallies: readonly (readonly Tally[])[]): Bundle[] {
  const alone: Bundle[] = [];
  const shared = new Map<number, { readonly lane: Bundle['lanes'][number]; readonly held: readonly number[] }[]>();
  tallies.forEach((points, arm) => {
    points.forEach(({ held, tried }, point) => {
      const lane = [arm, point] as const;
      const isPlain = held.length < LANE && tried.every((n) => n === 1) && held.every((n) => n === 0 || n === 1);
      if (isPlain) shared.set(held.length, [...(shared.get(held.length) ?? []), { lane, held }]);
      else alone.push({ lanes: [lane], held: Float64Array.from(held), tried: Float64Array.from(tried) });
    });
  });
  const together = [...shared].flatMap(([length, all]) =>
    Array.from({ length: Math.ceil(all.length / LANES) }, (_, i): Bundle => {
      const some = all.slice(i * LANES, (i + 1) * LANES);
      const sums = Float64Array.from({ length }, (_, item) =>
        some.reduceRight((sum, { held }) => sum * LANE + held[item], 0),
      );
      return { lanes: some.map(({ lane }) => lane), held: sums };
    }),
  );
  return [...alone, ...together];
}

/** Writes the rates of a bundle's tallies. @param places of the items that were drawn. @param slot among the seeds. */
function putRates(
  { lanes, held, tried }: Bundle,
  places: Int32Array,
  rates: readonly (readonly number[][])[],
  slot: number,
): void {
  let [successes, attempts] = [0, tried ? 0 : places.length];
  for (let i = 0; i < places.length; i++) successes += held[places[i]];
  if (tried) for (let i = 0; i < places.length; i++) attempts += tried[places[i]];
  for (const [arm, point] of lanes) {
    const rest = tried ? 0 : Math.floor(successes / LANE);
    rates[arm][point][slot] = attempts > 0 ? (successes - rest * LANE) / attempts : 0;
    successes = rest;
  }
}

/** The middle 95 % of the draws: order statistics, rounded outwards, so that infinite ones are allowed. */
export function middle95(lows: readonly number[], highs: readonly number[] = lows): Omit<Interval, 'value'> {
  const at = (values: readonly number[], index: number): number => [...values].sort((a, b) => a - b)[index];
  return {
    low: at(lows, Math.floor(0.025 * (lows.length - 1))),
    high: at(highs, Math.ceil(0.975 * (highs.length - 1))),
  };
}

/** An estimate and its interval from draws of the same statistic. */
export const estimate = (value: number, draws: readonly number[]): Interval => ({ value, ...middle95(draws) });

/**
 * A rate over training seeds with its 95 % interval.
 * @param seeds     one tally a seed.
 * @param statistic of the seeds' rates, e.g. `iqm`.
 * @throws RangeError if there are no seeds, or one has no items.
 */
export function rateOverSeeds(
  seeds: readonly Tally[],
  statistic: (rates: readonly number[]) => number,
  rng: Rng,
): RateInterval {
  const arms = [seeds.map((tally) => [tally])];
  const of = ([[rates]]: Rates): number => statistic(rates);
  const { value, low, high } = estimate(of(measuredRates(arms)), bootstrap(arms, of, rng));
  return { rate: value, low, high };
}

/**
 * A score over training seeds with its 95 % interval: quantiles of the draws, between neighbours where they fall between.
 * @param perSeed   outcomes of each seed, or any score of each of its trials.
 * @param statistic of one number a seed, its mean outcome: `iqm`, simple-statistics' `mean`.
 * @throws RangeError if there are no seeds, or one has no trials.
 */
export function scoreOverSeeds(
  perSeed: readonly Outcomes[],
  statistic: (seedMeans: readonly number[]) => number,
  rng: Rng,
  resamples = BOOTSTRAP.resamples,
): Interval {
  if (perSeed.length === 0 || perSeed.some((outcomes) => outcomes.length === 0)) {
    throw new RangeError(
      `scoreOverSeeds: expected seeds with at least one trial each, got [${perSeed.map((s) => s.length)}] trials`,
    );
  }
  const arms = [perSeed.map((outcomes) => [trialsTally(outcomes)])];
  const of = ([[means]]: Rates): number => statistic(means);
  const draws = bootstrap(arms, of, rng, resamples).sort((a, b) => a - b);
  return {
    value: of(measuredRates(arms)),
    low: quantileSorted(draws, 0.025),
    high: quantileSorted(draws, 0.975),
  };
}

/** Each trial an item. */
const trialsTally = (outcomes: Outcomes): Tally => ({
  held: Array.from(outcomes, Number),
  tried: Array.from(outcomes, () => 1),
});

/**
 * Success rate of a minus that of b, where a[i] and b[i] are the outcomes on the same scene: whole scenes are resampled, so
 * what the two have in common cancels. One training run each; for several, see `pairedSeedDifference`.
 * @throws RangeError if the lengths differ or are 0.
 */
export function pairedDifference(a: readonly boolean[], b: readonly boolean[], rng: Rng): Difference {
  return pairedSeedDifference([a], [b], rng);
}

/**
 * Mean success rate of a minus that of b over training seeds: a[s][i] and b[s][i] are the outcomes of seed s on the same
 * scene. Resamples seeds and, within each, scenes, keeping pairs together; treating the trials of all seeds as one list
 * instead would ignore that training runs differ, and give too narrow an interval.
 * @throws RangeError if the shapes differ or anything is empty.
 */
export function pairedSeedDifference(
  a: readonly (readonly boolean[])[],
  b: readonly (readonly boolean[])[],
  rng: Rng,
): Difference {
  if (a.length !== b.length) {
    throw new RangeError(`pairedSeedDifference: expected as many seeds in a as in b, got ${a.length} and ${b.length}`);
  }
  const differences = a.map((outcomes, seed) => {
    if (outcomes.length !== b[seed].length) {
      throw new RangeError(
        `pairedSeedDifference: expected outcomes on the same scenes, got ${outcomes.length} and ${b[seed].length} trials`,
      );
    }
    return outcomes.map((held, i) => Number(held) - Number(b[seed][i]));
  });
  const { value, low, high } = scoreOverSeeds(differences, (means) => mean([...means]), rng);
  return { difference: value, low, high };
}
