/** Pictures from files: depth, colour and masks as cameras and NumPy write them. */
import { decode } from 'fast-png';
import { InputError } from '../parse/input-error.ts';
import { decodeNpy } from './npy.ts';

/** A picture of one value a pixel. */
export interface Picture<T> {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly values: T;
}

/**
 * Depth from `.npy` (numbers with a fraction: metres; whole ones: units) or a 16-bit grey PNG (units).
 * @param scale metres a unit.
 * @returns metres; 0 = no return.
 * @throws InputError if it is neither.
 */
export function decodeDepth(bytes: Uint8Array, scale: number, where: string): Picture<Float32Array> {
  if (isPng(bytes)) {
    const { widthPx, heightPx, values, channels, bits } = decodePng(bytes, where);
    if (channels !== 1 || bits !== 16)
      throw new InputError(`${where}: expected a PNG of one channel of 16 bits, got ${channels} of ${bits}`);
    return { widthPx, heightPx, values: scaled(values, scale) };
  }
  const { shape, values } = decodeNpy(bytes, where);
  const [heightPx, widthPx] = sides(shape, [], where);
  const metres = values instanceof Float32Array || values instanceof Float64Array ? 1 : scale;
  return { widthPx, heightPx, values: scaled(values, metres) };
}

function scaled(values: ArrayLike<number>, scale: number): Float32Array {
  // as most cameras' programs send it: nothing to change
  if (values instanceof Float32Array && scale === 1) return values;
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] * scale;
  return out;
}

/**
 * Colour from a PNG or `.npy` of bytes, at the depth's size or a whole multiple of it.
 * @returns [height, width, 3] sRGB, 0..255, at the depth's size.
 * @throws InputError if it is neither, or of another shape.
 */
export function decodeColour(bytes: Uint8Array, depth: Picture<unknown>, where: string): Uint8Array {
  const picture = isPng(bytes) ? decodePng(bytes, where) : bytesOf(bytes, [3, 4], where);
  const { channels, bits } = picture;
  return resized(picture, depth, 3, where, (at, c) => {
    const value = picture.values[at * channels + (channels < 3 ? 0 : c)];
    return bits === 16 ? value >> 8 : value;
  });
}

/** A mask from a PNG or `.npy`: where any channel but alpha is not 0. @throws InputError as {@link decodeColour}. */
export function decodeMask(bytes: Uint8Array, depth: Picture<unknown>, where: string): Uint8Array {
  const picture = isPng(bytes) ? decodePng(bytes, where) : bytesOf(bytes, [], where);
  const shown = picture.channels - (picture.channels % 2 === 0 ? 1 : 0);
  return resized(picture, depth, 1, where, (at) => {
    for (let c = 0; c < shown; c++) if (picture.values[at * picture.channels + c] > 0) return 255;
    return 0;
  });
}

interface Decoded extends Picture<Uint8Array | Uint16Array> {
  readonly channels: number;
  readonly bits: number;
}

const isPng = (bytes: Uint8Array): boolean => bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e;

/** Largest picture that is decoded, pixels. */
const PIXELS_MAX = 64e6;

function decodePng(bytes: Uint8Array, where: string): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixels = bytes.length >= 24 ? view.getUint32(16) * view.getUint32(20) : 0;
  if (pixels === 0 || pixels > PIXELS_MAX)
    throw new InputError(
      `${where}: expected a PNG of at most ${PIXELS_MAX / 1e6} million pixels, got ${pixels} pixels`,
    );
  try {
    const { width, height, data, channels, depth, palette } = decode(bytes);
    if (palette) throw new Error('colours by index');
    return { widthPx: width, heightPx: height, values: data as Uint8Array | Uint16Array, channels, bits: depth };
  } catch (error) {
    throw new InputError(`${where}: expected a PNG, got: ${error instanceof Error ? error.message : error}`);
  }
}

function bytesOf(bytes: Uint8Array, channels: readonly number[], where: string): Decoded {
  const { shape, values } = decodeNpy(bytes, where);
  const [heightPx, widthPx, last] = sides(shape, channels, where);
  if (!(values instanceof Uint8Array)) throw new InputError(`${where}: expected bytes (uint8), got other numbers`);
  return { widthPx, heightPx, values, channels: last, bits: 8 };
}

/** Height, width and channels of an array. */
function sides(
  shape: readonly number[],
  channels: readonly number[],
  where: string,
): readonly [number, number, number] {
  const [height, width, last = 1] = shape;
  const fits = channels.length === 0 ? last === 1 && shape.length <= 3 : channels.includes(last) && shape.length === 3;
  if (shape.length >= 2 && fits) return [height, width, last];
  const wanted = channels.length === 0 ? '[height, width]' : `[height, width, ${channels.join(' or ')}]`;
  throw new InputError(`${where}: expected an array of ${wanted}, got [${shape}]`);
}

function resized(
  { widthPx, heightPx }: Decoded,
  to: Picture<unknown>,
  channels: number,
  where: string,
  valueAt: (pixel: number, channel: number) => number,
): Uint8Array {
  const factor = widthPx / to.widthPx;
  if (!Number.isInteger(factor) || heightPx !== factor * to.heightPx)
    throw new InputError(
      `${where}: expected ${to.widthPx} x ${to.heightPx} pixels as the depth has, or a whole multiple, got ${widthPx} x ${heightPx}`,
    );
  const out = new Uint8Array(to.widthPx * to.heightPx * channels);
  for (let v = 0, i = 0; v < to.heightPx; v++) {
    for (let u = 0; u < to.widthPx; u++, i++) {
      const at = v * factor * widthPx + u * factor;
      for (let c = 0; c < channels; c++) out[i * channels + c] = valueAt(at, c);
    }
  }
  return out;
}
