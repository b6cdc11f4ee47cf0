/** What a benchmark says over all its targets, in words. */

import { decimal, percent } from '../numbers.ts';
import type { Interval } from '../statistics.ts';
import { listed } from '../words.ts';
import type { BenchReport, BenchTarget } from './data.ts';
import { factorWithBounds, side } from './factors.ts';
import { EQUAL_LEVEL, OF_ORACLE } from './levels.ts';

/** What is said over all targets, a claim each. */
export function overallSentences({ overall, targets, headline: { frozen, scratch } }: BenchReport): string[] {
  if (!overall || overall.targets < 2) return [];
  const { median, atLevels, best, improvement } = overall;
  const title = targets.find(({ name }) => name === best.target)?.title ?? best.target;
  const levels = atLevels.flatMap(({ level, literal }) =>
    level === EQUAL_LEVEL
      ? []
      : [
          `at ${percent(level)} of grasps held it is ${factorWithBounds(literal)}${side(literal) === 'unclear' ? ', which is not shown' : ''}`,
        ],
  );
  const ofOracle = atLevels.at(-1);
  return [
    `Over ${overall.targets} targets, ${scratch} needs ${factorWithBounds(median)} the trials of ${frozen} in the median, at ${percent(EQUAL_LEVEL)} of grasps held or 90\u00a0% of the oracle\u2019s success where that is lower.`,
    `That factor depends on the level: ${listed(levels)}.`,
    ...(ofOracle && targets.every((target) => ceilingOf(target))
      ? [
          `At 90\u00a0% of the oracle\u2019s success (${ceilings(targets)} of grasps, by target) it is ${factorWithBounds(ofOracle.median)}.`,
        ]
      : []),
    `It is ${factorWithBounds(best.ratio)} on the target whose interval begins highest, chosen by this very result, ${title}.`,
    `A run of ${frozen} ends above one of ${scratch} with probability ${chance(improvement)}.`,
  ];
}

/** 90 % of the oracle's success on a target, if it was measured. */
function ceilingOf({ arms }: BenchTarget): number | undefined {
  const oracle = arms.find(({ name }) => name === 'oracle');
  return oracle && OF_ORACLE * oracle.curve[0].rate;
}

function ceilings(targets: readonly BenchTarget[]): string {
  const all = targets.flatMap((target) => ceilingOf(target) ?? []);
  return `${decimal(100 * Math.min(...all), 0)} to ${percent(Math.max(...all))}`;
}

const chance = ({ value, low, high }: Interval): string =>
  `${decimal(value, 2)} [${decimal(low, 2)},\u00a0${decimal(high, 2)}]`;
