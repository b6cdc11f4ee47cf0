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

/** The interval of a factor; an infinite bound stands for "not reached within the budget". */
export const factorBounds = ({ low, high }: Span): string => `[${factor(low)},\u00a0${factor(high)}]`;

/** What is known of a number of trials. */
export function trialsText({ low, high }: Span): string {
  if (high === INFINITY) return `not reached in ${count(low)}`;
  return low === 0 ? `at most ${count(high)}` : count(low);
}

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
