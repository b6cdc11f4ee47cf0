import { describe, expect, it } from 'vitest';
import {
  cappedStandardization,
  identityStandardization,
  standardizationOf,
  standardize,
} from '../../../agent/network/standardization.ts';

describe('standardisation', () => {
  it('makes every feature that moves zero-mean with unit variance, and leaves out one that never does', () => {
    const vectors = Float32Array.from([1, 10, 7, 3, 20, 7, 5, 60, 7, 7, 30, 7]);
    standardize(vectors, standardizationOf(vectors, 3));
    for (const f of [0, 1]) {
      const values = [0, 1, 2, 3].map((i) => vectors[i * 3 + f]);
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 4);
      expect(values.reduce((a, b) => a + b * b, 0) / 4).toBeCloseTo(1, 4);
    }
    expect([0, 1, 2, 3].map((i) => vectors[i * 3 + 2])).toEqual([0, 0, 0, 0]);
  });

  it('by the identity changes nothing', () => {
    const vectors = Float32Array.from([1, -2, 3, 4]);
    standardize(vectors, identityStandardization(2));
    expect([...vectors]).toEqual([1, -2, 3, 4]);
  });

  it('for a trunk that learns blows up no feature, and lets in those that have not moved yet', () => {
    const scale = Float32Array.from([0, 2, 500]);
    expect([...cappedStandardization({ mean: new Float32Array(3), scale }).scale]).toEqual([1, 2, 20]);
  });
});
