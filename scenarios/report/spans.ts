/** Spans: numbers of which only bounds may be known (censored), their ratios, and their bootstrap intervals. */

import { middle95 } from './bootstrap-intervals.ts';

/** A number known to lie between two others; equal if it is known exactly. `high` may be Infinity. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** An estimate that may be censored, with the bounds of its 95 % interval. */
export interface SpanEstimate {
  readonly point: Span;
  readonly low: number;
  readonly high: number;
}

/** An estimate and its interval from draws of what may be censored: the interval covers all that the spans allow. */
export const spanEstimate = (point: Span, draws: readonly Span[]): SpanEstimate => ({
  point,
  ...middle95(
    draws.map(({ low }) => low),
    draws.map(({ high }) => high),
  ),
});

/** a over b, where each is known within its span: everything that the quotient can be. */
export const ratioSpan = (a: Span, b: Span): Span => ({
  low: b.high === Number.POSITIVE_INFINITY || a.low === 0 ? 0 : a.low / b.high,
  high: b.low === 0 ? Number.POSITIVE_INFINITY : a.high / b.low,
});

/** The span times a positive number. */
export const scaled = <T extends Span>(span: T, factor: number): Span => ({
  low: span.low * factor,
  high: span.high * factor,
});
