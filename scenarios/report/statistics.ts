import { bisect, errorFunction, gammaln, mean, quantileSorted, sum } from 'simple-statistics';
import type { Rng } from '../../sim/math/rng.ts';

/** A success rate with its confidence interval, all 0..1. */
export interface RateInterval {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

/** An estimate with its 95 % confidence interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** First rate minus second, -1..1, with its 95 % confidence interval. */
export interface Difference {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** A success rate after a number of training trials. */
export interface CurvePoint {
  readonly trials: number;
  readonly rate: number;
}

/** Outcomes of one training seed: held or not, or any score. */
type Outcomes = readonly boolean[] | readonly number[];

const RESAMPLES = 2000;

/**
 * Wilson's score interval of a success rate (E. B. Wilson, 1927). It keeps its coverage with few trials and at rates near
 * 0 and 1, where rate +- 1.96 standard errors does not.
 * @returns rate 0 and the interval 0..1 when there were no trials.
 * @throws RangeError unless 0 <= successes <= trials and 0 < confidence < 1.
 */
export function wilson(successes: number, trials: number, confidence = 0.95): RateInterval {
  if (!(successes >= 0 && successes <= trials)) {
    throw new RangeError(`wilson: expected 0 <= successes <= trials, got ${successes} of ${trials}`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`wilson: expected a confidence between 0 and 1, got ${confidence}`);
  }
  if (trials === 0) return { rate: 0, low: 0, high: 1 };
  const z = normalQuantile((1 + confidence) / 2);
  const rate = successes / trials;
  const shrink = 1 + (z * z) / trials;
  const centre = (rate + (z * z) / (2 * trials)) / shrink;
  const half = (z * Math.sqrt((rate * (1 - rate)) / trials + (z * z) / (4 * trials * trials))) / shrink;
  // The exact bounds at 0 and 1 are 0 and 1; rounding must not move them past the rate itself.
  return {
    rate,
    low: successes === 0 ? 0 : centre - half,
    high: successes === trials ? 1 : centre + half,
  };
}

/** z with a standard normal probability p of lying below; simple-statistics' probit is off in the third digit. */
function normalQuantile(p: number): number {
  return bisect((z) => (1 + errorFunction(z / Math.SQRT2)) / 2 - p, -9, 9, 100, 1e-10);
}

/**
 * Interquartile mean: the mean after a quarter of the values, rounded down to whole values, is cut from either end. As
 * rliable (Agarwal et al., 2021) and scipy's trim_mean compute it.
 * @throws RangeError if there are no values.
 */
export function iqm(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('iqm: expected at least one value, got none');
  const cut = Math.floor(values.length / 4);
  return mean([...values].sort((a, b) => a - b).slice(cut, values.length - cut));
}

/**
 * An estimate over training seeds with its 95 % percentile interval. `statistic` (`iqm`, simple-statistics' `mean`) gets
 * one number per seed: that seed's mean outcome. Every resample draws as many seeds as there are, with replacement,
 * and then as many trials as each drawn seed has, with replacement, from that seed. The interval therefore speaks of
 * new training runs on new scenes; with one seed only of new scenes for that run. It assumes that seeds were evaluated on
 * scenes of their own; if all share the same scenes, it does not see that those scenes may be easy.
 * @throws RangeError if there are no seeds, or one has no trials.
 */
export function stratifiedBootstrap(
  perSeed: readonly Outcomes[],
  statistic: (seedMeans: readonly number[]) => number,
  rng: Rng,
  resamples = RESAMPLES,
): Interval {
  const seeds = perSeed.map((outcomes) => Float64Array.from(outcomes, Number));
  if (seeds.length === 0 || seeds.some((outcomes) => outcomes.length === 0)) {
    throw new RangeError(
      `stratifiedBootstrap: expected seeds with at least one trial each, got [${seeds.map((s) => s.length)}] trials`,
    );
  }
  const draw = (): number => statistic(seeds.map(() => resampledMean(rng.pick(seeds), rng)));
  return { value: statistic(seeds.map((outcomes) => mean([...outcomes]))), ...percentiles(draw, resamples) };
}

function resampledMean(values: Float64Array, rng: Rng): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[rng.int(values.length)];
  return total / values.length;
}

/** The middle 95 % of what `draw` returns. */
function percentiles(draw: () => number, resamples: number): { low: number; high: number } {
  const draws = Array.from({ length: resamples }, draw).sort((a, b) => a - b);
  return { low: quantileSorted(draws, 0.025), high: quantileSorted(draws, 0.975) };
}

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
    checkPairs('pairedSeedDifference', outcomes, b[seed]);
    return outcomes.map((held, i) => Number(held) - Number(b[seed][i]));
  });
  const { value, low, high } = stratifiedBootstrap(differences, (means) => mean([...means]), rng);
  return { difference: value, low, high };
}

function checkPairs(caller: string, a: readonly boolean[], b: readonly boolean[]): void {
  if (a.length === b.length) return;
  throw new RangeError(`${caller}: expected outcomes on the same scenes, got ${a.length} and ${b.length} trials`);
}

/**
 * McNemar's exact two-sided test of outcomes on the same scenes: the chance of a split at least as uneven among the scenes
 * where just one of the two succeeded, if each were equally likely to. 1 when there is no such scene.
 * @throws RangeError if the lengths differ.
 */
export function mcnemar(a: readonly boolean[], b: readonly boolean[]): number {
  checkPairs('mcnemar', a, b);
  const onlyA = a.filter((held, i) => held && !b[i]).length;
  const onlyB = b.filter((held, i) => held && !a[i]).length;
  const [few, all] = [Math.min(onlyA, onlyB), onlyA + onlyB];
  const chance = (k: number): number =>
    Math.exp(gammaln(all + 1) - gammaln(k + 1) - gammaln(all - k + 1) - all * Math.LN2);
  const tail = sum(Array.from({ length: few + 1 }, (_, k) => chance(k)));
  return Math.min(2 * tail, 1);
}

/**
 * Success rate over the last `window` outcomes, at every outcome; over fewer at the start.
 * @throws RangeError if window is not a positive integer.
 */
export function rollingRate(outcomes: readonly boolean[], window: number): number[] {
  if (!Number.isInteger(window) || window < 1) {
    throw new RangeError(`rollingRate: expected a window of at least 1 trial, got ${window}`);
  }
  let held = 0;
  return outcomes.map((outcome, i) => {
    held += Number(outcome);
    if (i >= window) held -= Number(outcomes[i - window]);
    return held / Math.min(i + 1, window);
  });
}
