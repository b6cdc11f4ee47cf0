import { describe, expect, it } from 'vitest';
import { highWord, scaled, truncated, withHigh } from '../../../sim/math/float-bits.ts';
import { rngStream } from '../../../sim/math/rng.ts';

/** The two halves of a double, by the definition of the format instead of this machine's byte order. */
function halves(x: number): { readonly high: number; readonly low: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return { high: view.getInt32(0), low: view.getUint32(4) };
}

const rng = rngStream(0, 'test/float-bits');
const NUMBERS = [
  ...[0, -0, 1, -1, Math.PI, 2 ** -1022, 5e-324, -Number.MAX_VALUE],
  ...Array.from({ length: 200 }, () => rng.normal() * 2 ** rng.range(-300, 300)),
];

describe('the bits of a double', () => {
  it('are read and written where the format has them', () => {
    for (const x of NUMBERS) {
      const { high } = halves(x);
      expect(highWord(x)).toBe(high);
      expect(withHigh(x, high)).toBe(x);
      const [cut, other] = [truncated(x), withHigh(Math.PI, high)];
      expect(halves(cut)).toEqual({ high, low: 0 });
      expect(halves(other)).toEqual({ high, low: halves(Math.PI).low });
      expect(Math.abs(cut)).toBeLessThanOrEqual(Math.abs(x));
    }
  });

  it('scale a normal number exactly', () => {
    for (const x of NUMBERS.filter((n) => Math.abs(n) > 2 ** -500 && Math.abs(n) < 2 ** 500))
      for (const k of [-400, -3, 0, 1, 77, 400]) expect(scaled(x, k)).toBe(x * 2 ** k);
  });
});
