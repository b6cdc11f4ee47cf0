import { describe, expect, it } from 'vitest';
import { exp, log, pow } from '../../../sim/math/exponential.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { elementaryHash, worstError } from '../../support/elementary.ts';

/** Every function with the bits that it has always had, over twenty thousand arguments. */
const BITS = {
  exp: '9ae14bb439a5a4e0',
  'exp of logits': '17600d080b899539',
  log: '466c15fb44058244',
  'log near 1': '6ecb5f45c64b00a4',
  pow: 'f4ab20a1d04a05a4',
} as const;

describe.each(Object.entries(BITS))('%s', (name, bits) => {
  it('is within 2 units in the last place of the engine', () => expect(worstError(name)).toBeLessThanOrEqual(2));

  it('has the bits that it has always had', () => expect(elementaryHash(name)).toBe(bits));
});

describe('exponentials', () => {
  it('undo logarithms, and never fall', () => {
    const rng = rngStream(0, 'test/exponential');
    let before = 0;
    for (let x = -700; x <= 700; x += 1.7 + rng.next()) {
      expect(log(exp(x))).toBeCloseTo(x, 12);
      expect(exp(x)).toBeGreaterThan(before);
      before = exp(x);
    }
  });

  it('are exact for whole powers', () => {
    for (let k = -1000; k <= 1000; k += 8) expect(pow(2, k)).toBe(2 ** k);
    for (let k = 1; k <= 22; k++) expect(pow(10, k)).toBe(Number(`1e${k}`));
    for (let x = 1; x < 50; x++) expect([pow(x, 0), pow(x, 1), pow(x, 2)]).toEqual([1, x, x * x]);
  });

  it('know the special values', () => {
    const [far, none] = [Number.POSITIVE_INFINITY, Number.NaN];
    expect([exp(0), exp(1), exp(-1000), exp(1000), exp(none)]).toEqual([1, Math.E, 0, far, none]);
    expect([log(1), log(0), log(far), log(-1), log(none)]).toEqual([0, Number.NEGATIVE_INFINITY, far, none, none]);
    expect([pow(0, 2), pow(5, 0), pow(1, 9), pow(2, -3)]).toEqual([0, 1, 1, 0.125]);
  });

  it('refuse what they would get wrong', () => {
    expect(() => pow(-1, 0.5)).toThrow('pow: expected a positive normal base');
    expect(() => pow(0, -1)).toThrow('pow: expected a positive normal base and a finite exponent, got 0 and -1');
    expect(() => pow(10, 400)).toThrow('pow: expected a normal result');
    expect(() => log(5e-324)).toThrow('log: expected a normal number');
  });
});
