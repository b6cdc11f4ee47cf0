import { mean } from 'simple-statistics';
import { learningMacsPerTrial } from '../../../agent/learner/compute.ts';
import { graspShapes } from '../../../agent/policy/action-space.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import type { BenchArm, BenchComparison, BenchOverall, BenchPoint, BenchProfile } from '../../report/bench/data.ts';
import {
  type ArmTallies,
  bootstrap,
  estimate,
  measuredRates,
  middle95,
  type Rates,
  rateOverSeeds,
  type Tally,
} from '../../report/bootstrap-intervals.ts';
import { areaUnderCurve, iqmCurve, trialsTo } from '../../report/curves.ts';
import { ratioSpan, type Span, type SpanEstimate, scaled, spanEstimate } from '../../report/spans.ts';
import { iqm, medianOf, performanceProfile, probabilityOfImprovement } from '../../report/statistics.ts';
import { withStartHead } from '../../run/learner-plan.ts';
import type { Setting } from './plan.ts';
import { declutterTally, graspTally, type RawResult, trialTally } from './raw.ts';

/** All results of an arm on a target; `results` in the order of the seeds. */
export interface ArmResults {
  readonly arm: string;
  readonly setting: Setting;
  readonly results: readonly RawResult[];
}

/** Success rates of which the report says how many trials they take. */
const LEVELS = [0.7, 0.8, 0.9];
/** The level of comparisons, unless the oracle itself is not far above it. */
const EQUAL_LEVEL = 0.8;
const OF_ORACLE = 0.9;

const learns = ({ setting }: ArmResults): boolean => setting.entry.kind === 'learner';
const averaged = (rates: readonly number[]): number => mean([...rates]);

/** [seed][point]; points without the trials that later ones add. */
const talliesOf = ({ results }: ArmResults): ArmTallies => results.map((r) => r.points.map((p) => trialTally(p.held)));

const withSeeds = (arm: ArmResults, seeds: readonly number[]): ArmResults => ({
  ...arm,
  results: arm.results.filter(({ seed }) => seeds.includes(seed)),
});

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
 * @param level of the target's comparisons; see {@link equalLevel}.
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
    description: entry.description,
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
  };
}

function costOf({ setting, results }: ArmResults): BenchArm['cost'] {
  const last = results.map(({ points }) => points[points.length - 1]);
  const { scenario } = setting;
  const { arm: start, ...settings } = scenario.learner;
  const pretrained = withStartHead(setting.backbone!, start, scenario);
  return {
    trials: last[0].trials,
    trainSeconds: averaged(last.map((p) => p.trainSeconds)),
    updateSeconds: averaged(last.map((p) => p.updateSeconds)),
    updates: averaged(last.map((p) => p.updates)),
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

/** 90 % of the oracle's success; arms are not compared at more. 1 without an oracle. */
export function levelCeiling(arms: readonly ArmResults[]): number {
  const oracle = arms.find(({ setting }) => setting.entry.role === 'ceiling');
  if (!oracle) return 1;
  const [[rates]] = measuredRates([talliesOf(oracle)]);
  return OF_ORACLE * iqm(rates);
}

/** Success at which arms are compared by what they needed. */
export const equalLevel = (arms: readonly ArmResults[]): number => Math.min(EQUAL_LEVEL, levelCeiling(arms));

/** The budgets at which both can be compared, as indices of their points; a fixed policy stands at every budget. */
function pointPairs(a: ArmResults, b: ArmResults): { trials: number; a: number; b: number }[] {
  const { budgets } = (learns(a) ? a : b).setting.size;
  if (!learns(a) && !learns(b)) return [{ trials: 0, a: 0, b: 0 }];
  return budgets.map((trials, k) => ({ trials, a: learns(a) ? k : 0, b: learns(b) ? k : 0 }));
}

const firstItems = ({ held, tried }: Tally, count: number): Tally => ({
  held: held.slice(0, count),
  tried: tried.slice(0, count),
});

/** Tallies of both at the same budgets on the same scenes: a fixed policy's are cut to the scenes that the learner met. */
function pairedTallies(a: ArmResults, b: ArmResults): { trials: number[]; arms: [ArmTallies, ArmTallies] } {
  const [ta, tb] = [talliesOf(a), talliesOf(b)];
  const pairs = pointPairs(a, b);
  const both = ta.map((points, s) =>
    pairs.map((pair) => {
      const [x, y] = [points[pair.a], tb[s][pair.b]];
      const count = Math.min(x.held.length, y.held.length);
      return [firstItems(x, count), firstItems(y, count)] as const;
    }),
  );
  return {
    trials: pairs.map((p) => p.trials),
    arms: [both.map((s) => s.map(([x]) => x)), both.map((s) => s.map(([, y]) => y))],
  };
}

/** What one resample says of two arms. */
interface PairStatistics {
  readonly differences: readonly number[];
  readonly improvement: number;
  readonly trials: Span | null;
}

/** Two arms on the seeds that both have; null if there is none. */
export function compareArms(target: string, level: number, one: ArmResults, other: ArmResults): BenchComparison | null {
  const seeds = one.results.map(({ seed }) => seed).filter((seed) => other.results.some((r) => r.seed === seed));
  if (seeds.length === 0) return null;
  const [a, b] = [withSeeds(one, seeds), withSeeds(other, seeds)];
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
    seeds: seeds.length,
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

/** A target as {@link overallOf} sees it. */
interface OverallTarget {
  readonly name: string;
  /** Of its comparisons, see {@link equalLevel}. */
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
  const seeds = frozen.results.map(({ seed }) => seed).filter((seed) => scratch.results.some((r) => r.seed === seed));
  const { trials, arms } = pairedTallies(withSeeds(frozen, seeds), withSeeds(scratch, seeds));
  const levels = [level, ...LEVELS.map((each) => Math.min(each, ceiling))];
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
    atLevels: LEVELS.map((level, i) => ({ level, median: medianAt(i + 1) })),
    best: { target: best.name, ratio: best.ratio },
    improvement: estimate(improvement(each.map(({ measured }) => measured)), resamples.map(improvement)),
  };
}

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
