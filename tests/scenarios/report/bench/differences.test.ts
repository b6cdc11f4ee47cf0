import { describe, expect, it } from 'vitest';
import { differencesText } from '../../../../scenarios/report/bench/differences.ts';

const at = (trials: number, difference: number, half: number) => ({
  trials,
  difference,
  low: difference - half,
  high: difference + half,
});

const comparison = {
  a: 'a',
  b: 'b',
  seeds: 3,
  differences: [at(25, 0.12, 0.05), at(50, 0.1, 0.04), at(100, 0.02, 0.05), at(200, 0.01, 0.03), at(400, -0.05, 0.02)],
  improvement: { value: 0.5, low: 0, high: 1 },
  ratios: null,
};

describe('words for differences budget by budget', () => {
  it('claim a difference only where its interval excludes 0, and group neighbouring budgets', () => {
    expect(differencesText(comparison)).toBe(
      'a is ahead after 25 and 50 trials (by 10 to 12 points); b is ahead after 400 trials (by 5 points [3,\u00a07]); no difference is shown after 100 and 200 trials',
    );
  });

  it('give the interval of the one difference that is not shown', () => {
    expect(differencesText({ ...comparison, differences: [at(100, 0.02, 0.02)] })).toBe(
      'no difference is shown after 100 trials (a minus b: 2 points [0,\u00a04])',
    );
  });

  it('name no trials where neither learns', () => {
    expect(differencesText({ ...comparison, differences: [at(0, 0.1, 0.02)] })).toBe(
      'a is ahead (by 10 points [8,\u00a012])',
    );
  });
});
