import { mean, sampleVariance } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  lastLook,
  looksOf,
  MARGIN,
  type SeedDifference,
  sequentialTest,
} from '../../../scenarios/report/sequential.ts';
import { wilson } from '../../../scenarios/report/statistics.ts';
import { studentTest } from '../../../scenarios/report/student-boundaries.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { type SeedSource, SOURCES } from '../../support/simulated-seeds.ts';

/** Seeds with these differences, on so many scenes that only the seeds matter. */
const seedsWith = (...differences: number[]): SeedDifference[] =>
  differences.map((difference) => ({ difference, variance: 1e-6 }));

describe('the boundaries of a repeated Student test', () => {
  it('are the quantiles of Student where there is one look', () => {
    // two-sided 5 %, from tables
    for (const [n, t] of [
      [3, 4.303],
      [5, 2.776],
      [7, 2.447],
      [10, 2.262],
    ])
      expect(studentTest([n], [0.05]).bounds[0]).toBeCloseTo(t, 2);
    expect(studentTest([5], [0.01]).bounds[0]).toBeCloseTo(4.604, 2);
  });

  it('spend at each look what they were given, in simulated normal seeds', () => {
    const [looks, spent] = [
      [3, 5, 8],
      [0.1, 0.15, 0.2],
    ];
    const { bounds } = studentTest(looks, spent);
    const stops = looks.map(() => 0);
    const runs = 20_000;
    for (let i = 0; i < runs; i++) {
      const rng = rngStream(1, 'test/student', i);
      const seeds = Array.from({ length: 8 }, () => rng.normal());
      const at = looks.findIndex((n, k) => Math.abs(studentOf(seeds.slice(0, n))) > bounds[k]);
      for (let k = at; at >= 0 && k < looks.length; k++) stops[k]++;
    }
    // four standard errors
    spent.forEach(
      (error, k) => void expect(Math.abs(stops[k] / runs - error)).toBeLessThan(4 * Math.sqrt(error / runs)),
    );
  });

  it('need looks and errors that ascend', () => {
    expect(() => studentTest([5, 3], [0.01, 0.05])).toThrow('got looks [5,3]');
    expect(() => studentTest([3, 5], [0.05, 0.05])).toThrow(RangeError);
    expect(() => studentTest([2], [0.05])).toThrow('looks from 3 on');
    expect(() => sequentialTest(2)).toThrow('at least 3 seeds, got 2');
  });
});

const studentOf = (values: number[]): number =>
  (mean(values) / Math.sqrt(sampleVariance(values))) * Math.sqrt(values.length);

describe('a sequential comparison', () => {
  it('looks after shares of its seeds, never after fewer than three', () => {
    expect([3, 4, 5, 10, 20].map(looksOf)).toEqual([[3], [3, 4], [3, 4, 5], [3, 5, 7, 10], [6, 10, 14, 20]]);
  });

  it('stops once the difference is clear, and not before the first look', () => {
    expect(lastLook(seedsWith(0.3, 0.31), 10)).toBeUndefined();
    expect(lastLook(seedsWith(0.3, 0.31, 0.29), 10)).toMatchObject({ seeds: 3, stop: 'different' });
    expect(lastLook(seedsWith(-0.3, -0.31, -0.29), 10)).toMatchObject({ stop: 'different' });
  });

  it('does not look behind the look that stopped it', () => {
    const decided = lastLook(seedsWith(0.3, 0.31, 0.29), 10);
    expect(lastLook(seedsWith(0.3, 0.31, 0.29, -1, -1, -1, -1), 10)).toEqual(decided);
  });

  it('stops where the arms differ by less than the margin', () => {
    const look = lastLook(seedsWith(0.004, -0.003, 0.001), 10)!;
    expect(look.stop).toBe('equal');
    expect(Math.max(Math.abs(look.low), look.high)).toBeLessThan(MARGIN);
  });

  it('stops where the seeds left would hardly show anything, and goes on where they would', () => {
    expect(lastLook(seedsWith(0.4, -0.4, 0.01), 10)).toMatchObject({ stop: 'hopeless' });
    expect(lastLook(seedsWith(0.09, 0.01, 0.06), 10)!.stop).toBeUndefined();
    expect(lastLook(seedsWith(0.09, 0.01, 0.06), 3)).toMatchObject({ stop: 'end' });
  });

  it('does not take seeds that happen to agree for certain', () => {
    // three seeds of 20 scenes, each one grasp better: their variance is 0, that of their scenes is not
    const coarse = Array.from({ length: 3 }, () => ({ difference: 0.05, variance: 0.1 / 20 }));
    expect(lastLook(coarse, 10)!.stop).not.toBe('different');
    const nothing = Array.from({ length: 10 }, () => ({ difference: 0, variance: 0 }));
    expect(lastLook(nothing, 10)).toMatchObject({ seeds: 10, stop: 'end', low: 0, high: 0 });
  });
});

/** Share of benchmarks without a difference that show one. */
function errorOf(shows: (seeds: readonly SeedDifference[]) => boolean, source: SeedSource, runs: number) {
  const shown = Array.from({ length: runs }, (_, i) => shows(source(rngStream(2, 'test/sequential', i), 10, 0)));
  return wilson(shown.filter(Boolean).length, runs, 0.999);
}

describe('the error of a sequential benchmark of ten seeds', () => {
  const sequential = (seeds: readonly SeedDifference[]): boolean => lastLook(seeds, 10)!.stop === 'different';
  const single = looksOf(10).map((n) => ({ n, bound: studentTest([n], [0.05]).bounds[0] }));
  /** What one would do without a design: a t test of 5 % at each look. */
  const naive = (seeds: readonly SeedDifference[]): boolean =>
    single.some(({ n, bound }) => Math.abs(studentOf(seeds.slice(0, n).map((s) => s.difference))) > bound);

  for (const [name, source] of Object.entries(SOURCES)) {
    it(`is not above 5 %: ${name}`, () => {
      expect(errorOf(sequential, source, name.includes('scenes, ') ? 200 : 4000).low).toBeLessThan(0.05);
    });
  }

  it('is nearly spent by normal seeds', () => {
    // nothing is lost but by stopping without hope
    const { low, high } = errorOf(sequential, SOURCES['normal, scenes without number'], 4000);
    expect(low).toBeLessThan(0.05);
    expect(high).toBeGreaterThan(0.04);
  });

  it('is above 5 % for t tests at every look', () => {
    const { low } = errorOf(naive, SOURCES['normal, scenes without number'], 4000);
    expect(low).toBeGreaterThan(0.05);
  });
});
