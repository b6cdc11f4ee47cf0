import { describe, expect, it } from 'vitest';
import {
  type ArmTallies,
  areaUnderCurve,
  bootstrapCurves,
  estimate,
  iqmCurve,
  measuredRates,
  medianOf,
  middle95,
  performanceProfile,
  probabilityOfImprovement,
  ratioSpan,
  spanEstimate,
  type Tally,
  tallyRate,
  trialsTo,
} from '../../../scenarios/report/curves.ts';
import { iqm } from '../../../scenarios/report/statistics.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';

const INFINITY = Number.POSITIVE_INFINITY;

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

describe('bootstrapCurves', () => {
  it('covers the true success about 95 times in 100 when seeds and trials both vary', () => {
    const rng = rngStream(1, 'coverage');
    let covered = 0;
    const studies = 250;
    for (let study = 0; study < studies; study++) {
      const arm = Array.from({ length: 10 }, () => [coins(0.7 + 0.06 * rng.normal(), 50, rng)]);
      const draws = bootstrapCurves([arm], ([[rates]]) => iqm(rates), rng, 200);
      const { low, high } = middle95(draws);
      if (low <= 0.7 && 0.7 <= high) covered++;
    }
    expect(covered / studies).toBeGreaterThan(0.9);
    expect(covered / studies).toBeLessThan(0.995);
  });

  it('gives all arms the same draws, so that what they share cancels', () => {
    const rng = rngStream(2, 'paired');
    const arm: ArmTallies = Array.from({ length: 5 }, () => [coins(0.5, 30, rng)]);
    const difference = bootstrapCurves([arm, arm], ([[a], [b]]) => iqm(a) - iqm(b), rng, 200);
    expect(new Set(difference)).toEqual(new Set([0]));
  });

  it('repeats with the same stream and has no width where nothing varies', () => {
    const arm: ArmTallies = [[tally(3, 6)], [tally(5, 6)]];
    const run = () => bootstrapCurves([arm], ([[rates]]) => rates[0], rngStream(3, 'again'), 50);
    expect(run()).toEqual(run());
    const sure: ArmTallies = [[tally(4, 4)], [tally(4, 4)]];
    expect(middle95(bootstrapCurves([sure], ([[rates]]) => iqm(rates), rngStream(3, 'x'), 50))).toEqual({
      low: 1,
      high: 1,
    });
  });

  it('treats a round of clutter removal as one draw, so that its interval is wider than that of its grasps alone', () => {
    const rounds: ArmTallies = [[{ held: [5, 5, 0, 0], tried: [5, 5, 5, 5] }]];
    const grasps: ArmTallies = [[tally(10, 20)]];
    const width = (arm: ArmTallies): number => {
      const { low, high } = middle95(bootstrapCurves([arm], ([[r]]) => r[0], rngStream(4, 'rounds'), 500));
      return high - low;
    };
    expect(width(rounds)).toBeGreaterThan(1.5 * width(grasps));
  });

  it('rejects arms that cannot be paired, and empty points', () => {
    const one: ArmTallies = [[tally(1, 2)]];
    const two: ArmTallies = [[tally(1, 2)], [tally(1, 2)]];
    const none: ArmTallies = [[tally(0, 0)]];
    for (const arms of [[], [one, two], [none], [[[tally(1, 1), tally(1, 1)], [tally(1, 1)]]]]) {
      expect(() => bootstrapCurves(arms, () => 0, rngStream(0, 'x'))).toThrow(/^bootstrapCurves: expected arms with/);
    }
  });
});

describe('trialsTo', () => {
  const curve = [
    { trials: 50, rate: 0.5 },
    { trials: 100, rate: 0.7 },
    { trials: 400, rate: 0.9 },
    { trials: 800, rate: 0.85 },
  ];
  it('interpolates on the logarithm of the trials', () => {
    // half way from 100 to 400 on a log scale
    expect(trialsTo(curve, 0.8).low).toBeCloseTo(200, 9);
    expect(trialsTo(curve, 0.8).high).toBeCloseTo(200, 9);
    expect(trialsTo(curve, 0.9)).toEqual({ low: 400, high: 400 });
  });
  it('knows only a bound below the first budget and beyond the last', () => {
    expect(trialsTo(curve, 0.4)).toEqual({ low: 0, high: 50 });
    expect(trialsTo(curve, 0.95)).toEqual({ low: 800, high: INFINITY });
  });
  it('counts a mean that equals the level but for its last bit', () => {
    const [below, above] = [0.1 + 0.7, 0.8];
    expect(below).toBeLessThan(above);
    const at = (rate: number) =>
      trialsTo(
        [
          { trials: 100, rate: 0.5 },
          { trials: 200, rate },
          { trials: 400, rate: 0.7 },
        ],
        above,
      );
    expect(at(below)).toEqual({ low: 200, high: 200 });
    expect(at(0.79).high).toBe(INFINITY);
  });

  it('rejects a curve out of order, at 0 trials, or without a point', () => {
    expect(() => trialsTo([...curve].reverse(), 0.8)).toThrow('ascending');
    expect(() => trialsTo([{ trials: 0, rate: 1 }], 0.8)).toThrow('above 0');
    expect(() => trialsTo([], 0.8)).toThrow('at least one point');
  });
});

