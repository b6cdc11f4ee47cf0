/** The pretrained policy before any trial: what it is worth in trials of training from scratch. */

import { rngStream } from '../../../../sim/math/rng.ts';
import type { BenchStart } from '../../../report/bench/data.ts';
import { bootstrap, measuredRates, type Rates } from '../../../report/bootstrap-intervals.ts';
import { iqmCurve, trialsTo } from '../../../report/curves.ts';
import { type Span, spanEstimate } from '../../../report/spans.ts';
import { iqm } from '../../../report/statistics.ts';
import { type ArmResults, sharedSeeds, talliesOf } from './results.ts';

/**
 * Trials after which training from scratch first holds as many grasps as the pretrained policy before any trial, both as
 * interquartile means over the seeds that both have; null if there is none.
 */
export function startOf(target: string, untrained: ArmResults, fromScratch: ArmResults): BenchStart | null {
  const [start, scratch] = sharedSeeds(untrained, fromScratch);
  if (start.results.length === 0) return null;
  const { budgets } = scratch.setting.size;
  const equals = ([[rates], points]: Rates): Span => trialsTo(iqmCurve(points, budgets), iqm(rates));
  const arms = [talliesOf(start), talliesOf(scratch)];
  const draws = bootstrap(arms, equals, rngStream(0, `bench/${target}/start`));
  return { arm: start.arm, scratch: scratch.arm, equals: spanEstimate(equals(measuredRates(arms)), draws) };
}
