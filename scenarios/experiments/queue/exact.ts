/**
 * Exact bytes of plain data: the same for equal data on every machine and after any history of a process, which V8's own
 * serialisation does not promise. Text for the structure, and the numbers of typed arrays behind it as they are in memory.
 */
import { endianness } from 'node:os';
import { InputError } from '../../load.ts';

const ARRAYS = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
} as const;
type ArrayName = keyof typeof ARRAYS;

/** Where an array lies behind the text; numbers that JSON has no word for. */
type Mark = { readonly $array: ArrayName; readonly at: number; readonly length: number } | { readonly $number: string };

/** Arrays begin at multiples of so many bytes, as their elements must. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 4;
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * Plain data as bytes: objects, lists, texts, numbers with -0 and NaN, typed arrays. What is undefined is left out.
 * @throws Error for an array of another kind, and on a machine that does not store the lowest byte first.
 */
export function encodeExact(value: unknown): Uint8Array {
  if (endianness() !== 'LE') throw new Error(`exact bytes: expected a little-endian machine, got ${endianness()}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  const text = Buffer.from(
    JSON.stringify(value, (_, each: unknown): unknown => {
      if (typeof each === 'number' && (!Number.isFinite(each) || Object.is(each, -0)))
        return { $number: Object.is(each, -0) ? '-0' : String(each) } satisfies Mark;
      if (!ArrayBuffer.isView(each)) return each;
      const name = each.constructor.name as ArrayName;
      if (!(name in ARRAYS)) throw new Error(`exact bytes: expected plain data, got a ${name}`);
      const mark: Mark = { $array: name, at: size, length: (each as Uint8Array).length };
      const padded = new Uint8Array(aligned(each.byteLength));
      padded.set(new Uint8Array(each.buffer, each.byteOffset, each.byteLength));
      parts.push(padded);
      size += padded.length;
      return mark;
    }),
  );
  const head = new Uint8Array(aligned(LENGTH_BYTES + text.length));
  new DataView(head.buffer).setUint32(0, text.length, true);
  head.set(text, LENGTH_BYTES);
  return Buffer.concat([head, ...parts]);
}

/** Data of {@link encodeExact}. @throws Error saying what was expected, for other bytes. */
export function decodeExact(bytes: Uint8Array): unknown {
  const length = bytes.length < LENGTH_BYTES ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = aligned(LENGTH_BYTES + length);
  if (length < 0 || start > bytes.length) throw new Error('expected a text and arrays behind it, got a shorter file');
  // a copy: a Buffer's own slice is none, and may begin anywhere
  const arrays = new Uint8Array(bytes.subarray(start));
  return JSON.parse(Buffer.from(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)).toString(), (_, each: unknown) =>
    isMark(each) ? marked(each, arrays) : each,
  );
}

/** Data in one of a unit's files. @throws InputError if there is none. */
export function dataIn(files: Readonly<Record<string, Uint8Array>> = {}, name: string): unknown {
  try {
    return decodeExact(files[name] ?? new Uint8Array(0));
  } catch (error) {
    throw new InputError(`${name}: expected data of a unit, got a damaged file: ${(error as Error).message}`);
  }
}

const isMark = (value: unknown): value is Mark =>
  typeof value === 'object' && value !== null && ('$array' in value || '$number' in value);

function marked(mark: Mark, arrays: Uint8Array): unknown {
  if ('$number' in mark) return Number(mark.$number);
  const { $array: name, at, length } = mark;
  const kind = Object.hasOwn(ARRAYS, name) ? ARRAYS[name] : undefined;
  const whole = [at, length].every((n) => Number.isSafeInteger(n) && n >= 0) && at % ALIGNMENT === 0;
  if (!kind || !whole || at + length * kind.BYTES_PER_ELEMENT > arrays.length)
    throw new Error(`expected arrays within ${arrays.length} bytes, got ${JSON.stringify(mark).slice(0, 80)}`);
  return new kind(arrays.buffer as ArrayBuffer, arrays.byteOffset + at, length).slice();
}
