/** Learning curves: success against training trials, trials to a level, area under the curve. */

import { sum } from 'simple-statistics';
import type { Span } from './spans.ts';
import { iqm } from './statistics.ts';

/** A success rate after a number of training trials. */
export interface CurvePoint {
  readonly trials: number;
  readonly rate: number;
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
