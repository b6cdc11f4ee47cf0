import { mean } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  iqm,
  mcnemar,
  pairedDifference,
  pairedSeedDifference,
  rollingRate,
  stratifiedBootstrap,
  wilson,
} from '../../../scenarios/report/statistics.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const average = (values: readonly number[]): number => mean([...values]);
const flags = (held: number, trials: number): boolean[] => Array.from({ length: trials }, (_, i) => i < held);

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

describe('stratifiedBootstrap', () => {
  it('covers the true rate about 95 times in 100 when seeds and trials both vary', () => {
    const rng = rngStream(1, 'coverage');
    let covered = 0;
    const studies = 300;
    for (let study = 0; study < studies; study++) {
      const perSeed = Array.from({ length: 10 }, () => {
        const skill = 0.7 + 0.06 * rng.normal();
        return Array.from({ length: 50 }, () => rng.next() < skill);
      });
      const { low, high } = stratifiedBootstrap(perSeed, average, rng, 200);
      if (low <= 0.7 && 0.7 <= high) covered++;
    }
    expect(covered / studies).toBeGreaterThan(0.91);
    expect(covered / studies).toBeLessThan(0.99);
  });

  it('is wider when the same outcomes differ between seeds than when they do not', () => {
    const rng = rngStream(2, 'width');
    const width = (perSeed: boolean[][]): number => {
      const { low, high } = stratifiedBootstrap(perSeed, average, rng, 500);
      return high - low;
    };
    expect(width([flags(40, 40), flags(40, 40), flags(0, 40), flags(0, 40)])).toBeGreaterThan(
      2 * width([flags(20, 40), flags(20, 40), flags(20, 40), flags(20, 40)]),
    );
  });

  it('applies the statistic to seed means and repeats with the same stream', () => {
    const perSeed = [
      [0, 1],
      [1, 1],
      [0, 0],
      [0.5, 0.1],
    ];
    const run = () => stratifiedBootstrap(perSeed, iqm, rngStream(3, 'again'), 100);
    expect(run().value).toBeCloseTo(0.4);
    expect(run()).toEqual(run());
  });

  it('has no width when nothing varies', () => {
    const sure = stratifiedBootstrap([flags(5, 5), flags(5, 5)], average, rngStream(0, 'sure'), 50);
    expect(sure).toEqual({ value: 1, low: 1, high: 1 });
  });

  it('rejects nothing to resample', () => {
    expect(() => stratifiedBootstrap([], average, rngStream(0, 'none'))).toThrow('at least one trial each');
    expect(() => stratifiedBootstrap([[true], []], average, rngStream(0, 'none'))).toThrow('got [1,0] trials');
  });
});

describe('pairedDifference', () => {
  it('is narrower than unpaired outcomes would allow when the two mostly agree', () => {
    const a = flags(60, 100);
    const b = flags(52, 100);
    const { difference, low, high } = pairedDifference(a, b, rngStream(4, 'paired'));
    expect(difference).toBeCloseTo(0.08);
    // Unpaired: 1.96 * sqrt(0.6 * 0.4 / 100 + 0.52 * 0.48 / 100) = 0.137 on either side.
    expect(low).toBeGreaterThan(0.02);
    expect(high).toBeLessThan(0.15);
  });

  it('includes 0 for coin flips, and covers it about 95 times in 100', () => {
    const rng = rngStream(5, 'coins');
    let covered = 0;
    for (let study = 0; study < 100; study++) {
      const coins = () => Array.from({ length: 60 }, () => rng.next() < 0.5);
      const { low, high } = pairedDifference(coins(), coins(), rng);
      if (low <= 0 && 0 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(88);
  });

  it('rejects different scenes', () => {
    expect(() => pairedDifference([true], [true, false], rngStream(0, 'x'))).toThrow('got 1 and 2 trials');
    expect(() => pairedDifference([], [], rngStream(0, 'x'))).toThrow(RangeError);
  });
});

describe('pairedSeedDifference', () => {
  it('is wider than the pooled trials when one training run went wrong', () => {
    const a = [flags(40, 40), flags(40, 40), flags(40, 40), flags(0, 40)];
    const b = [flags(20, 40), flags(20, 40), flags(20, 40), flags(20, 40)];
    const seeds = pairedSeedDifference(a, b, rngStream(6, 'seeds'));
    const pooled = pairedDifference(a.flat(), b.flat(), rngStream(6, 'seeds'));
    expect(seeds.difference).toBeCloseTo(pooled.difference);
    expect(pooled.low).toBeGreaterThan(0);
    expect(seeds.low).toBeLessThan(0);
  });

  it('rejects a missing seed', () => {
    expect(() => pairedSeedDifference([[true]], [], rngStream(0, 'x'))).toThrow('as many seeds');
  });
});

describe('mcnemar', () => {
  it('is the exact binomial tail of the scenes on which the two differ', () => {
    const both = flags(30, 30);
    const a = [...both, ...flags(9, 10)];
    const b = [...both, ...flags(9, 10).map((held) => !held)];
    expect(mcnemar(a, b)).toBeCloseTo((2 * (1 + 10)) / 1024, 12);
    expect(mcnemar(b, a)).toBeCloseTo(mcnemar(a, b), 12);
  });

  it('is 1 for an even split, and without any difference', () => {
    expect(mcnemar([true, false], [false, true])).toBe(1);
    expect(mcnemar(flags(3, 8), flags(3, 8))).toBe(1);
    expect(mcnemar([], [])).toBe(1);
  });

  it('does not underflow on thousands of scenes', () => {
    const a = flags(2100, 4000);
    expect(
      mcnemar(
        a,
        a.map((held) => !held),
      ),
    ).toBeCloseTo(0.00164927, 8);
  });

  it('rejects different scenes', () => expect(() => mcnemar([true], [])).toThrow('mcnemar'));
});

describe('rollingRate', () => {
  it('averages the last outcomes, fewer at the start', () => {
    expect(rollingRate([true, false, true, true], 2)).toEqual([1, 0.5, 0.5, 1]);
    expect(rollingRate([], 5)).toEqual([]);
  });
  it('rejects an empty window', () => expect(() => rollingRate([true], 0)).toThrow('at least 1 trial'));
});
