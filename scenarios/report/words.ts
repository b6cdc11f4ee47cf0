/** Words for what an interval allows one to say, and lists of them. */

import { bounds, decimal } from './numbers.ts';
import type { Difference } from './statistics.ts';

/** What an interval allows one to say: `unclear` if it includes 0. */
export function reading({ low, high }: Difference): 'more' | 'less' | 'unclear' {
  if (low > 0) return 'more';
  return high < 0 ? 'less' : 'unclear';
}

/** Size of a difference in percentage points; a decimal where rounding would let the interval touch 0. */
export function size({ difference, low, high }: Difference, unit = ' points'): string {
  const digits =
    reading({ difference, low, high }) !== 'unclear' && Math.min(Math.abs(low), Math.abs(high)) < 0.01 ? 1 : 0;
  const text = decimal(100 * difference, digits);
  return `${text}${/^\D?1$/.test(text) && unit === ' points' ? ' point' : unit} ${bounds({ low, high }, digits)}`;
}

/** The difference the other way round. */
export const negated = ({ difference, low, high }: Difference): Difference => ({
  difference: -difference,
  low: -high,
  high: -low,
});

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** "1 target", "9 targets". */
export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** With a capital first letter. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
