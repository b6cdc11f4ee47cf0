/** Cells of tables for ratios of trials and for trials, of which only bounds may be known. */

import { type Html, html, note, when } from '../html/html.ts';
import type { SpanEstimate } from '../spans.ts';
import { factorBounds, factorShort, side, trialsBounds, trialsShort } from './factors.ts';

/** Where there is nothing to show. */
export const DASH = '\u2013';

/** Marks a ratio that its interval does not tell from 1; {@link UNCLEAR_NOTE} says so below the table. */
const UNCLEAR = '\u2020';
const UNCLEAR_NOTE = `${UNCLEAR} No difference is shown: the interval contains 1.`;

const isKnown = ({ point, low, high }: SpanEstimate): boolean =>
  point.low > 0 || point.high < Number.POSITIVE_INFINITY || low > 0 || high < Number.POSITIVE_INFINITY;

const isUnclear = (ratio: SpanEstimate): boolean => isKnown(ratio) && side(ratio) === 'unclear';

/** A ratio of trials with its interval. */
export const shown = (ratio: SpanEstimate): Html | string =>
  isKnown(ratio)
    ? html`${factorShort(ratio.point)}${isUnclear(ratio) ? UNCLEAR : ''} <small>${factorBounds(ratio)}</small>`
    : DASH;

/** Says below a table what the mark means, if it is in it. */
export const unclearNote = (ratios: readonly (SpanEstimate | null | undefined)[]): Html =>
  when(
    ratios.some((ratio) => ratio && isUnclear(ratio)),
    () => note(UNCLEAR_NOTE),
  );

/** A number of trials with its interval. */
export const trialsCell = (trials: SpanEstimate): Html =>
  html`${trialsShort(trials.point)} <small>${trialsBounds(trials)}</small>`;
