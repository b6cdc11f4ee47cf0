import { describe, expect, it } from 'vitest';
import { viridis } from '../../../../viewer/page/scene/colours.ts';

describe('the colours of values', () => {
  it('begin and end as viridis does, and stay there beyond', () => {
    for (const value of [0, -1, Number.NEGATIVE_INFINITY]) expect(viridis(value)).toEqual([68, 1, 84]);
    for (const value of [1, 2, Number.POSITIVE_INFINITY]) expect(viridis(value)).toEqual([253, 231, 37]);
    expect(viridis(0.5)).toEqual([33, 145, 140]);
  });

  it('grow brighter with the value and never jump', () => {
    const colours = Array.from({ length: 501 }, (_, i) => viridis(i / 500));
    const brightness = colours.map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
    for (let i = 1; i <= 500; i++) {
      expect(brightness[i]).toBeGreaterThan(brightness[i - 1]);
      expect(Math.max(...colours[i].map((c, k) => Math.abs(c - colours[i - 1][k])))).toBeLessThan(2);
    }
  });
});
