/** NumPy files: arrays encoded as `.npy` and `.npz`. */
import { type Zippable, zipSync } from 'fflate';

/** An array as NumPy stores it; `data` row-major, little-endian. */
export interface NpyArray {
  /** NumPy's name of the type, such as `<f4`. */
  readonly descr: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

type Numbers = Uint8Array | Float32Array | Float64Array | BigInt64Array;

const DESCR = { Uint8Array: '|u1', Float32Array: '<f4', Float64Array: '<f8', BigInt64Array: '<i8' } as const;

/** Numbers with a shape. @throws RangeError if their count does not fit it. */
export function npyNumbers(values: Numbers, shape: readonly number[]): NpyArray {
  const count = shape.reduce((a, b) => a * b, 1);
  if (values.length !== count)
    throw new RangeError(`npy: expected ${count} numbers for [${shape}], got ${values.length}`);
  const descr = DESCR[values.constructor.name as keyof typeof DESCR];
  return { descr, shape, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

export const npyBooleans = (values: readonly boolean[]): NpyArray => ({
  descr: '|b1',
  shape: [values.length],
  data: Uint8Array.from(values, (v) => (v ? 1 : 0)),
});

/** Texts of equal room, as NumPy's `U` type has them: four bytes a character. */
export function npyTexts(texts: readonly string[]): NpyArray {
  const points = texts.map((text) => Array.from(text, (c) => c.codePointAt(0)!));
  const longest = Math.max(1, ...points.map((p) => p.length));
  const data = new Uint32Array(texts.length * longest);
  points.forEach((p, i) => {
    data.set(p, i * longest);
  });
  return { descr: `<U${longest}`, shape: [texts.length], data: new Uint8Array(data.buffer) };
}

/** A `.npy` file (format 1.0). */
export function encodeNpy({ descr, shape, data }: NpyArray): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = 10;
  // the data starts at a multiple of 64, after a newline
  const length = Math.ceil((before + text.length + 1) / 64) * 64 - before;
  const bytes = new Uint8Array(before + length + data.length);
  bytes.set([0x93, ...Buffer.from('NUMPY'), 1, 0, length & 0xff, length >> 8]);
  bytes.set(Buffer.from(`${text.padEnd(length - 1)}\n`), before);
  bytes.set(data, before + length);
  return bytes;
}

/** A `.npz` file as `numpy.savez_compressed` writes it. The same arrays give the same bytes. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  // no time of day in the file
  const mtime = new Date(1980, 0, 1);
  const files: Zippable = {};
  for (const [name, array] of Object.entries(arrays)) files[`${name}.npy`] = [encodeNpy(array), { level: 1, mtime }];
  return zipSync(files);
}
