/** Figures of the arms on the benchmark's first target. */

import type { BenchArm } from '../bench/data.ts';
import { EQUAL_LEVEL, levelText } from '../bench/levels.ts';
import type { BenchResult } from '../bench/result.ts';
import { count } from '../numbers.ts';
import { after, code, costs, MARKED, named, pairOf, points, rate, ratio, row, type Target, trials } from './cells.ts';
import type { FigureTable } from './page.ts';

/** Arms on the first target at some budgets. */
function armsTable(title: string, target: Target, arms: readonly BenchArm[], scratch: string | null): FigureTable {
  const budgets = [25, 100, 400, 1600];
  return {
    title,
    about: `Grasps held, %. Arms of few seeds are compared with ${code(scratch!)} on those seeds alone. ${MARKED}`,
    columns: [
      named('seeds'),
      ...budgets.map((budget) => named(count(budget), 0)),
      named('trials to 80 %'),
      named(`trials, ${code(scratch!)} over this`),
    ],
    rows: arms.map((arm) => {
      const fixed = arm.kind === 'fixed';
      const curve = fixed ? [rate(arm.curve[0]), null, null, null] : budgets.map((budget) => after(arm, budget));
      const at80 = arm.trialsTo.find(({ level }) => level === EQUAL_LEVEL)?.trials;
      const kind = fixed ? (arm.name === target.start?.arm ? ' (before any trial)' : ' (does not learn)') : '';
      return row(`${code(arm.name)}${kind}`, [
        arm.seeds.length,
        ...curve,
        trials(at80),
        ratio(pairOf(target, arm.name, scratch)?.ratios?.trials),
      ]);
    }),
  };
}

/** Every arm at some budgets, pretrained ones first. */
export function armsTables({ details: [target], headline: { scratch } }: BenchResult): FigureTable[] {
  const pretrained = ({ role }: BenchArm): boolean => role === 'frozen' || role === 'fine-tuned';
  return [
    armsTable('Pretrained arms on unseen families', target, target.arms.filter(pretrained), scratch),
    armsTable(
      'Other arms on unseen families',
      target,
      target.arms.filter((arm) => !pretrained(arm)),
      scratch,
    ),
  ];
}

/** Wall clock and arithmetic to the same success, arm by arm. */
export function costTable({ details: [target], headline: { scratch } }: BenchResult): FigureTable {
  return {
    title: 'Cost to the same success',
    about: `To reach ${levelText(target.level)} on unseen families: ${code(scratch!)} over each arm. Pretraining is not counted. ${MARKED}`,
    columns: [named('trials'), named('time to train, trials included'), named('arithmetic of learning')],
    rows: target.arms.flatMap((arm) => {
      const ratios = pairOf(target, arm.name, scratch)?.ratios;
      return ratios ? [row(code(arm.name), costs(ratios))] : [];
    }),
  };
}

/** Learners, and the pretrained policy before any trial, against scratch, on the same scenes. */
export function againstTable({ details: [target], headline: { scratch } }: BenchResult): FigureTable {
  const budgets = [25, 100, 400, 800, 1600];
  return {
    title: 'Against scratch on unseen families',
    about: `Points by which each arm is ahead of ${code(scratch!)} after so many trials, on the seeds that both have.`,
    columns: [named('seeds'), ...budgets.map((budget) => named(count(budget), 1))],
    rows: target.comparisons
      .filter(({ b }) => b === scratch)
      .map(({ a, seeds, differences }) => {
        const at = (budget: number) => differences.find((each) => each.trials === budget);
        return row(code(a), [seeds, ...budgets.map((budget) => points(at(budget)))]);
      }),
  };
}
