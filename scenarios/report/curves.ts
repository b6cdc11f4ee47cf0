import { mean, sum } from 'simple-statistics';
import type { Rng } from '../../sim/math/rng.ts';
import { type CurvePoint, type Interval, iqm, type RateInterval } from './statistics.ts';

/**
 * Successes of attempts at one point of a learning curve, for one training seed. An item is what a bootstrap may draw on its own: a
 * trial (1 of 1, or 0 of 0 if it is invalid), or a whole round of clutter removal.
 */
export interface Tally {
  /** [items] */
  readonly held: readonly number[];
  /** [items] */
  readonly tried: readonly number[];
}

/** All outcomes of an arm on a target: [seed][point of the curve]. */
export type ArmTallies = readonly (readonly Tally[])[];

/** A number known to lie between two others; equal if it is known exactly. `high` may be Infinity. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** An estimate that may be censored, with the bounds of its 95 % interval. */
export interface SpanEstimate {
  readonly point: Span;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** Successes per attempt, 0..1; 0 if nothing was tried. */
export function tallyRate({ held, tried }: Tally): number {
  const attempts = sum([...tried]);
  return attempts > 0 ? sum([...held]) / attempts : 0;
}

/** Rates of every arm: [arm][point][seed]. */
export type Rates = readonly (readonly (readonly number[])[])[];

/** The rates as they were measured. */
export const measuredRates = (arms: readonly ArmTallies[]): Rates =>
  arms.map((seeds) => (seeds[0] ?? []).map((_, point) => seeds.map((points) => tallyRate(points[point]))));

/**
 * Stratified bootstrap of whole learning curves (R. Agarwal et al., 2021): every resample draws as many seeds as there are, with
 * replacement, and within each the items that its evaluation has. All arms of a resample get the same draws, so what
 * they share (seed s met the same scenes with every arm) cancels in whatever compares them.
 * @param arms      with the same seeds each, in the same order.
 * @param statistic of a resample's rates.
 * @returns one value a resample.
 * @throws RangeError if an arm has no seeds, others than the first arm, seeds of different length, or a point without items.
 */
export function bootstrapCurves<T>(
  arms: readonly ArmTallies[],
  statistic: (rates: Rates) => T,
  rng: Rng,
  resamples = RESAMPLES,
): T[] {
  checkArms(arms);
  const packed = arms.map((seeds) => seeds.map((points) => points.map(pack)));
  const seeds = packed[0].length;
  const most = Math.max(...packed.flat(2).map(({ held }) => held.length));
  const draws = new Float64Array(most);
  return Array.from({ length: resamples }, () => {
    const rates = arms.map(([points]) => points.map(() => new Array<number>(seeds)));
    for (let slot = 0; slot < seeds; slot++) {
      const seed = rng.int(seeds);
      for (let i = 0; i < most; i++) draws[i] = rng.next();
      packed.forEach((arm, a) => {
        arm[seed].forEach((tally, point) => {
          rates[a][point][slot] = resampledRate(tally, draws);
        });
      });
    }
    return statistic(rates);
  });
}

function checkArms(arms: readonly ArmTallies[]): void {
  const [seeds, points] = [arms[0]?.length ?? 0, arms.map((arm) => arm[0]?.length ?? 0)];
  const fits = arms.every((arm, a) => arm.length === seeds && arm.every((s) => s.length === points[a]));
  const filled = arms.flat(2).every(({ held, tried }) => held.length > 0 && held.length === tried.length);
  if (seeds > 0 && fits && filled) return;
  throw new RangeError(
    `bootstrapCurves: expected arms with the same seeds, the same points for each seed and items at every point, got ` +
      `[${arms.map((arm) => arm.map((s) => s.map(({ held }) => held.length).join(' ')).join('; ')).join(' | ')}] items`,
  );
}

const pack = ({ held, tried }: Tally) => ({ held: Float64Array.from(held), tried: Float64Array.from(tried) });

function resampledRate({ held, tried }: ReturnType<typeof pack>, draws: Float64Array): number {
  const { length } = held;
  let [successes, attempts] = [0, 0];
  for (let i = 0; i < length; i++) {
    const at = Math.floor(draws[i] * length);
    successes += held[at];
    attempts += tried[at];
  }
  return attempts > 0 ? successes / attempts : 0;
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

/** As {@link estimate}, for what may be censored: the interval covers all that the spans allow. */
export const spanEstimate = (point: Span, draws: readonly Span[]): SpanEstimate => ({
  point,
  ...middle95(
    draws.map(({ low }) => low),
    draws.map(({ high }) => high),
  ),
});

/**
 * A rate over training seeds with its 95 % interval: resamples seeds and, within them, items.
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
  const { value, low, high } = estimate(of(measuredRates(arms)), bootstrapCurves(arms, of, rng));
  return { rate: value, low, high };
}

/** The curve of the interquartile means over seeds. @param points [point][seed]. */
export const iqmCurve = (points: readonly (readonly number[])[], budgets: readonly number[]): CurvePoint[] =>
  points.map((rates, i) => ({ trials: budgets[i], rate: iqm(rates) }));

function checkCurve(caller: string, curve: readonly CurvePoint[]): void {
  const falls = curve.findIndex((point, i) => point.trials <= (curve[i - 1]?.trials ?? 0));
  if (falls < 0) return;
  throw new RangeError(`${caller}: expected ascending trials above 0, got ${curve[falls].trials} at point ${falls}`);
}

/**
 * Trials until a learning curve first reaches a rate, interpolated on the logarithm of the trials.
 * @param curve ascending in trials.
 * @returns exact between two points; up to the first point's trials if that one is already there; from the last point's
 *   trials to Infinity if the curve never gets there.
 * @throws RangeError if the trials do not ascend or are not positive, or if there is no point.
 */
export function trialsTo(curve: readonly CurvePoint[], level: number): Span {
  checkCurve('trialsTo', curve);
  if (curve.length === 0) throw new RangeError('trialsTo: expected a curve with at least one point, got none');
  // a mean that equals the level must count as it, in whatever order it was summed
  const at = curve.findIndex((point) => point.rate >= level - 1e-9);
  if (at < 0) return { low: curve[curve.length - 1].trials, high: Number.POSITIVE_INFINITY };
  if (at === 0) return { low: 0, high: curve[0].trials };
  const [before, after] = [curve[at - 1], curve[at]];
  const share = Math.min((level - before.rate) / (after.rate - before.rate), 1);
  const trials = before.trials * (after.trials / before.trials) ** share;
  return { low: trials, high: trials };
}

/** a over b, where each is known within its span: everything that the quotient can be. */
export const ratioSpan = (a: Span, b: Span): Span => ({
  low: b.high === Number.POSITIVE_INFINITY || a.low === 0 ? 0 : a.low / b.high,
  high: b.low === 0 ? Number.POSITIVE_INFINITY : a.high / b.low,
});

/** The span times a positive number. */
export const scaled = <T extends Span>(span: T, factor: number): Span => ({
  low: span.low * factor,
  high: span.high * factor,
});

/**
 * Mean success over the logarithm of the trials (trapezoids), 0..1: the height of a flat curve with the same area.
 * @throws RangeError as {@link trialsTo}.
 */
export function areaUnderCurve(curve: readonly CurvePoint[]): number {
  checkCurve('areaUnderCurve', curve);
  if (curve.length === 0) throw new RangeError('areaUnderCurve: expected a curve with at least one point, got none');
  if (curve.length === 1) return curve[0].rate;
  const steps = curve.slice(1).map((point, i) => ({
    width: Math.log(point.trials / curve[i].trials),
    height: (point.rate + curve[i].rate) / 2,
  }));
  return sum(steps.map(({ width, height }) => width * height)) / sum(steps.map(({ width }) => width));
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
  return mean(x.flatMap((a) => y.map((b) => (a > b ? 1 : a === b ? 0.5 : 0))));
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
