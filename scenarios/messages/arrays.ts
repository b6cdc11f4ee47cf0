/** Arrays in JSON messages: base64 of little-endian numbers, with a shape. */

/** An array as a message holds it; row-major, outermost dimension first. */
export interface EncodedArray {
  readonly dtype: 'float32' | 'uint8';
  readonly shape: readonly number[];
  /** Base64 of the numbers, little-endian. */
  readonly data: string;
}

/** Encodes numbers. @throws RangeError if the shape is not theirs. */
export function encodeArray(values: Float32Array | Uint8Array, shape: readonly number[]): EncodedArray {
  const count = shape.reduce((a, b) => a * b, 1);
  if (count !== values.length)
    throw new RangeError(`array: expected ${count} numbers for shape [${shape.join(', ')}], got ${values.length}`);
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: values instanceof Uint8Array ? 'uint8' : 'float32', shape, data: bytes.toString('base64') };
}

/** The numbers of a message's array. @throws RangeError if they are not as many as its shape says. */
export function decodeArray({ dtype, shape, data }: EncodedArray): Float32Array | Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  const size = dtype === 'uint8' ? 1 : 4;
  const count = shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== count * size)
    throw new RangeError(
      `array: expected ${count * size} bytes for shape [${shape.join(', ')}] of ${dtype}, got ${bytes.length}`,
    );
  return dtype === 'uint8' ? bytes : new Float32Array(bytes.buffer);
}
