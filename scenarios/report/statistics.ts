/** Statistics of success rates: Wilson's interval, interquartile mean, improvement, profiles. No resampling: see bootstrap-intervals. */

import { bisect, errorFunction, mean } from 'simple-statistics';

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

/**
 * Chance that a run of x does better than a run of y (Agarwal et al., 2021): the share of pairs in which it does, ties
 * counting half.
 * @throws RangeError if either is empty.
 */
export function probabilityOfImprovement(x: readonly number[], y: readonly number[]): number {
  if (x.length === 0 || y.length === 0) {
    throw new RangeError(`probabilityOfImprovement: expected runs of both, got ${x.length} and ${y.length}`);
  }
  let sum = 0;
  for (const a of x) for (const b of y) sum += a > b ? 1 : a === b ? 0.5 : 0;
  return sum / (x.length * y.length);
}

/** Performance profile (E. Dolan and J. Moré, 2002; run-score distribution of Agarwal et al.): share of runs that reach each level. */
export const performanceProfile = (runs: readonly number[], levels: readonly number[]): number[] =>
  levels.map((level) => runs.filter((rate) => rate >= level).length / Math.max(runs.length, 1));

/** The middle of a list; the mean of the middle two if its length is even. Infinities are allowed. @throws RangeError if empty. */
export function medianOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('medianOf: expected at least one value, got none');
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  return low === high ? low : (low + high) / 2;
}

/**
 * Kendall's rank correlation with ties (tau-b; M. Kendall, 1945): pairs in the same order less those in the opposite one, over the
 * geometric mean of the pairs that differ in x and of those that differ in y.
 * @returns -1..1; null where all values of x or of y are the same, and with fewer than two.
 * @throws RangeError if the lengths differ.
 */
export function kendallTauB(x: readonly number[], y: readonly number[]): number | null {
  if (x.length !== y.length)
    throw new RangeError(`kendallTauB: expected as many values of x as of y, got ${x.length} and ${y.length}`);
  let [agreement, differX, differY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) {
      const [a, b] = [Math.sign(x[i] - x[k]), Math.sign(y[i] - y[k])];
      agreement += a * b;
      differX += Math.abs(a);
      differY += Math.abs(b);
    }
  }
  return differX > 0 && differY > 0 ? agreement / Math.sqrt(differX * differY) : null;
}