describe('ratioSpan', () => {
  it('divides what is known exactly', () => {
    expect(ratioSpan({ low: 300, high: 300 }, { low: 100, high: 100 })).toEqual({ low: 3, high: 3 });
  });
  it('keeps the bounds of what is censored on either side', () => {
    // never reached in 1600, against 200: more than eightfold
    expect(ratioSpan({ low: 1600, high: INFINITY }, { low: 200, high: 200 })).toEqual({ low: 8, high: INFINITY });
    // 200, against at most 25: at least eightfold
    expect(ratioSpan({ low: 200, high: 200 }, { low: 0, high: 25 })).toEqual({ low: 8, high: INFINITY });
    // 200, against never in 1600: less than an eighth
    expect(ratioSpan({ low: 200, high: 200 }, { low: 1600, high: INFINITY })).toEqual({ low: 0, high: 0.125 });
  });
  it('knows nothing where both are censored on the same side', () => {
    const [never, atOnce] = [
      { low: 1600, high: INFINITY },
      { low: 0, high: 25 },
    ];
    expect(ratioSpan(never, never)).toEqual({ low: 0, high: INFINITY });
    expect(ratioSpan(atOnce, atOnce)).toEqual({ low: 0, high: INFINITY });
  });
  it('agrees with every quotient that the spans allow', () => {
    const rng = rngStream(5, 'spans');
    for (let i = 0; i < 200; i++) {
      const span = () => {
        const low = rng.range(0.1, 10);
        return { low, high: low + rng.range(0, 5) };
      };
      const [a, b] = [span(), span()];
      const quotient = rng.range(a.low, a.high) / rng.range(b.low, b.high);
      const { low, high } = ratioSpan(a, b);
      expect(quotient).toBeGreaterThanOrEqual(low);
      expect(quotient).toBeLessThanOrEqual(high);
    }
  });
});

describe('the ratio of trials between two arms', () => {
  /** Success that rises with the logarithm of the trials; `ahead` times faster. */
  const arm = (ahead: number, seeds: number, rng: Rng): ArmTallies =>
    Array.from({ length: seeds }, () =>
      BUDGETS.map((trials) => coins(Math.min(0.3 + 0.1 * Math.log2((ahead * trials) / 25), 0.97), 100, rng)),
    );
  const BUDGETS = [25, 50, 100, 200, 400, 800, 1600];

  it('is found with an interval that covers the truth about 95 times in 100', () => {
    let covered = 0;
    const studies = 60;
    for (let study = 0; study < studies; study++) {
      const rng = rngStream(study, 'ratio');
      const arms = [arm(4, 10, rng), arm(1, 10, rng)];
      const draws = bootstrapCurves(
        arms,
        ([a, b]) => ratioSpan(trialsTo(iqmCurve(b, BUDGETS), 0.8), trialsTo(iqmCurve(a, BUDGETS), 0.8)),
        rng,
        200,
      );
      const [a, b] = measuredRates(arms);
      const point = ratioSpan(trialsTo(iqmCurve(b, BUDGETS), 0.8), trialsTo(iqmCurve(a, BUDGETS), 0.8));
      const { low, high } = spanEstimate(point, draws);
      expect(point.low).toBeGreaterThan(2);
      expect(point.low).toBeLessThan(8);
      if (low <= 4 && 4 <= high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(0.88 * studies);
  });
});

describe('areaUnderCurve', () => {
  it('is the mean height over the logarithm of the trials', () => {
    const curve = [
      { trials: 25, rate: 0.2 },
      { trials: 100, rate: 0.6 },
      { trials: 400, rate: 0.6 },
    ];
    expect(areaUnderCurve(curve)).toBeCloseTo((0.4 + 0.6) / 2, 12);
  });
  it('is the height of a flat curve, however the budgets lie, and of a single point', () => {
    expect(areaUnderCurve([1, 3, 100].map((trials) => ({ trials, rate: 0.7 })))).toBeCloseTo(0.7, 12);
    expect(areaUnderCurve([{ trials: 50, rate: 0.4 }])).toBe(0.4);
  });
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

describe('quantiles and medians', () => {
  it('take the middle 95 %, rounded outwards, with infinities', () => {
    const values = Array.from({ length: 201 }, (_, i) => i);
    expect(middle95(values)).toEqual({ low: 5, high: 195 });
    expect(middle95([1, 2, INFINITY])).toEqual({ low: 1, high: INFINITY });
    expect(estimate(100, values)).toEqual({ value: 100, low: 5, high: 195 });
  });
  it('find the middle of a list with infinities', () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([1, 2, 3, INFINITY])).toBe(2.5);
    expect(medianOf([INFINITY, 1, INFINITY])).toBe(INFINITY);
    expect(() => medianOf([])).toThrow('at least one value');
  });
});
