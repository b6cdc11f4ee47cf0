/** What a run gives to a page that is sent on: the contract between runs and the pages that carry them. */
import type { PlayPolicy, RunResult } from './live-view.ts';
import type { TrialSummary } from './marks.ts';

/** A finished run, or a recording alone. */
export interface SharedRun {
  /** What the page is called. */
  readonly title: string;
  /** One sentence for link previews. */
  readonly description: string;
  /** Writes the recording into a new file. */
  readonly record: (path: string) => Promise<void>;
  /** Every trial of the run, if the recording has not all of them. */
  readonly curve?: readonly TrialSummary[];
  /** Path of the report, and the final evaluation that it is about. */
  readonly report?: string;
  readonly result?: Omit<RunResult, 'reportUrl'>;
  /** The run's own, if a browser can run it. */
  readonly policy?: PlayPolicy;
}
