import { mean } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  type ArmTallies,
  bootstrap,
  estimate,
  measuredRates,
  middle95,
  pairedDifference,
  pairedSeedDifference,
  rateOverSeeds,
  scoreOverSeeds,
  type Tally,
  tallyRate,
} from '../../../scenarios/report/bootstrap-intervals.ts';
import { iqm } from '../../../scenarios/report/statistics.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';

const INFINITY = Number.POSITIVE_INFINITY;
const average = (values: readonly number[]): number => mean([...values]);
const flags = (held: number, trials: number): boolean[] => Array.from({ length: trials }, (_, i) => i < held);

/** So many successes of so many trials. */
const tally = (held: number, trials: number): Tally => ({
  held: Array.from({ length: trials }, (_, i) => (i < held ? 1 : 0)),
  tried: new Array(trials).fill(1),
});

const coins = (rate: number, trials: number, rng: Rng): Tally => {
  const held = Array.from({ length: trials }, () => (rng.next() < rate ? 1 : 0));
  return { held, tried: held.map(() => 1) };
};

describe('tallies', () => {
  it('are successes per attempt: invalid trials do not count, rounds count by their grasps', () => {
    expect(tallyRate({ held: [1, 0, 0], tried: [1, 1, 0] })).toBe(0.5);
    expect(tallyRate({ held: [4, 1], tried: [5, 3] })).toBe(5 / 8);
    expect(tallyRate({ held: [0], tried: [0] })).toBe(0);
  });

  it('become rates by arm, point and seed', () => {
    const arm: ArmTallies = [
      [tally(1, 4), tally(3, 4)],
      [tally(2, 4), tally(4, 4)],
    ];
    expect(measuredRates([arm])).toEqual([
      [
        [0.25, 0.5],
        [0.75, 1],
      ],
    ]);
  });
});

describe('bootstrap', () => {
  it('draws each tally as if it were alone, however many there are', () => {
    for (const items of [3, 40, 1023, 1024]) {
      const rng = rngStream(items, 'test/lanes');
      const plain = Array.from({ length: 12 }, () => coins(0.7, items, rng));
      const rounds = { held: plain[0].held.map((held) => 3 * held), tried: plain[0].held.map(() => 4) };
      const points = [...plain, rounds, tally(items, items)];
      const rates = (of: readonly Tally[]) =>
        bootstrap([[of, of]], ([arm]) => arm.map((seeds) => [...seeds]), rngStream(1, 'test/lanes'), 20);
      const together = rates(points);
      points.forEach((point, i) => {
        expect(together.map((resample) => resample[i])).toEqual(rates([point]).map(([only]) => only));
      });
    }
  });

  it('covers the true success about 95 times in 100 when seeds and trials both vary', () => {
    const rng = rngStream(1, 'coverage');
    let covered = 0;
    const studies = 250;
    for (let study = 0; study < studies; study++) {
      const arm = Array.from({ length: 10 }, () => [coins(0.7 + 0.06 * rng.normal(), 50, rng)]);
      const draws = bootstrap([arm], ([[rates]]) => iqm(rates), rng, 200);
      const { low, high } = middle95(draws);
      if (low <= 0.7 && 0.7 <= high) covered++;
    }
    expect(covered / studies).toBeGreaterThan(0.9);
    expect(covered / studies).toBeLessThan(0.995);
  });

  it('gives all arms the same draws, so that what they share cancels', () => {
    const rng = rngStream(2, 'paired');
    const arm: ArmTallies = Array.from({ length: 5 }, () => [coins(0.5, 30, rng)]);
    const difference = bootstrap([arm, arm], ([[a], [b]]) => iqm(a) - iqm(b), rng, 200);
    expect(new Set(difference)).toEqual(new Set([0]));
  });

  it('repeats with the same stream and has no width where nothing varies', () => {
    const arm: ArmTallies = [[tally(3, 6)], [tally(5, 6)]];
    const run = () => bootstrap([arm], ([[rates]]) => rates[0], rngStream(3, 'again'), 50);
    expect(run()).toEqual(run());
    const sure: ArmTallies = [[tally(4, 4)], [tally(4, 4)]];
    expect(middle95(bootstrap([sure], ([[rates]]) => iqm(rates), rngStream(3, 'x'), 50))).toEqual({
      low: 1,
      high: 1,
    });
  });

  it('treats a round of clutter removal as one draw, so that its interval is wider than that of its grasps alone', () => {
    const rounds: ArmTallies = [[{ held: [5, 5, 0, 0], tried: [5, 5, 5, 5] }]];
    const grasps: ArmTallies = [[tally(10, 20)]];
    const width = (arm: ArmTallies): number => {
      const { low, high } = middle95(bootstrap([arm], ([[r]]) => r[0], rngStream(4, 'rounds'), 500));
      return high - low;
    };
    expect(width(rounds)).toBeGreaterThan(1.5 * width(grasps));
  });

  it('rejects arms that cannot be paired, and empty points', () => {
    const one: ArmTallies = [[tally(1, 2)]];
    const two: ArmTallies = [[tally(1, 2)], [tally(1, 2)]];
    const none: ArmTallies = [[tally(0, 0)]];
    for (const arms of [[], [one, two], [none], [[[tally(1, 1), tally(1, 1)], [tally(1, 1)]]]]) {
      expect(() => bootstrap(arms, () => 0, rngStream(0, 'x'))).toThrow(/^bootstrap: expected arms with/);
    }
  });
});

