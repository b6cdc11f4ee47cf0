import { describe, expect, it } from 'vitest';
import { OUTCOMES } from '../../../sim/outcome.ts';
import { outcomeColour, outcomeReason } from '../../../viewer/page/outcomes.ts';

/** Relative luminance of `#rrggbb` (WCAG 2). */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe('outcomes', () => {
  it('each have a colour of their own that shows on white and on black', () => {
    const colours = OUTCOMES.map(outcomeColour);
    expect(new Set(colours).size).toBe(OUTCOMES.length);
    for (const colour of colours) {
      expect(colour).toMatch(/^#[0-9a-f]{6}$/);
      const l = luminance(colour);
      expect([1.05 / (l + 0.05), (l + 0.05) / 0.05].every((contrast) => contrast > 1.8)).toBe(true);
    }
  });

  it('each say in words what happened', () => {
    const reasons = OUTCOMES.map(outcomeReason);
    expect(new Set(reasons).size).toBe(OUTCOMES.length);
    for (const reason of reasons) expect(reason.split(' ').length).toBeGreaterThan(3);
  });
});
