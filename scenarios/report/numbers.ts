/** Numbers as reports print them: decimals, per cent, intervals, counts, seconds. */

const MINUS = '\u2212';

/** With a true minus sign, and never "-0". */
export function decimal(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** A rate 0..1 in per cent. */
export const percent = (rate: number, digits = 0): string => `${decimal(100 * rate, digits)}\u00a0%`;

/** Bounds 0..1 in per cent or points. */
export const bounds = ({ low, high }: { low: number; high: number }, digits = 0): string =>
  `[${decimal(100 * low, digits)},\u00a0${decimal(100 * high, digits)}]`;

/** Thousands apart, as people write trials. */
export const count = (trials: number): string => Math.round(trials).toLocaleString('en-US');

/** Seconds for people. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${decimal(seconds, 1)} s`;
  if (seconds < 120) return `${decimal(seconds, 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
