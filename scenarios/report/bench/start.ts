/** What the pretrained policy is worth before any trial, in words. */

import { count } from '../numbers.ts';
import type { Difference } from '../statistics.ts';
import { counted, listed, negated, reading, size } from '../words.ts';
import type { BenchReport, BenchStart, BenchTarget } from './data.ts';
import { aside, trialsBounds } from './factors.ts';

const INFINITY = Number.POSITIVE_INFINITY;

interface Started {
  readonly target: BenchTarget;
  readonly start: BenchStart;
}

const startedOf = ({ targets }: BenchReport): Started[] =>
  targets.flatMap((target) => (target.start ? [{ target, start: target.start }] : []));

/** Two significant digits: what a noisy curve is worth. */
function rounded(trials: number): number {
  const unit = 10 ** Math.max(Math.floor(Math.log10(trials)) - 1, 0);
  return Math.round(trials / unit) * unit;
}

/** "about 680 trials on unseen families (at least 160)". @param word after the first number. */
function equalText({ target, start: { equals } }: Started, word: string): string {
  const { point, low, high } = equals;
  const trials = point.low === 0 ? `at most ${count(point.high)}` : `about ${count(rounded(point.low))}`;
  const bounds = trialsBounds({ low: low === 0 ? 0 : rounded(low), high: high === INFINITY ? high : rounded(high) });
  return `${trials}${word} on ${target.title} ${aside(bounds)}`;
}

const never = ({ start: { equals } }: Started): boolean => equals.point.high === INFINITY;

/** How many trials scratch needs to hold as many grasps as the pretrained policy before any: the first sentence of the verdict. */
export function startSentence(report: BenchReport): string | undefined {
  const [first, ...others] = startedOf(report);
  if (!first) return undefined;
  const ascending = others.sort((p, q) => p.start.equals.point.low - q.start.equals.point.low);
  const all = [first, ...ascending];
  const reached = all.filter((each) => !never(each)).map((each, i) => equalText(each, i === 0 ? ' trials' : ''));
  const not = all.filter(never);
  const budgets = not.map(({ target }) => target.budgets[target.budgets.length - 1]).sort((a, b) => a - b);
  const given = `${[...new Set(budgets)].map(count).join(' or ')} trials`;
  const policy = `Before any trial the pretrained policy (${first.start.arm})`;
  const { scratch } = first.start;
  const where = listed(not.map(({ target }) => target.title));
  if (reached.length === 0) return `${policy} holds more than ${scratch} after ${given}, on ${where}.`;
  const rest = not.length === 0 ? '' : ` On ${where}, ${scratch} does not get there in ${given}.`;
  return `${policy} equals ${scratch} after ${listed(reached)}.${rest}`;
}

/** Difference with the most trials on each target, sorted by what is shown. */
function lastDifferences(
  report: BenchReport,
  a: (each: Started) => string | null,
  b: (each: Started) => string | null,
) {
  const all = startedOf(report).flatMap((each) => {
    const comparison = each.target.comparisons.find((c) => c.a === a(each) && c.b === b(each));
    const difference = comparison?.differences.at(-1);
    return difference ? [{ title: each.target.title, difference }] : [];
  });
  const of = (kind: ReturnType<typeof reading>) => all.filter(({ difference }) => reading(difference) === kind);
  return { all, more: of('more'), less: of('less') };
}

const named = (list: readonly { title: string; difference: Difference }[], turn = (d: Difference) => d): string =>
  listed(list.map(({ title, difference }) => `${title} (${size(turn(difference))})`));

/** The pretrained policy before any trial against scratch with all its trials. */
export function startEndSentence(report: BenchReport): string | undefined {
  const { all, more, less } = lastDifferences(
    report,
    ({ start }) => start.arm,
    ({ start }) => start.scratch,
  );
  if (all.length === 0) return undefined;
  const { arm, scratch } = startedOf(report)[0].start;
  const of = counted(all.length, 'target');
  const ahead = more.length === 0 ? `none of ${of}` : `${more.length} of ${of}: ${named(more)}`;
  const behind = less.length === 0 ? `behind on none` : `behind on ${named(less, negated)}`;
  const rest = more.length + less.length < all.length ? '; elsewhere no difference is shown' : '';
  return `Against ${scratch} with all its trials, ${arm} is ahead on ${ahead}; ${behind}${rest}.`;
}

/** What own trials add to the pretrained policy. */
export function ownTrialsSentence(report: BenchReport): string | undefined {
  const { frozen } = report.headline;
  const { all, more, less } = lastDifferences(
    report,
    () => frozen,
    ({ start }) => start.arm,
  );
  if (all.length === 0) return undefined;
  const { arm } = startedOf(report)[0].start;
  const of = counted(all.length, 'target');
  const added = more.length === 0 ? `none of ${of}` : `${more.length} of ${of}: ${named(more)}`;
  const taken = less.length === 0 ? '' : `, and to take from it on ${named(less, negated)}`;
  return `Own trials (${frozen} over ${arm}) are shown to add to it on ${added}${taken}.`;
}
