import { describe, expect, it } from 'vitest';
import { levelText } from '../../../../scenarios/report/bench/levels.ts';

describe('a level of success', () => {
  it('is called what it is: of grasps held, or a share of what the oracle holds', () => {
    expect(levelText(0.8)).toBe('80\u00a0%');
    expect(levelText(0.53)).toBe('53\u00a0% (90\u00a0% of the oracle\u2019s success)');
  });
});
