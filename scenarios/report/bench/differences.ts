/** Words for the differences of two arms, budget by budget. */

import { count, decimal } from '../numbers.ts';
import type { Difference } from '../statistics.ts';
import { listed, negated, reading, size } from '../words.ts';
import type { BenchComparison } from './data.ts';

/** "25", "25 and 50", "25 to 200": neighbours among the budgets are drawn together. */
function runs(trials: readonly number[], budgets: readonly number[]): string {
  const parts: number[][] = [];
  for (const each of trials) {
    const last = parts.at(-1);
    if (last && budgets.indexOf(each) === budgets.indexOf(last[last.length - 1]) + 1) last.push(each);
    else parts.push([each]);
  }
  return listed(
    parts.flatMap((part) =>
      part.length > 2 ? [`${count(part[0])} to ${count(part[part.length - 1])}`] : part.map(count),
    ),
  );
}

/** "5 points [2, 8]", or the least and the most of several. */
function sizes(differences: readonly Difference[]): string {
  if (differences.length === 1) return size(differences[0]);
  const values = differences.map(({ difference }) => Math.abs(difference));
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => decimal(100 * value, 0));
  return `${least === most ? least : `${least} to ${most}`} points`;
}

/** Who is ahead after which budgets, and after which no difference is shown. */
export function differencesText({ a, b, differences }: BenchComparison): string {
  const budgets = differences.map(({ trials }) => trials);
  const of = (kind: ReturnType<typeof reading>) => differences.filter((each) => reading(each) === kind);
  const after = (list: readonly { trials: number }[]): string =>
    budgets.length === 1 && budgets[0] === 0
      ? ''
      : ` after ${runs(
          list.map((d) => d.trials),
          budgets,
        )} trials`;
  const [more, less, unclear] = [of('more'), of('less'), of('unclear')];
  return [
    ...(more.length > 0 ? [`${a} is ahead${after(more)} (by ${sizes(more)})`] : []),
    ...(less.length > 0 ? [`${b} is ahead${after(less)} (by ${sizes(less.map(negated))})`] : []),
    ...(unclear.length > 0
      ? [
          `no difference is shown${after(unclear)}` +
            (unclear.length === 1 ? ` (${a} minus ${b}: ${size(unclear[0])})` : ''),
        ]
      : []),
  ].join('; ');
}
