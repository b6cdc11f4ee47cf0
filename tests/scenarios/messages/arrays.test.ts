import { describe, expect, it } from 'vitest';
import { decodeArray, encodeArray } from '../../../scenarios/messages/arrays.ts';

describe('arrays in messages', () => {
  it('come back bit for bit, also where they are a part of a larger buffer', () => {
    const all = Float32Array.of(9, 1.5, -0.25, Number.EPSILON, 3e38, -0, 7);
    const part = all.subarray(1, 7);
    const encoded = encodeArray(part, [2, 3]);
    expect(encoded).toMatchObject({ dtype: 'float32', shape: [2, 3] });
    const back = decodeArray(encoded);
    expect([...back].map((x) => Object.is(x, -0))).toEqual([false, false, false, false, true, false]);
    expect(back).toEqual(part);
    expect(decodeArray(encodeArray(Uint8Array.of(0, 255, 7), [3]))).toEqual(Uint8Array.of(0, 255, 7));
  });

  it('are little-endian: 1 as float32 is 00 00 80 3f', () => {
    expect(encodeArray(Float32Array.of(1), [1]).data).toBe(Buffer.from([0, 0, 0x80, 0x3f]).toString('base64'));
  });

  it('are refused with a shape that is not theirs', () => {
    expect(() => encodeArray(new Float32Array(5), [2, 3])).toThrow('array: expected 6 numbers for shape [2, 3], got 5');
    expect(() => decodeArray({ dtype: 'float32', shape: [2], data: 'AAAA' })).toThrow(
      'array: expected 8 bytes for shape [2] of float32, got 3',
    );
  });
});
