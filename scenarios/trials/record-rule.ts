/** Record rule: which trials of a run are recorded (`--record`). */
import { UserError } from '../../sim/user-error.ts';

/** Every so many trials, counted by their number; or of those only what did not hold. In clutter removal: which rounds. */
export interface RecordRule {
  readonly every: number;
  readonly failuresOnly: boolean;
}

/** Reads `all`, `failures`, `every:N` or `off` (undefined). @throws UserError for anything else. */
export function parseRecordRule(text: string): RecordRule | undefined {
  if (text === 'off') return undefined;
  if (text === 'all') return { every: 1, failuresOnly: false };
  if (text === 'failures') return { every: 1, failuresOnly: true };
  const every = Number(/^every:([1-9]\d{0,8})$/.exec(text)?.[1] ?? 0);
  if (every > 0) return { every, failuresOnly: false };
  throw new UserError(`expected all, failures, every:N with N of at least 1, or off; got '${text}'.`);
}

/** The rule as a recording's metadata has it: what {@link parseRecordRule} reads. */
export const recordRuleText = ({ every, failuresOnly }: RecordRule): string =>
  failuresOnly ? 'failures' : every === 1 ? 'all' : `every:${every}`;
