import type { BenchReport, TrainReport } from './report.ts';
import { bounds, decimal, percent } from './report-html.ts';

/** A difference with the bounds of its 95 % interval, -1..1. */
interface Measured {
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** What an interval allows one to say: `unclear` if it includes 0. */
export function reading({ low, high }: Measured): 'more' | 'less' | 'unclear' {
  if (low > 0) return 'more';
  return high < 0 ? 'less' : 'unclear';
}

/** Size of a difference in percentage points; a decimal where rounding would let the interval touch 0. */
function size({ difference, low, high }: Measured, unit = ' points'): string {
  const digits =
    reading({ difference, low, high }) !== 'unclear' && Math.min(Math.abs(low), Math.abs(high)) < 0.01 ? 1 : 0;
  const text = decimal(100 * difference, digits);
  return `${text}${/^\D?1$/.test(text) && unit === ' points' ? ' point' : unit} ${bounds({ low, high }, digits)}`;
}

const mirrored = ({ difference, low, high }: Measured): Measured => ({
  difference: -difference,
  low: -high,
  high: -low,
});

/** "a", "a and b", "a, b and c". */
function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const after = (trials: number): string => (trials === 0 ? 'before any trial' : `after ${trials} trials`);

type Comparison = BenchReport['comparisons'][number];

/** All that was compared between the same two arms, turned so that a and b are always the same. */
function pairs(comparisons: readonly Comparison[]): Comparison[][] {
  const groups = new Map<string, Comparison[]>();
  for (const comparison of comparisons) {
    const { a, b } = comparison;
    const [key, opposite] = [JSON.stringify([a, b]), JSON.stringify([b, a])];
    if (groups.has(opposite)) groups.get(opposite)!.push({ ...comparison, a: b, b: a, ...mirrored(comparison) });
    else groups.set(key, [...(groups.get(key) ?? []), comparison]);
  }
  return [...groups.values()].map((group) => group.sort((p, q) => p.trials - q.trials));
}

/** One sentence on two arms. @param where on which objects. */
function pairSentence(group: readonly Comparison[], where: string): string {
  const { a, b } = group[0];
  const of = (kind: ReturnType<typeof reading>) => group.filter((comparison) => reading(comparison) === kind);
  const wins = (winner: string, loser: string, won: readonly Measured[], trials: readonly number[]): string =>
    `${listedAfter(trials)} ${winner} beats ${loser} by ${listed(won.map((each, i) => size(each, i === 0 ? ' points' : '')))}`;
  const [more, less, unclear] = [of('more'), of('less'), of('unclear')];
  const trialsOf = (list: readonly Comparison[]): number[] => list.map(({ trials }) => trials);
  const clauses = [
    ...(more.length > 0 ? [wins(a, b, more, trialsOf(more))] : []),
    ...(less.length > 0 ? [wins(b, a, less.map(mirrored), trialsOf(less))] : []),
  ].map((clause, i) => (i === 0 ? clause + where : clause));
  if (unclear.length > 0) {
    const between = clauses.length > 0 ? '' : ` between ${a} and ${b}${where}`;
    const sizes = listed(unclear.map((each, i) => size(each, i === 0 ? ' points' : '')));
    clauses.push(
      `${listedAfter(trialsOf(unclear))} there is no difference${between} that this many trials can show (${a} minus ${b}: ${sizes})`,
    );
  }
  return `${capital(clauses.join('; '))}.`;
}

function listedAfter(trials: readonly number[]): string {
  const positive = trials.filter((count) => count > 0).map(String);
  const parts = [
    ...(trials.includes(0) ? [after(0)] : []),
    ...(positive.length > 0 ? [`after ${listed(positive)} trials`] : []),
  ];
  return parts.join(' and ');
}

/**
 * What the benchmark shows: a sentence on the first comparison's pair of arms, and one on every other pair. A difference is
 * claimed only where its interval excludes 0.
 */
export function benchVerdict({ comparisons, familiesSeen }: Pick<BenchReport, 'comparisons' | 'familiesSeen'>): {
  verdict: string;
  claims: string[];
} {
  const [first, ...others] = pairs(comparisons);
  if (!first) {
    return {
      verdict: 'No two arms were compared on the same scenes, so no difference between them is claimed.',
      claims: [],
    };
  }
  return {
    verdict: pairSentence(
      first,
      familiesSeen ? ' on objects also seen in training' : ' on object families never seen in training',
    ),
    claims: others.map((group) => pairSentence(group, '')),
  };
}

/** What the training run shows, with its interval, and how it compares with the fixed policies. */
export function trainVerdict(report: Pick<TrainReport, 'arm' | 'training' | 'final' | 'baselines'>): {
  verdict: string;
  claims: string[];
} {
  const { arm, training, final, baselines } = report;
  const trained = training.filter(({ outcome }) => outcome !== 'invalid').length;
  const start = trained === 0 ? 'Without a training trial' : `After ${trained} training trials`;
  if (final.trials === 0) return { verdict: `${start} ${arm} was not evaluated, so nothing is claimed.`, claims: [] };
  const held = Math.round(final.rate * final.trials);
  const verdict =
    `${start} ${arm} holds ${percent(final.rate)} of the evaluation grasps (${held} of ${final.trials}; ` +
    `95\u00a0% interval ${bounds(final)}).`;
  const claims = baselines.map(({ policy, difference }) => {
    const kind = reading(difference);
    if (kind === 'more') return `On the same scenes ${arm} beats ${policy} by ${size(difference)}.`;
    if (kind === 'less') return `On the same scenes ${policy} beats ${arm} by ${size(mirrored(difference))}.`;
    return `Against ${policy} there is no difference that this many trials can show (${arm} minus ${policy}: ${size(difference)}).`;
  });
  return { verdict, claims };
}
