/** NumPy files: one array read from `.npy`. */
import { InputError } from '../parse/input-error.ts';

/** An array of numbers, row-major. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Uint8Array | Uint16Array | Int16Array | Int32Array | Uint32Array;
}

const TYPES = {
  '<f4': Float32Array,
  '<f8': Float64Array,
  '|u1': Uint8Array,
  '|b1': Uint8Array,
  '<u2': Uint16Array,
  '<i2': Int16Array,
  '<i4': Int32Array,
  '<u4': Uint32Array,
} as const;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER_MAX = 65_536;

/**
 * Decodes a `.npy` file (NumPy's format, versions 1 to 3) of numbers.
 * @throws InputError with what was expected and what was got.
 */
export function decodeNpy(bytes: Uint8Array, where: string): NumberArray {
  const fail = (expected: string, got: unknown): never => {
    throw new InputError(`${where}: expected ${expected}, got ${got}`);
  };
  if (bytes.length < 12 || MAGIC.some((b, i) => bytes[i] !== b)) fail('a NumPy .npy file', 'another');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6];
  if (major < 1 || major > 3) fail('a .npy file of version 1, 2 or 3', major);
  const from = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > HEADER_MAX || from + length > bytes.length) fail(`a header of at most ${HEADER_MAX} bytes`, `${length}`);
  const header = new TextDecoder('latin1').decode(bytes.subarray(from, from + length));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? fail('a type of numbers', header.trim().slice(0, 80));
  const Type = TYPES[descr as keyof typeof TYPES] ?? fail(`numbers of type ${Object.keys(TYPES).join(', ')}`, descr);
  if (!/'fortran_order':\s*False/.test(header)) fail('row-major order (numpy.ascontiguousarray)', 'column-major');
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1] ?? fail('a shape', header.trim().slice(0, 80));
  const shape = dimensions.split(',').flatMap((d) => (d.trim() === '' ? [] : [Number(d)]));
  const count = shape.reduce((a, b) => a * b, 1);
  const size = count * Type.BYTES_PER_ELEMENT;
  const data = bytes.subarray(from + length);
  if (data.length !== size) fail(`${size} bytes for an array of [${shape}]`, data.length);
  return { shape, values: new Type(new Uint8Array(data).buffer) };
}
