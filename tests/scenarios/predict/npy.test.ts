import { describe, expect, it } from 'vitest';
import { encodeNpy, npyNumbers } from '../../../scenarios/export/npy.ts';
import { decodeNpy } from '../../../scenarios/predict/npy.ts';

const bytes = encodeNpy(npyNumbers(Float32Array.of(1, 2.5, -3, 4, 5, 6), [2, 3]));
const header = (text: string, data = 24, major = 1): Uint8Array => {
  const padded = new TextEncoder().encode(text);
  const prefix = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0, padded.length & 255, padded.length >> 8);
  return Uint8Array.from([...prefix, ...(major > 1 ? [0, 0] : []), ...padded, ...new Uint8Array(data)]);
};

describe('the reader of NumPy arrays', () => {
  it('gets what was written', () => {
    expect(decodeNpy(bytes, 'a.npy')).toEqual({ shape: [2, 3], values: Float32Array.of(1, 2.5, -3, 4, 5, 6) });
    const long = encodeNpy(npyNumbers(BigInt64Array.of(1n), [1]));
    expect(() => decodeNpy(long, 'a.npy')).toThrow('a.npy: expected numbers of type <f4, <f8, |u1, |b1');
  });

  it('reads whole numbers, other versions, and any spacing of the header', () => {
    const units = header("{'descr': '<u2','fortran_order':False, 'shape':(3,4), }\n");
    expect(decodeNpy(units, 'a.npy')).toEqual({ shape: [3, 4], values: new Uint16Array(12) });
    expect(decodeNpy(header("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", 24, 2), 'a').shape).toEqual([
      3,
    ]);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'a NumPy .npy file'],
    ['another file', Uint8Array.from({ length: 40 }, (_, i) => i), 'a NumPy .npy file'],
    ['a later version', header("{'descr': '<f4'}", 0, 9), 'version 1, 2 or 3, got 9'],
    ['columns first', header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}"), 'row-major order'],
    ['Python objects', header("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}"), 'got |O'],
    ['no shape', header("{'descr': '<f4', 'fortran_order': False}"), 'expected a shape'],
    ['too few bytes', header("{'descr': '<f4', 'fortran_order': False, 'shape': (200, 3)}"), 'expected 2400 bytes'],
    [
      'a shape beyond all memory',
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999, 99999999)}"),
      'bytes for an array',
    ],
    ['a header beyond the file', bytes.slice(0, 20), 'expected a header'],
  ])('refuses %s', (_, file, message) => expect(() => decodeNpy(file, 'a.npy')).toThrow(message));

  it('never does more than refuse, whichever byte is changed or where it is cut', () => {
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.map((b, k) => (k === i ? b ^ 0x5a : b));
      for (const file of [changed, bytes.slice(0, i)]) {
        try {
          const { shape, values } = decodeNpy(file, 'a.npy');
          expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect((error as Error).message).toMatch(/^a\.npy: expected /);
        }
      }
    }
  });
});
