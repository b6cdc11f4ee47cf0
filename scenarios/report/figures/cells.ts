/** Cells and rows of the benchmark's figures. */

import type { BenchArm, BenchComparison } from '../bench/data.ts';
import { aside, factorBounds, factorShort, side, trialsBounds, trialsShort } from '../bench/factors.ts';
import type { BenchResult } from '../bench/result.ts';
import type { SpanEstimate } from '../spans.ts';
import type { Difference, RateInterval } from '../statistics.ts';
import type { Figure, FigureCell, FigureColumn, FigureRow } from './page.ts';

/** A target, without pictures. */
export type Target = BenchResult['details'][number];

/** An arm of a target, if it was measured. */
export const armOf = ({ arms }: Target, name: string | null): BenchArm | undefined =>
  arms.find((arm) => arm.name === name);

/** Two arms of a target, if both were measured. */
export const pairOf = ({ comparisons }: Target, a: string | null, b: string | null): BenchComparison | undefined =>
  comparisons.find((c) => c.a === a && c.b === b);

/** The last of a list. */
export const lastOf = <T>(list: readonly T[] | undefined): T | undefined => list?.[list.length - 1];

/** A success rate in per cent. */
export const rate = (point: RateInterval | undefined): Figure | null =>
  point ? { value: 100 * point.rate, low: 100 * point.low, high: 100 * point.high } : null;

/** A difference in points. */
export const points = (d: Difference | undefined): Figure | null =>
  d ? { value: 100 * d.difference, low: 100 * d.low, high: 100 * d.high } : null;

/** Marks what its interval does not tell from 1. */
const UNCLEAR = '\u2020';

/** A ratio of trials or time. */
export const ratio = (r: SpanEstimate | null | undefined): FigureCell =>
  r ? `${factorShort(r.point)}${side(r) === 'unclear' ? UNCLEAR : ''} ${aside(factorBounds(r))}` : null;

/** A number of trials. */
export const trials = (t: SpanEstimate | undefined): FigureCell =>
  t ? `${trialsShort(t.point)} ${aside(trialsBounds(t))}` : null;

/** Success after so many trials; null for an arm that was not measured then. */
export const after = (arm: BenchArm | undefined, budget: number): Figure | null =>
  rate(arm?.curve.find((point) => point.trials === budget));

/** A column. */
export const named = (name: string, digits?: number): FigureColumn => ({
  name,
  ...(digits !== undefined && { digits }),
});

/** A name as it is typed. */
export const code = (name: string): string => `\`${name}\``;

/** What a mark means, once a table. */
export const MARKED = `${UNCLEAR} no difference is shown: the interval contains 1.`;

/** A row. */
export const row = (what: string, figures: readonly FigureCell[]): FigureRow => ({ what, figures });

/** What the same success costs: trials, wall clock, arithmetic. */
export const costs = (ratios: BenchComparison['ratios'] | undefined): FigureCell[] =>
  [ratios?.trials, ratios?.trainSeconds, ratios?.macs].map((each) =>
    each && each.point.low === 0 && each.point.high === Number.POSITIVE_INFINITY ? 'not known' : ratio(each),
  );
