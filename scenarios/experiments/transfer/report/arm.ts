/** One arm on one target: learning curve, trials to a level, clutter, points lost to a shift, cost. */

import { learningMacsPerTrial } from '../../../../agent/learner/compute.ts';
import { graspShapes } from '../../../../agent/policy/action-space.ts';
import { rngStream } from '../../../../sim/math/rng.ts';
import { addRefusals, refusalText } from '../../../external/refusals.ts';
import type { BenchArm, BenchPoint } from '../../../report/bench/data.ts';
import { LEVELS } from '../../../report/bench/levels.ts';
import {
  bootstrap,
  estimate,
  measuredRates,
  middle95,
  type Rates,
  rateOverSeeds,
  scoreOverSeeds,
} from '../../../report/bootstrap-intervals.ts';
import { areaUnderCurve, iqmCurve, trialsTo } from '../../../report/curves.ts';
import { spanEstimate } from '../../../report/spans.ts';
import { iqm } from '../../../report/statistics.ts';
import { withStartHead } from '../../../training/learner-plan.ts';
import { declutterTally, graspTally, trialTally } from '../raw.ts';
import { type ArmResults, averaged, learns, talliesOf } from './results.ts';

/** One curve of the interquartile means for each resample, and the one measured. */
function curvesOf(arm: ArmResults, purpose: string) {
  const { budgets } = arm.setting.size;
  const tallies = talliesOf(arm);
  const toCurve = ([points]: Rates) => iqmCurve(points, learns(arm) ? budgets : [0]);
  return {
    measured: toCurve(measuredRates([tallies])),
    draws: bootstrap([tallies], toCurve, rngStream(0, `bench/${purpose}/${arm.arm}`)),
    perSeed: measuredRates([tallies])[0],
  };
}

/**
 * Success of one arm on one target, with everything that can be said of it alone.
 * @param level of the target's comparisons; see `equalLevel`.
 */
export function summariseArm(target: string, level: number, arm: ArmResults): BenchArm {
  const { entry } = arm.setting;
  const { measured, draws, perSeed } = curvesOf(arm, target);
  const curve = measured.map(({ trials, rate }, k): BenchPoint => {
    const { low, high } = middle95(draws.map((draw) => draw[k].rate));
    return { trials, rate, low, high, perSeed: perSeed[k] };
  });
  const common = {
    name: arm.arm,
    kind: learns(arm) ? ('learner' as const) : ('fixed' as const),
    role: entry.role,
    description: described(arm),
    seeds: arm.results.map(({ seed }) => seed),
    curve,
    clutter: clutterOf(target, arm),
    lost: lostOf(target, arm),
  };
  if (!learns(arm)) return { ...common, area: null, trialsTo: [], cost: null };
  return {
    ...common,
    area: estimate(areaUnderCurve(measured), draws.map(areaUnderCurve)),
    trialsTo: [...new Set([level, ...LEVELS])]
      .sort((a, b) => a - b)
      .map((rate) => ({
        level: rate,
        trials: spanEstimate(
          trialsTo(measured, rate),
          draws.map((draw) => trialsTo(draw, rate)),
        ),
      })),
    cost: costOf(arm),
    ...failedFirstOf(target, arm),
  };
}

/** Training trials whose failures are counted, at most. */
const FIRST = 100;

/** What a robot would have paid for the first trials. */
function failedFirstOf(target: string, { arm, results }: ArmResults): Pick<BenchArm, 'failedFirst'> {
  const kept = results.flatMap(({ training }) => training ?? []);
  if (kept.length < results.length) return {};
  const trials = Math.min(FIRST, ...kept.map((outcomes) => outcomes.length));
  const failures = kept.map((outcomes) => Array.from(outcomes.slice(0, trials), (one) => one === '0'));
  const { value, low, high } = scoreOverSeeds(failures, averaged, rngStream(0, `bench/${target}/${arm}/first`));
  return { failedFirst: { trials, failed: { value: trials * value, low: trials * low, high: trials * high } } };
}

/** What the arm is, and how many of its answers were no grasps. */
function described({ setting, results }: ArmResults): string {
  const refused = addRefusals(results.map((r) => r.refused));
  return refused
    ? `${setting.entry.description}; ${refusalText(refused)}, counted as failed`
    : setting.entry.description;
}

/** What learning took, the whole of it; mean of the seeds. */
export function costOf({ setting, results }: ArmResults): BenchArm['cost'] {
  const last = results.map(({ points }) => points[points.length - 1]);
  const { scenario } = setting;
  const spent = {
    trials: last[0].trials,
    trainSeconds: averaged(last.map((p) => p.trainSeconds)),
    updateSeconds: averaged(last.map((p) => p.updateSeconds)),
    updates: averaged(last.map((p) => p.updates)),
  };
  if (setting.entry.kind === 'external') return { ...spent, macsPerTrial: null };
  const { arm: start, ...settings } = scenario.learner;
  const pretrained = withStartHead(setting.backbone!, start, scenario);
  return {
    ...spent,
    macsPerTrial: learningMacsPerTrial({
      regime: start,
      shapeCount: graspShapes(scenario.action).length,
      settings,
      start: pretrained,
    }),
  };
}

function clutterOf(target: string, { arm, setting, results }: ArmResults): BenchArm['clutter'] {
  if (!setting.target.rounds || results.some(({ rounds }) => !rounds)) return null;
  const { objectCount } = setting.scenario.scene;
  return {
    gsr: rateOverSeeds(
      results.map((r) => graspTally(r.rounds!)),
      iqm,
      rngStream(0, `bench/${target}/${arm}/gsr`),
    ),
    dr: rateOverSeeds(
      results.map((r) => declutterTally(r.rounds!, objectCount)),
      iqm,
      rngStream(0, `bench/${target}/${arm}/dr`),
    ),
  };
}

function lostOf(target: string, { arm, results }: ArmResults): BenchArm['lost'] {
  if (results.some(({ unshifted }) => unshifted === undefined)) return null;
  const arms = [
    results.map((r) => [trialTally(r.unshifted!)]),
    results.map((r) => [trialTally(r.points[r.points.length - 1].held)]),
  ];
  const of = ([[plain], [shifted]]: Rates): number => averaged(plain) - averaged(shifted);
  const { value, low, high } = estimate(
    of(measuredRates(arms)),
    bootstrap(arms, of, rngStream(0, `bench/${target}/${arm}/lost`)),
  );
  return { difference: value, low, high };
}
