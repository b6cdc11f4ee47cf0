/** Two arms on one target, on the same seeds and scenes. */

import { rngStream } from '../../../../sim/math/rng.ts';
import type { BenchArm, BenchComparison } from '../../../report/bench/data.ts';
import { bootstrap, estimate, measuredRates, middle95, type Rates } from '../../../report/bootstrap-intervals.ts';
import { iqmCurve, trialsTo } from '../../../report/curves.ts';
import { ratioSpan, type Span, type SpanEstimate, scaled, spanEstimate } from '../../../report/spans.ts';
import { probabilityOfImprovement } from '../../../report/statistics.ts';
import { costOf } from './arm.ts';
import { type ArmResults, averaged, learns, pairedTallies, sharedSeeds } from './results.ts';

/** What one resample says of two arms. */
interface PairStatistics {
  readonly differences: readonly number[];
  readonly improvement: number;
  readonly trials: Span | null;
}

/** Two arms on the seeds that both have; null if there is none. */
export function compareArms(target: string, level: number, one: ArmResults, other: ArmResults): BenchComparison | null {
  const [a, b] = sharedSeeds(one, other);
  if (a.results.length === 0) return null;
  const { trials, arms } = pairedTallies(a, b);
  const both = learns(a) && learns(b);
  const statistics = ([x, y]: Rates): PairStatistics => {
    const spans = both ? [x, y].map((points) => trialsTo(iqmCurve(points, trials), level)) : undefined;
    return {
      differences: x.map((rates, k) => averaged(rates) - averaged(y[k])),
      improvement: probabilityOfImprovement(x[x.length - 1], y[y.length - 1]),
      trials: spans ? ratioSpan(spans[1], spans[0]) : null,
    };
  };
  const measured = statistics(measuredRates(arms));
  const draws = bootstrap(arms, statistics, rngStream(0, `bench/${target}/${a.arm}/${b.arm}`));
  const ratio = both
    ? spanEstimate(
        measured.trials!,
        draws.map((d) => d.trials!),
      )
    : null;
  return {
    a: a.arm,
    b: b.arm,
    seeds: a.results.length,
    differences: trials.map((at, k) => ({
      trials: at,
      difference: measured.differences[k],
      ...middle95(draws.map((d) => d.differences[k])),
    })),
    improvement: estimate(
      measured.improvement,
      draws.map((d) => d.improvement),
    ),
    ratios: ratio && ratiosOf(ratio, costOf(a)!, costOf(b)!),
  };
}

/** What each trial costs is known, so the ratio of costs is that of trials times a constant. */
function ratiosOf(
  trials: SpanEstimate,
  a: NonNullable<BenchArm['cost']>,
  b: NonNullable<BenchArm['cost']>,
): BenchComparison['ratios'] {
  const times = (perTrialA: number | null, perTrialB: number | null): SpanEstimate | null => {
    if (!perTrialA || !perTrialB) return null;
    const factor = perTrialB / perTrialA;
    return { point: scaled(trials.point, factor), ...scaled(trials, factor) };
  };
  return {
    trials,
    macs: times(a.macsPerTrial, b.macsPerTrial),
    updateSeconds: times(a.updateSeconds / a.trials, b.updateSeconds / b.trials),
    trainSeconds: times(a.trainSeconds / a.trials, b.trainSeconds / b.trials),
  };
}
