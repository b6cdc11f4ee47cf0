/** Refusals: answers of external policies that were no grasp, counted by kind. */
import type { TrialRecord } from '../trials/job.ts';

/** How many answers were refused, by what was wrong with them. */
export type Refusals = Record<string, number>;

/** Counts the refusals among trials; undefined if there are none. */
export function countRefusals(records: readonly TrialRecord[]): Refusals | undefined {
  const counts: Record<string, number> = {};
  for (const { refused } of records) if (refused) counts[refused] = (counts[refused] ?? 0) + 1;
  return Object.keys(counts).length > 0 ? counts : undefined;
}

/** The sum of several counts. */
export function addRefusals(all: readonly (Refusals | undefined)[]): Refusals | undefined {
  const sum: Record<string, number> = {};
  for (const counts of all)
    for (const [kind, count] of Object.entries(counts ?? {})) sum[kind] = (sum[kind] ?? 0) + count;
  return Object.keys(sum).length > 0 ? sum : undefined;
}

/** Refusals as people read them: `5 answers refused (silent 3, garbage 2)`. */
export function refusalText(refused: Refusals): string {
  const total = Object.values(refused).reduce((a, b) => a + b, 0);
  const kinds = Object.entries(refused).map(([kind, count]) => `${kind} ${count}`);
  return `${total} ${total === 1 ? 'answer' : 'answers'} refused (${kinds.join(', ')})`;
}
