/** Markdown of reports: table rows, and rates as they stand in them. */

import { bounds, decimal } from './numbers.ts';

/** Keyboards have neither the true minus nor the space that does not break: Markdown is searched. */
export const ascii = (text: string): string => text.replaceAll('\u2212', '-').replaceAll('\u00a0', ' ');

/** A rate or difference 0..1 in per cent or points, one decimal, without a sign. */
export const rateText = (rate: number): string => ascii(decimal(100 * rate, 1));

/** Its interval. */
export const intervalText = (interval: { readonly low: number; readonly high: number }): string =>
  ascii(bounds(interval, 1));

/** A row of a table, with spaces around its cells. */
export const markdownRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
