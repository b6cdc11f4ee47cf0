import { describe, expect, it } from 'vitest';
import { areaUnderCurve, iqmCurve, trialsTo } from '../../../scenarios/report/curves.ts';

const INFINITY = Number.POSITIVE_INFINITY;

describe('iqmCurve', () => {
  it('is the interquartile mean over seeds at each budget', () => {
    const points = [
      [0, 0.2, 0.4, 1],
      [0.9, 0.9, 0.9, 0.1],
    ];
    expect(iqmCurve(points, [25, 50])).toEqual([
      { trials: 25, rate: expect.closeTo(0.3, 12) },
      { trials: 50, rate: expect.closeTo(0.9, 12) },
    ]);
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
