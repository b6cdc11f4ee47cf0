import { describe, expect, it } from 'vitest';
import { bounds, count, decimal, duration, percent } from '../../../scenarios/report/numbers.ts';

describe('numbers in reports', () => {
  it('have a true minus, and none before zero', () => {
    expect(decimal(-1.25, 1)).toBe('\u22121.3');
    expect(decimal(-0.04, 1)).toBe('0.0');
    expect(decimal(0, 0)).toBe('0');
  });

  it('are in per cent where they are rates', () => {
    expect(percent(0.925)).toBe('93\u00a0%');
    expect(percent(0.9249, 1)).toBe('92.5\u00a0%');
    expect(bounds({ low: -0.012, high: 0.3 }, 1)).toBe('[\u22121.2,\u00a030.0]');
  });

  it('have their thousands apart', () => expect([count(25), count(1599.6)]).toEqual(['25', '1,600']));

  it('say seconds as people do', () => {
    expect([0.84, 45.2, 240, 5025, 10_800].map(duration)).toEqual(['0.8 s', '45 s', '4 min', '84 min', '3 h 0 min']);
  });
});
