/** Stored results of arms on a target, as the statistics read them. */

import { mean } from 'simple-statistics';
import { EQUAL_LEVEL, OF_ORACLE } from '../../../report/bench/levels.ts';
import { type ArmTallies, measuredRates, type Tally } from '../../../report/bootstrap-intervals.ts';
import { iqm } from '../../../report/statistics.ts';
import { learnsHere, type Setting } from '../plan.ts';
import { type RawResult, trialTally } from '../raw.ts';

/** All results of an arm on a target; `results` in the order of the seeds. */
export interface ArmResults {
  readonly arm: string;
  readonly setting: Setting;
  readonly results: readonly RawResult[];
}

/** Whether the arm learns on the target. */
export const learns = ({ setting }: ArmResults): boolean => learnsHere(setting.entry);

/** Plain mean over seeds. */
export const averaged = (rates: readonly number[]): number => mean([...rates]);

/** [seed][point]; points without the trials that later ones add. */
export const talliesOf = ({ results }: ArmResults): ArmTallies =>
  results.map((r) => r.points.map((p) => trialTally(p.held)));

const withSeeds = (arm: ArmResults, seeds: readonly number[]): ArmResults => ({
  ...arm,
  results: arm.results.filter(({ seed }) => seeds.includes(seed)),
});

/** Both arms on the seeds that both have, in the same order. */
export function sharedSeeds(a: ArmResults, b: ArmResults): [ArmResults, ArmResults] {
  const seeds = a.results.map(({ seed }) => seed).filter((seed) => b.results.some((r) => r.seed === seed));
  return [withSeeds(a, seeds), withSeeds(b, seeds)];
}

/** 90 % of the oracle's success; arms are not compared at more. 1 without an oracle. */
export function levelCeiling(arms: readonly ArmResults[]): number {
  const oracle = arms.find(({ setting: { entry } }) => entry.kind === 'fixed' && entry.policy === 'oracle');
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
export function pairedTallies(a: ArmResults, b: ArmResults): { trials: number[]; arms: [ArmTallies, ArmTallies] } {
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
