/** The headline arms over all targets. */

import { rngStream } from '../../../../sim/math/rng.ts';
import type { BenchOverall } from '../../../report/bench/data.ts';
import { LEVELS } from '../../../report/bench/levels.ts';
import { bootstrap, estimate, measuredRates, type Rates } from '../../../report/bootstrap-intervals.ts';
import { iqmCurve, trialsTo } from '../../../report/curves.ts';
import { ratioSpan, type Span, type SpanEstimate, spanEstimate } from '../../../report/spans.ts';
import { medianOf, probabilityOfImprovement } from '../../../report/statistics.ts';
import { type ArmResults, averaged, pairedTallies, sharedSeeds } from './results.ts';

/** A target as {@link overallOf} sees it. */
interface OverallTarget {
  readonly name: string;
  /** Of its comparisons, see `equalLevel`. */
  readonly level: number;
  /** Highest level that the arms are compared at. */
  readonly ceiling: number;
  readonly frozen: ArmResults;
  readonly scratch: ArmResults;
  /** Of the two arms' comparison. */
  readonly ratio: SpanEstimate;
}

/** A target's part of {@link overallOf}: draws of the ratio of trials, at its own level and at others, and of the chance of improvement. */
function headlineDraws({ level, ceiling, frozen, scratch }: OverallTarget) {
  const { trials, arms } = pairedTallies(...sharedSeeds(frozen, scratch));
  const levels = [level, ...LEVELS.map((each) => Math.min(each, ceiling)), ...LEVELS];
  const of = ([x, y]: Rates) => {
    const [a, b] = [iqmCurve(x, trials), iqmCurve(y, trials)];
    return {
      ratios: levels.map((each) => ratioSpan(trialsTo(b, each), trialsTo(a, each))),
      improvement: probabilityOfImprovement(x[x.length - 1], y[y.length - 1]),
    };
  };
  // the same draws for all targets: those on a table show the same objects to another hand or camera
  return { measured: of(measuredRates(arms)), draws: bootstrap(arms, of, rngStream(0, 'bench/overall')) };
}

/** One number to order targets by: the middle of what is known, on a log scale; what is known of one side only counts as that side. */
const middleOf = ({ low, high }: Span): number =>
  high === Number.POSITIVE_INFINITY ? low : low === 0 ? high : Math.sqrt(low * high);

/** Frozen against scratch over the targets that have both. */
export function overallOf(targets: readonly OverallTarget[]): BenchOverall | null {
  if (targets.length === 0) return null;
  const each = targets.map(headlineDraws);
  const resamples = each[0].draws.map((_, i) => each.map(({ draws }) => draws[i]));
  const medianAt = (level: number): SpanEstimate => {
    const median = (parts: readonly { readonly ratios: readonly Span[] }[]): Span => ({
      low: medianOf(parts.map(({ ratios }) => ratios[level].low)),
      high: medianOf(parts.map(({ ratios }) => ratios[level].high)),
    });
    return spanEstimate(median(each.map(({ measured }) => measured)), resamples.map(median));
  };
  const [best] = [...targets].sort(
    ({ ratio: p }, { ratio: q }) => q.low - p.low || middleOf(q.point) - middleOf(p.point),
  );
  const improvement = (parts: readonly { improvement: number }[]): number => averaged(parts.map((p) => p.improvement));
  return {
    targets: each.length,
    median: medianAt(0),
    atLevels: LEVELS.map((level, i) => ({
      level,
      median: medianAt(1 + i),
      literal: medianAt(1 + LEVELS.length + i),
    })),
    best: { target: best.name, ratio: best.ratio },
    improvement: estimate(improvement(each.map(({ measured }) => measured)), resamples.map(improvement)),
  };
}
