import { describe, expect, it } from 'vitest';
import type { TrialSummary } from '../../../sim/recording/marks.ts';
import { percent, rollingRates, ticks, wilson } from '../../../viewer/page/curve.ts';

describe('the success curve', () => {
  const trial = (i: number, outcome: TrialSummary['outcome']): TrialSummary => ({
    ...{ trial: i, split: 'training', families: ['box'], outcome, probability: null },
  });

  it('counts the last fifty trials and leaves out diverged ones', () => {
    const trials = Array.from({ length: 100 }, (_, i) => trial(i, i < 50 ? 'missed' : 'held'));
    const points = rollingRates([...trials.slice(0, 75), trial(0, 'invalid'), ...trials.slice(75)]);
    expect(points.at(0)).toMatchObject({ count: 10, rate: 0 });
    expect(points.find((p) => p.count === 75)).toMatchObject({ rate: 0.5 });
    expect(points.at(-1)).toMatchObject({ count: 100, rate: 1 });
  });

  it('has few points however many trials there are, and ends at the last', () => {
    const points = rollingRates(Array.from({ length: 9999 }, (_, i) => trial(i, 'held')));
    expect(points.length).toBeLessThan(260);
    expect(points.at(-1)?.count).toBe(9999);
  });

  it('begins with the tenth trial, and each point is the rate of the fifty before it', () => {
    const outcomeOf = (i: number): 'held' | 'slipped' => ((i * 7) % 11 < 4 ? 'held' : 'slipped');
    const points = rollingRates(Array.from({ length: 200 }, (_, i) => trial(i, outcomeOf(i))));
    expect(points.map((p) => p.count)).toEqual(Array.from({ length: 191 }, (_, i) => i + 10));
    for (const { count, rate, low, high } of points) {
      const window = Array.from({ length: Math.min(count, 50) }, (_, k) => count - 1 - k);
      expect(rate).toBeCloseTo(window.filter((i) => outcomeOf(i) === 'held').length / window.length, 12);
      expect({ low, high }).toEqual(wilson(Math.round(rate * window.length), window.length));
    }
    expect(rollingRates(Array.from({ length: 9 }, (_, i) => trial(i, 'held')))).toEqual([]);
  });

  it("has Wilson's interval around it", () => {
    // R: prop.test(45, 50, correct = FALSE)
    const { low, high } = wilson(45, 50);
    expect(low).toBeCloseTo(0.7863979, 6);
    expect(high).toBeCloseTo(0.9565242, 6);
    for (const n of [1, 10, 1000]) {
      const [none, all] = [wilson(0, n), wilson(n, n)];
      expect([none.low, all.high]).toEqual([expect.closeTo(0, 12), expect.closeTo(1, 12)]);
      expect(none.high).toBeCloseTo(1 - all.low, 12);
    }
  });

  it.each([10, 60, 400, 1500, 12345])('has a few whole ticks up to %d', (end) => {
    const list = ticks(end);
    expect(list.length).toBeGreaterThanOrEqual(3);
    expect(list.length).toBeLessThanOrEqual(6);
    for (const t of list) expect(Number.isInteger(t) && t <= end).toBe(true);
  });

  it('tells rates in per cent', () => {
    expect([percent(0.834), percent(1), percent(0.0567, 1)]).toEqual(['83 %', '100 %', '5.7 %']);
  });
});
