import { describe, expect, it } from 'vitest';
import { capital, counted, listed, negated, reading, size } from '../../../scenarios/report/words.ts';

const of = (difference: number, half: number) => ({ difference, low: difference - half, high: difference + half });

describe('words for differences', () => {
  it('claim a side only where the interval leaves out 0', () => {
    expect([of(0.1, 0.05), of(-0.1, 0.05), of(0.1, 0.1), of(0.1, 0.2)].map(reading)).toEqual([
      'more',
      'less',
      'unclear',
      'unclear',
    ]);
  });

  it('show a decimal where rounding would let a shown difference touch 0', () => {
    expect(size(of(0.05, 0.03))).toBe('5 points [2,\u00a08]');
    expect(size({ difference: 0.018, low: 0.006, high: 0.031 })).toBe('1.8 points [0.6,\u00a03.1]');
    expect(size({ difference: 0.01, low: -0.001, high: 0.02 })).toBe('1 point [0,\u00a02]');
  });

  it('turn round', () =>
    expect(negated({ difference: 0.1, low: -0.2, high: 0.4 })).toEqual({ difference: -0.1, low: -0.4, high: 0.2 }));
});

describe('lists', () => {
  it('join with commas and an and', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed)).toEqual(['', 'a', 'a and b', 'a, b and c']);
  });
  it('are counted in one or many', () =>
    expect([1, 9].map((n) => counted(n, 'target'))).toEqual(['1 target', '9 targets']));
  it('begin a sentence with a capital', () => expect(capital('on the table')).toBe('On the table'));
});
