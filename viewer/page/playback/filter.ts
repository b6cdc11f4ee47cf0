/** Filter of trials by family and outcome, and where jumps stop. */
import type { Outcome } from '../../../sim/outcome.ts';
import type { TrialSummary } from '../../../sim/recording/marks.ts';

/** Which trials are looked at; undefined: whichever. */
export interface TrialFilter {
  /** With an object of this family on the table. */
  readonly family?: string;
  /** That ended like this; `failed`: in any way but well. */
  readonly outcome?: Outcome | 'failed';
}

/** What a filter looks at. */
export type Filtered = Pick<TrialSummary, 'families' | 'outcome'>;

/** Whether a trial is among those that are looked at. */
export const passes = ({ family, outcome }: TrialFilter, trial: Filtered): boolean =>
  (family === undefined || trial.families.includes(family)) &&
  (outcome === undefined || (outcome === 'failed' ? trial.outcome !== 'held' : trial.outcome === outcome));

/** Whether the jump to the next one stops at a trial: a failure, unless an outcome was asked for. */
export const isStop = (filter: TrialFilter, trial: Filtered): boolean =>
  passes({ outcome: 'failed', ...filter }, trial);

/** What the jump looks for, in a word or two. */
export const stopName = ({ outcome }: TrialFilter): string =>
  outcome === undefined || outcome === 'failed' ? 'failure' : outcome;
