/** Performance profiles over all targets. */

import { rngStream } from '../../../../sim/math/rng.ts';
import type { BenchProfile } from '../../../report/bench/data.ts';
import { bootstrap, measuredRates, middle95, type Rates } from '../../../report/bootstrap-intervals.ts';
import { performanceProfile } from '../../../report/statistics.ts';
import { type ArmResults, talliesOf } from './results.ts';

const PROFILE_LEVELS = Array.from({ length: 51 }, (_, i) => i / 50);

/** Performance profiles of the arms that were measured on all the targets. @param point which of the curve's points. */
export function profilesOf(targets: readonly (readonly ArmResults[])[], point: 'first' | 'last'): BenchProfile[] {
  const names = [...new Set(targets.flat().map(({ arm }) => arm))];
  const everywhere = names.filter((name) => targets.every((arms) => arms.some(({ arm }) => arm === name)));
  return everywhere.map((arm) => {
    const perTarget = targets.map((arms, target) => {
      const tallies = talliesOf(arms.find((each) => each.arm === arm)!).map((points) => [
        points[point === 'first' ? 0 : points.length - 1],
      ]);
      const of = ([[rates]]: Rates): readonly number[] => rates;
      return {
        measured: of(measuredRates([tallies])),
        draws: bootstrap([tallies], of, rngStream(0, `bench/profile/${arm}`, target), 500),
      };
    });
    const measured = performanceProfile(
      perTarget.flatMap((t) => t.measured),
      PROFILE_LEVELS,
    );
    const draws = perTarget[0].draws.map((_, i) =>
      performanceProfile(
        perTarget.flatMap((t) => t.draws[i]),
        PROFILE_LEVELS,
      ),
    );
    return {
      arm,
      points: PROFILE_LEVELS.map((level, k) => ({ level, share: measured[k], ...middle95(draws.map((d) => d[k])) })),
    };
  });
}
