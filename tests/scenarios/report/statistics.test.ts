import { describe, expect, it } from 'vitest';
import {
  iqm,
  kendallTauB,
  medianOf,
  performanceProfile,
  probabilityOfImprovement,
  rollingRate,
  wilson,
} from '../../../scenarios/report/statistics.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const INFINITY = Number.POSITIVE_INFINITY;

describe('wilson', () => {
  it('gives the published interval of 8 in 10', () => {
    const { rate, low, high } = wilson(8, 10);
    expect(rate).toBe(0.8);
    expect(low).toBeCloseTo(0.490162, 5);
    expect(high).toBeCloseTo(0.943318, 5);
  });

  it('widens with the confidence asked for', () => {
    const { low, high } = wilson(8, 10, 0.99);
    expect(low).toBeCloseTo(0.40082, 4);
    expect(high).toBeCloseTo(0.95987, 4);
  });

  it('stays within 0..1 and contains the rate at the extremes', () => {
    expect(wilson(0, 20)).toMatchObject({ rate: 0, low: 0 });
    expect(wilson(0, 20).high).toBeCloseTo(0.1611, 3);
    expect(wilson(20, 20)).toMatchObject({ rate: 1, high: 1 });
  });

  it('knows nothing after no trials', () => expect(wilson(0, 0)).toEqual({ rate: 0, low: 0, high: 1 }));

  it('rejects impossible counts', () => {
    expect(() => wilson(11, 10)).toThrow('expected 0 <= successes <= trials, got 11 of 10');
    expect(() => wilson(-1, 10)).toThrow(RangeError);
    expect(() => wilson(1, 10, 1)).toThrow('confidence');
  });
});

describe('iqm', () => {
  it('is the mean of the middle half', () => {
    expect(iqm([100, 1, 2, 3, 4, -50, 5, 6])).toBe(3.5);
  });

  it('cuts whole values, as rliable does', () => {
    expect(iqm([0, 1, 2, 3, 4, 5, 6, 7, 8, 90])).toBe(4.5);
    expect(iqm([1, 2, 6])).toBe(3);
  });

  it('needs a value', () => expect(() => iqm([])).toThrow('at least one value'));
});

describe('probabilityOfImprovement', () => {
  it('is the share of pairs that are better, ties counting half', () => {
    expect(probabilityOfImprovement([0.9, 0.8], [0.7, 0.85])).toBe(0.75);
    expect(probabilityOfImprovement([0.5], [0.5])).toBe(0.5);
    expect(probabilityOfImprovement([1, 1], [0])).toBe(1);
  });
  it('is one minus that of the other, the Mann-Whitney U over the number of pairs', () => {
    const rng = rngStream(6, 'pairs');
    const [x, y] = [0, 1].map(() => Array.from({ length: 9 }, () => rng.int(5) / 5));
    expect(probabilityOfImprovement(x, y)).toBeCloseTo(1 - probabilityOfImprovement(y, x), 12);
  });
  it('needs runs of both', () => expect(() => probabilityOfImprovement([], [1])).toThrow('got 0 and 1'));
});

describe('performanceProfile', () => {
  it('falls from all runs to none', () => {
    expect(performanceProfile([0.2, 0.6, 0.6, 0.9], [0, 0.2, 0.5, 0.6, 0.61, 1])).toEqual([1, 1, 0.75, 0.75, 0.25, 0]);
  });
  it('has the mean of the runs as its area', () => {
    const runs = [0.1, 0.35, 0.8];
    const levels = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000);
    const area = performanceProfile(runs, levels).reduce((a, b) => a + b, 0) / 1000;
    expect(area).toBeCloseTo((0.1 + 0.35 + 0.8) / 3, 2);
  });
});

describe('medianOf', () => {
  it('finds the middle of a list with infinities', () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([1, 2, 3, INFINITY])).toBe(2.5);
    expect(medianOf([INFINITY, 1, INFINITY])).toBe(INFINITY);
    expect(() => medianOf([])).toThrow('at least one value');
  });
});

describe('rollingRate', () => {
  it('averages the last outcomes, fewer at the start', () => {
    expect(rollingRate([true, false, true, true], 2)).toEqual([1, 0.5, 0.5, 1]);
    expect(rollingRate([], 5)).toEqual([]);
  });
  it('rejects an empty window', () => expect(() => rollingRate([true], 0)).toThrow('at least 1 trial'));
});

describe('kendallTauB', () => {
  it('is 1 in the same order, -1 in the opposite one', () => {
    expect(kendallTauB([1, 5, 9], [0.1, 0.2, 7])).toBe(1);
    expect(kendallTauB([1, 5, 9], [7, 0.2, 0.1])).toBe(-1);
  });
  it('is what one counts by hand, with ties in both', () => {
    // of six pairs three agree, one does not, one is tied in x and another in y: (3 - 1) / sqrt(5 * 5)
    expect(kendallTauB([1, 2, 2, 3], [1, 3, 2, 2])).toBeCloseTo(0.4, 12);
    // of ten pairs five disagree, one agrees, two are tied in x, one in y and one in both: -4 / sqrt(8 * 9)
    expect(kendallTauB([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-4 / Math.sqrt(72), 12);
  });
  it('is unknown where nothing differs', () => {
    expect(kendallTauB([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(kendallTauB([1, 2], [3, 3])).toBeNull();
    expect(kendallTauB([], [])).toBeNull();
  });
  it('rejects lists of different length', () =>
    expect(() => kendallTauB([1], [1, 2])).toThrow('as many values of x as of y, got 1 and 2'));
});
