/** Safetensors files: weights by name, checked. */
import { type Parameter, type Parameters, sizeOf } from './parameters.ts';

/**
 * The safetensors format (Hugging Face): u64 little-endian header length, JSON header, raw data. float32 only; every length
 * and offset is checked before it is used.
 */
export interface TensorFile {
  readonly parameters: Parameters;
  readonly metadata: Readonly<Record<string, string>>;
}

const MAX_HEADER_BYTES = 10_000_000;

/** @returns the file's bytes: header padded to 8 bytes, tensors in the given order. */
export function encodeTensors({ parameters, metadata }: TensorFile): Uint8Array {
  let offset = 0;
  const entries = Object.entries(parameters).map(([name, { shape, values }]) => {
    const from = offset;
    offset += values.length * 4;
    return [name, { dtype: 'F32', shape, data_offsets: [from, offset] }] as const;
  });
  // own properties whatever they are called
  const header = Object.fromEntries([['__metadata__', metadata], ...entries]);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(8 + padded + offset).fill(0x20, 8, 8 + padded);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(padded), true);
  out.set(text, 8);
  let at = 8 + padded;
  for (const { values } of Object.values(parameters)) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return out;
}

/**
 * @param where named in errors, e.g. the path.
 * @throws Error `<where>: expected ..., got ...` if the bytes are not a sound float32 safetensors file, or hold NaN or infinity.
 */
export function decodeTensors(bytes: Uint8Array, where: string): TensorFile {
  const fail = (expected: string, got: string): never => {
    throw new Error(`${where}: expected ${expected}, got ${got}`);
  };
  if (bytes.length < 8) fail('a safetensors file of at least 8 bytes', `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > bytes.length) {
    fail(`a header that fits the file of ${bytes.length} bytes`, `a header length of ${length}`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + length), fail);
  const data = new DataView(bytes.buffer, bytes.byteOffset + 8 + length, bytes.byteLength - 8 - length);
  const { __metadata__: about, ...entries } = header;
  const metadata = about === undefined ? {} : readMetadata(about, fail);
  let left = data.byteLength;
  // own properties whatever they are called
  const parameters = Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => {
      const tensor = readTensor(name, entry, data, fail);
      left -= tensor.values.byteLength;
      if (left < 0) fail(`tensors that lie side by side in ${data.byteLength} bytes`, `'${name}' over others`);
      return [name, tensor];
    }),
  );
  return { parameters, metadata };
}

type Fail = (expected: string, got: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
    return fail('a JSON object as header', typeof header);
  } catch (error) {
    return fail('a JSON object as header', error instanceof Error ? error.message : String(error));
  }
}

function readMetadata(entry: unknown, fail: Fail): Record<string, string> {
  if (typeof entry !== 'object' || entry === null || Object.values(entry).some((v) => typeof v !== 'string')) {
    return fail('metadata of strings by name', 'something else');
  }
  return entry as Record<string, string>;
}

/** What of a value an error shows. */
function briefly(value: unknown): string {
  try {
    return String(JSON.stringify(value)).slice(0, 60);
  } catch {
    return typeof value;
  }
}

function readTensor(name: string, entry: unknown, data: DataView, fail: Fail): Parameter {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (dtype !== 'F32') fail(`tensor '${name}' with dtype F32`, String(dtype));
  const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount)) return fail(`tensor '${name}' with a shape`, briefly(shape));
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail(`tensor '${name}' with two data offsets`, briefly(offsets));
  }
  const [from, to] = offsets as [number, number];
  if (to > data.byteLength || to - from !== sizeOf(shape) * 4) {
    fail(`tensor '${name}' of shape [${shape}] within ${data.byteLength} bytes of data`, `offsets ${from} to ${to}`);
  }
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = data.getFloat32(from + i * 4, true);
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) fail(`tensor '${name}' with finite values`, `${values[bad]} at element ${bad}`);
  return { shape, values };
}

/** @throws Error if a tensor is missing, left over, or of another shape than expected. */
export function checkShapes(
  parameters: Parameters,
  expected: Readonly<Record<string, readonly number[]>>,
  where: string,
): void {
  for (const [name, shape] of Object.entries(expected)) {
    const got = parameters[name]?.shape;
    if (!got) throw new Error(`${where}: expected tensor '${name}' of shape [${shape}], got none`);
    if (got.join() !== shape.join())
      throw new Error(`${where}: expected tensor '${name}' of shape [${shape}], got [${got}]`);
  }
  const extra = Object.keys(parameters).find((name) => !(name in expected));
  if (extra) throw new Error(`${where}: expected only ${Object.keys(expected).join(', ')}, got '${extra}'`);
}

/** The tensor by that name. @param shape expected, if it is known. @throws Error if it is missing or of another shape. */
export function requiredTensor(
  parameters: Parameters,
  name: string,
  where: string,
  shape?: readonly number[],
): Parameter {
  const found = parameters[name];
  if (found && (!shape || found.shape.join() === shape.join())) return found;
  const [expected, got] = [shape ? ` of shape [${shape}]` : '', found ? `[${found.shape}]` : 'none'];
  throw new Error(`${where}: expected tensor '${name}'${expected}, got ${got}`);
}

/** The count by that name among a file's metadata. @throws Error if there is none. */
export function requiredCount(metadata: TensorFile['metadata'], name: string, where: string): number {
  const count = Number(metadata[name] ?? Number.NaN);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new Error(`${where}: expected a count as '${name}' in the metadata, got ${metadata[name] ?? 'none'}`);
}
