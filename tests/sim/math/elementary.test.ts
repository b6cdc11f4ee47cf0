import { describe, expect, it } from 'vitest';
import { exp, log, pow } from '../../../sim/math/exponential.ts';
import { atan2, cos, hypot, sin, tan } from '../../../sim/math/trigonometry.ts';
import { ELEMENTARY, elementaryHashes, worstError } from '../../support/elementary.ts';

describe('elementary functions', () => {
  // two roundings of one value can be 1 apart, and so can the engine's and the true one
  it.each(Object.keys(ELEMENTARY))('%s is within 2 units in the last place of the engine', (name) => {
    expect(worstError(name)).toBeLessThanOrEqual(2);
  });

  it('have the bits that they have always had', () => {
    expect(elementaryHashes()).toMatchInlineSnapshot(`
      {
        "atan": "2e736b69b6f69ca7",
        "atan2": "7cda85348db02eaf",
        "cos": "3ef8fea3a820df10",
        "cos of multiples": "06e5e2a51e57d453",
        "exp": "9ae14bb439a5a4e0",
        "exp of logits": "17600d080b899539",
        "hypot": "5dcbd5b0c4e1649f",
        "log": "466c15fb44058244",
        "log near 1": "6ecb5f45c64b00a4",
        "pow": "f4ab20a1d04a05a4",
        "sin": "edaa24b8b4c3a90a",
        "sin far out": "a88c6ab260d73916",
        "sin of multiples": "0e1078703422dde3",
        "tan": "ff5b8d9a1b5bb6af",
        "tan of multiples": "49b1b8a47145003a",
      }
    `);
  });

  it('know the special values', () => {
    expect([sin(0), sin(-0), cos(0), tan(0), exp(0), exp(1), log(1), hypot(0, 0), hypot(3, 4)]).toEqual([
      0,
      -0,
      1,
      0,
      1,
      Math.E,
      0,
      0,
      5,
    ]);
    expect([exp(-1000), exp(1000), log(0), log(Number.POSITIVE_INFINITY)]).toEqual([
      0,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect([atan2(0, 1), atan2(0, -1), atan2(-0, -1), atan2(1, 0), atan2(-1, 0)]).toEqual([
      0,
      Math.PI,
      -Math.PI,
      Math.PI / 2,
      -Math.PI / 2,
    ]);
    expect([pow(0, 2), pow(5, 0), pow(1, 9), pow(2, 10), pow(10, 3), pow(2, -3)]).toEqual([0, 1, 1, 1024, 1000, 0.125]);
    expect([exp(Number.NaN), log(-1), sin(Number.NaN), hypot(Number.NaN, 1)].every(Number.isNaN)).toBe(true);
  });

  it('refuse what they would get wrong', () => {
    expect(() => sin(1e9)).toThrow('sin: expected an angle up to');
    expect(() => pow(-1, 0.5)).toThrow('pow: expected a positive normal base');
    expect(() => pow(10, 400)).toThrow('pow: expected a normal result');
    expect(() => log(5e-324)).toThrow('log: expected a normal number');
    expect(() => atan2(Number.NaN, 1)).toThrow('atan2: expected finite numbers');
  });
});
