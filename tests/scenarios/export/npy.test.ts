import { unzipSync } from 'fflate';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeNpz, type NpyArray, npyBooleans, npyNumbers, npyTexts } from '../../../scenarios/export/npy.ts';
import { parseNpy } from '../../support/recordings/exported-trials.ts';

const written = (array: NpyArray) => parseNpy(unzipSync(encodeNpz({ a: array }))['a.npy']);

describe('a NumPy array', () => {
  it.each([
    ['|u1', Uint8Array.of(0, 1, 255, 7, 8, 9)],
    ['<f4', Float32Array.of(0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 0, -0)],
    ['<f8', Float64Array.of(Math.PI, -1, Number.NaN, 1e300, 0, 5e-324)],
    ['<i8', BigInt64Array.of(0n, -1n, 2n ** 62n, -(2n ** 63n), 5n, 6n)],
  ] as const)('of %s comes back bit for bit, with its shape', (descr, values) => {
    for (const shape of [[6], [2, 3], [1, 3, 2]]) {
      const read = written(npyNumbers(values, shape));
      expect(read).toMatchObject({ descr, shape });
      expect(Buffer.from(read.data).equals(Buffer.from(values.buffer))).toBe(true);
    }
  });

  it('may be a part of a larger one', () => {
    const read = written(npyNumbers(Float32Array.of(9, 1, 2, 9).subarray(1, 3), [2]));
    expect([...new Float32Array(read.data)]).toEqual([1, 2]);
  });

  it('whose numbers do not fit its shape is refused', () =>
    expect(() => npyNumbers(Uint8Array.of(1, 2, 3), [2, 2])).toThrow('npy: expected 4 numbers for [2,2], got 3'));

  it('of truths has a byte for each', () => {
    const read = written(npyBooleans([true, false, true]));
    expect([read.descr, read.shape, ...new Uint8Array(read.data)]).toEqual(['|b1', [3], 1, 0, 1]);
  });

  it('of texts has equal room for each, four bytes a character, whatever the script', () => {
    const texts = ['held', '', 'größer', '\u{1f916}x'];
    const { descr, shape, data } = written(npyTexts(texts));
    expect([descr, shape]).toEqual(['<U6', [4]]);
    const points = new Uint32Array(data);
    const back = texts.map((_, i) => String.fromCodePoint(...[...points.subarray(6 * i, 6 * i + 6)].filter(Boolean)));
    expect(back).toEqual(texts);
    expect(written(npyTexts([''])).descr).toBe('<U1');
  });
});

describe('an npz file', () => {
  afterEach(() => void vi.useRealTimers());

  it('holds every array under its name, and is the same bytes for the same arrays, on another day too', () => {
    const arrays = { one: npyBooleans([true]), two: npyNumbers(Float64Array.of(1, 2), [2]) };
    expect(Object.keys(unzipSync(encodeNpz(arrays)))).toEqual(['one.npy', 'two.npy']);
    const bytes = encodeNpz(arrays);
    vi.useFakeTimers({ now: new Date(2001, 1, 3, 4, 5, 6) });
    expect(encodeNpz(arrays)).toEqual(bytes);
  });
});