describe('middle95', () => {
  it('takes the middle 95 %, rounded outwards, with infinities', () => {
    const values = Array.from({ length: 201 }, (_, i) => i);
    expect(middle95(values)).toEqual({ low: 5, high: 195 });
    expect(middle95([1, 2, INFINITY])).toEqual({ low: 1, high: INFINITY });
    expect(estimate(100, values)).toEqual({ value: 100, low: 5, high: 195 });
  });
});

describe('scoreOverSeeds', () => {
  it('covers the true rate about 95 times in 100 when seeds and trials both vary', () => {
    const rng = rngStream(1, 'coverage');
    let covered = 0;
    const studies = 300;
    for (let study = 0; study < studies; study++) {
      const perSeed = Array.from({ length: 10 }, () => {
        const skill = 0.7 + 0.06 * rng.normal();
        return Array.from({ length: 50 }, () => rng.next() < skill);
      });
      const { low, high } = scoreOverSeeds(perSeed, average, rng, 200);
      if (low <= 0.7 && 0.7 <= high) covered++;
    }
    expect(covered / studies).toBeGreaterThan(0.91);
    expect(covered / studies).toBeLessThan(0.99);
  });

  it('is wider when the same outcomes differ between seeds than when they do not', () => {
    const rng = rngStream(2, 'width');
    const width = (perSeed: boolean[][]): number => {
      const { low, high } = scoreOverSeeds(perSeed, average, rng, 500);
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
    const run = () => scoreOverSeeds(perSeed, iqm, rngStream(3, 'again'), 100);
    expect(run().value).toBeCloseTo(0.4);
    expect(run()).toEqual(run());
  });

  it('has no width when nothing varies', () => {
    const sure = scoreOverSeeds([flags(5, 5), flags(5, 5)], average, rngStream(0, 'sure'), 50);
    expect(sure).toEqual({ value: 1, low: 1, high: 1 });
  });

  it('rejects nothing to resample', () => {
    expect(() => scoreOverSeeds([], average, rngStream(0, 'none'))).toThrow('at least one trial each');
    expect(() => scoreOverSeeds([[true], []], average, rngStream(0, 'none'))).toThrow('got [1,0] trials');
  });
});

describe('rateOverSeeds', () => {
  it('draws the same resamples as scoreOverSeeds, and reads their ends outwards', () => {
    const rng = rngStream(7, 'both');
    const perSeed = Array.from({ length: 6 }, (_, s) => Array.from({ length: 20 + s }, () => rng.next() < 0.6));
    const tallies = perSeed.map((seed): Tally => ({ held: seed.map(Number), tried: seed.map(() => 1) }));
    const rate = rateOverSeeds(tallies, average, rngStream(8, 'same'));
    const score = scoreOverSeeds(perSeed, average, rngStream(8, 'same'));
    expect(rate.rate).toBe(score.value);
    expect(rate.low).toBeLessThanOrEqual(score.low);
    expect(rate.high).toBeGreaterThanOrEqual(score.high);
    expect(score.low - rate.low + rate.high - score.high).toBeLessThan(0.01);
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
