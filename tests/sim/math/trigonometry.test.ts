import { describe, expect, it } from 'vitest';
import { atan, atan2, cos, hypot, sin, tan } from '../../../sim/math/trigonometry.ts';
import { elementaryHash, worstError } from '../../support/elementary.ts';

/** Every function with the bits that it has always had, over twenty thousand arguments. */
const BITS = {
  sin: 'edaa24b8b4c3a90a',
  'sin of multiples': '0e1078703422dde3',
  'sin far out': 'a88c6ab260d73916',
  cos: '3ef8fea3a820df10',
  'cos of multiples': '06e5e2a51e57d453',
  tan: 'ff5b8d9a1b5bb6af',
  'tan of multiples': '49b1b8a47145003a',
  atan: '2e736b69b6f69ca7',
  atan2: '7cda85348db02eaf',
  hypot: '5dcbd5b0c4e1649f',
} as const;

describe.each(Object.entries(BITS))('%s', (name, bits) => {
  // two roundings of one value can be 1 apart, and so can the engine's and the true one
  it('is within 2 units in the last place of the engine', () => expect(worstError(name)).toBeLessThanOrEqual(2));

  it('has the bits that it has always had', () => expect(elementaryHash(name)).toBe(bits));
});

describe('trigonometric functions', () => {
  const angles = Array.from({ length: 500 }, (_, i) => (i - 250) * 0.113);

  it('are odd or even to the bit', () => {
    for (const x of angles) {
      for (const odd of [sin, tan, atan]) expect(odd(-x)).toBe(-odd(x));
      expect(cos(-x)).toBe(cos(x));
    }
  });

  it('undo one another: atan2 gives back the angle of a point, whatever its distance', () => {
    for (const x of angles) {
      const turn = Math.round(x / (2 * Math.PI)) * 2 * Math.PI;
      for (const far of [1e-9, 1, 1e12]) expect(atan2(far * sin(x), far * cos(x))).toBeCloseTo(x - turn, 12);
    }
  });

  it('know the special values', () => {
    expect([sin(0), sin(-0), cos(0), tan(0), hypot(0, 0), hypot(3, 4)]).toEqual([0, -0, 1, 0, 0, 5]);
    expect([atan2(0, 1), atan2(0, -1), atan2(-0, -1), atan2(1, 0), atan2(-1, 0)]).toEqual([
      ...[0, Math.PI, -Math.PI],
      ...[Math.PI / 2, -Math.PI / 2],
    ]);
    expect([atan(Number.POSITIVE_INFINITY), atan(Number.NEGATIVE_INFINITY)]).toEqual([Math.PI / 2, -Math.PI / 2]);
    expect(hypot(Number.POSITIVE_INFINITY, 1)).toBe(Number.POSITIVE_INFINITY);
    expect([sin(Number.NaN), atan(Number.NaN), hypot(Number.NaN, 1)].every(Number.isNaN)).toBe(true);
  });

  it('of a length neither overflows nor vanishes', () => {
    expect(hypot(3e200, 4e200) / 5e200).toBeCloseTo(1, 15);
    expect(hypot(3e-200, 4e-200) / 5e-200).toBeCloseTo(1, 15);
  });

  it('refuse what they would get wrong', () => {
    for (const [name, f] of Object.entries({ sin, cos, tan }))
      expect(() => f(1e9)).toThrow(`${name}: expected an angle up to`);
    expect(() => atan2(Number.NaN, 1)).toThrow('atan2: expected finite numbers');
    expect(() => atan2(1, Number.POSITIVE_INFINITY)).toThrow('atan2: expected finite numbers, got 1, Infinity');
  });
});
