import { describe, expect, it } from 'vitest';
import {
  aside,
  factorBounds,
  factorShort,
  factorText,
  factorWithBounds,
  inverted,
  side,
  trialsBounds,
  trialsShort,
} from '../../../../scenarios/report/bench/factors.ts';

const INFINITY = Number.POSITIVE_INFINITY;

describe('words for factors', () => {
  it('keep apart what is known and what is bounded', () => {
    expect(factorText({ low: 4.13, high: 4.13 })).toBe('4.1x');
    expect(factorText({ low: 6.2, high: INFINITY })).toBe('more than 6.2x');
    expect(factorText({ low: 0, high: 0.5 })).toBe('less than 0.50x');
    expect(factorText({ low: 2, high: 3 })).toBe('between 2.0x and 3.0x');
    expect(factorText({ low: 0, high: INFINITY })).toBe('unknown');
    expect(factorShort({ low: 6.2, high: INFINITY })).toBe('> 6.2x');
    expect(factorShort({ low: 2, high: 3 })).toBe('2.0x\u20133.0x');
  });

  it('say the one bound of an interval that has but one', () => {
    expect(factorBounds({ low: 1.2, high: INFINITY })).toBe('at least 1.2x');
    expect(factorBounds({ low: 0, high: 2.9 })).toBe('at most 2.9x');
    expect(factorBounds({ low: 1.2, high: 140 })).toBe('[1.2,\u00a0140]');
    expect(factorBounds({ low: 0, high: INFINITY })).toBe('unbounded');
    expect(aside('at least 1.2x')).toBe('(at least 1.2x)');
    expect(aside('[1, 2]')).toBe('[1, 2]');
    expect(factorWithBounds({ point: { low: 3.2, high: INFINITY }, low: 1.2, high: INFINITY })).toBe(
      'more than 3.2x (at least 1.2x)',
    );
  });

  it('turn round, bounds and all', () => {
    expect(inverted({ point: { low: 2, high: INFINITY }, low: 0, high: 4 })).toEqual({
      point: { low: 0, high: 0.5 },
      low: 0.25,
      high: INFINITY,
    });
  });

  it('claim a side only where all of the interval is on it', () => {
    expect(side({ low: 1.1, high: INFINITY })).toBe('more');
    expect(side({ low: 0, high: 0.9 })).toBe('less');
    expect(side({ low: 1, high: 3 })).toBe('unclear');
  });
});

describe('words for trials', () => {
  it('say what is known of them', () => {
    expect(trialsShort({ low: 1600, high: INFINITY })).toBe('> 1,600');
    expect(trialsShort({ low: 0, high: 25 })).toBe('\u2264 25');
    expect(trialsShort({ low: 81.2, high: 81.2 })).toBe('81');
    expect(trialsBounds({ low: 159, high: INFINITY })).toBe('at least 159');
    expect(trialsBounds({ low: 0, high: 50 })).toBe('at most 50');
    expect(trialsBounds({ low: 30, high: 1500 })).toBe('[30,\u00a01,500]');
  });
});
