/** Carried: what a page without a server has with it, and says of itself. */
import type { RunResult } from '../../../sim/recording/live-view.ts';
import type { TrialSummary } from '../../../sim/recording/marks.ts';
import type { EmbedSize } from './embed.ts';

/** What every page that is sent on carries. */
export interface Embeddable {
  /** Of the frame that a snippet for another page starts with; no snippet is offered without one. */
  readonly embed?: EmbedSize;
}

/** What is in the page's element `carried`; null there if a server stands behind the page. */
export interface Carried extends Embeddable {
  /** What the page opens with. */
  readonly recording?: CarriedFile;
  /** The final evaluation, if there is a report. */
  readonly result?: Omit<RunResult, 'reportUrl'>;
  readonly report?: CarriedFile;
  /** Whether the play page is beside it. */
  readonly play: boolean;
  /** Every trial of the run for the curve, if the recording has not all of them. */
  readonly curve?: readonly TrialSummary[];
}

/** A file beside the page; without an address it is in the page, see {@link inlineId}. */
export interface CarriedFile {
  readonly name: string;
  readonly address?: string;
}

/** Id of the element that holds what a page carries, as JSON. */
export const CARRIED_ID = 'carried';

/** Id of the element that holds a file of a page that is all in one, in base64. */
export const inlineId = (what: 'recording' | 'report'): string => `inline-${what}`;

/** Id of the element that holds the recording of a benchmark's trial, in base64. */
export const inlineTrialId = (name: string): string => `trial-${name}`;

/** The text of the element: JSON that no HTML can end early. */
export const carriedText = (carried: unknown): string => JSON.stringify(carried).replaceAll('<', '\\u003c');

/** Reads {@link carriedText}. @returns undefined if a server stands behind the page. */
export const parseCarried = (text: string): Carried | undefined => (JSON.parse(text) as Carried | null) ?? undefined;
