/** Words for ratios of trials and for trials to a level, of which only bounds may be known. */

import { count, decimal } from '../numbers.ts';
import type { Span, SpanEstimate } from '../spans.ts';

const INFINITY = Number.POSITIVE_INFINITY;

/** A factor with two digits or so. */
const factor = (value: number): string => {
  if (value === INFINITY) return '\u221e';
  if (value >= 100) return count(value);
  return decimal(value, value >= 10 ? 0 : value >= 0.95 || value === 0 ? 1 : 2);
};

/** What is known of a factor: "4.1x", "more than 6.2x", "less than 0.5x", "between 2.0x and 3.1x", "unknown". */
export function factorText({ low, high }: Span): string {
  if (low === high) return `${factor(low)}x`;
  if (low === 0 && high === INFINITY) return 'unknown';
  if (high === INFINITY) return `more than ${factor(low)}x`;
  if (low === 0) return `less than ${factor(high)}x`;
  return `between ${factor(low)}x and ${factor(high)}x`;
}

/** As {@link factorText}, for tables. */
export const factorShort = (span: Span): string =>
  factorText(span)
    .replace('more than', '>')
    .replace('less than', '<')
    .replace('between ', '')
    .replace(' and ', '\u2013');

/** The interval of a factor: "[2.0, 5.1]", or the one bound that there is: "at least 1.2x"; "unbounded" if there is none. */
export const factorBounds = (span: Span): string =>
  boundsText(
    span,
    (low, high) => `[${factor(low)},\u00a0${factor(high)}]`,
    (value) => `${factor(value)}x`,
  );

function boundsText({ low, high }: Span, both: (low: number, high: number) => string, one: (value: number) => string) {
  if (low === 0 && high === INFINITY) return 'unbounded';
  if (high === INFINITY) return `at least ${one(low)}`;
  return low === 0 ? `at most ${one(high)}` : both(low, high);
}

/** Bounds in a sentence: an interval in its brackets, one bound in parentheses. */
export const aside = (bounds: string): string => (bounds.startsWith('[') ? bounds : `(${bounds})`);

/** The factor and its bounds: "4.1x [2.0, 5.1]", "more than 4.7x (at least 2.8x)". */
export const factorWithBounds = (ratio: SpanEstimate): string =>
  `${factorText(ratio.point)} ${aside(factorBounds(ratio))}`;

/** What is known of a number of trials, for tables: "> 1,600" if it was not reached in them. */
export function trialsShort({ low, high }: Span): string {
  if (high === INFINITY) return `> ${count(low)}`;
  return low === 0 ? `\u2264 ${count(high)}` : count(low);
}

/** The interval of a number of trials, as {@link factorBounds}. */
export const trialsBounds = (span: Span): string =>
  boundsText(span, (low, high) => `[${count(low)},\u00a0${count(high)}]`, count);

const inverse = ({ low, high }: Span): Span => ({
  low: high === INFINITY ? 0 : 1 / high,
  high: low === 0 ? INFINITY : 1 / low,
});

/** The ratio the other way round. */
export const inverted = (ratio: SpanEstimate): SpanEstimate => ({ point: inverse(ratio.point), ...inverse(ratio) });

/** Which side an interval of a factor leaves: `more` if all of it is above 1. */
export function side({ low, high }: Span): 'more' | 'less' | 'unclear' {
  if (low > 1) return 'more';
  return high < 1 ? 'less' : 'unclear';
}
