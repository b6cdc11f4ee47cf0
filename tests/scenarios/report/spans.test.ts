import { describe, expect, it } from 'vitest';
import {
  type ArmTallies,
  bootstrap,
  measuredRates,
  type Tally,
} from '../../../scenarios/report/bootstrap-intervals.ts';
import { iqmCurve, trialsTo } from '../../../scenarios/report/curves.ts';
import { ratioSpan, scaled, spanEstimate } from '../../../scenarios/report/spans.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';

const INFINITY = Number.POSITIVE_INFINITY;

const coins = (rate: number, trials: number, rng: Rng): Tally => {
  const held = Array.from({ length: trials }, () => (rng.next() < rate ? 1 : 0));
  return { held, tried: held.map(() => 1) };
};

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

describe('scaled', () => {
  it('keeps what is not known', () => {
    expect(scaled({ low: 2, high: INFINITY }, 3)).toEqual({ low: 6, high: INFINITY });
    expect(scaled({ low: 0, high: 2 }, 0.5)).toEqual({ low: 0, high: 1 });
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
      const draws = bootstrap(
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
