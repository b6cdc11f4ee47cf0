/** What the policy saw and made of it, out of the messages of a recording or of a live run. Nothing is taken on trust. */
import type { Camera } from '../../camera/camera.ts';
import { DEPTH_UNIT } from '../format.ts';
import type { Fields } from './decode.ts';
import { cameraPoseOf } from './motion.ts';
import type { StoredTrial } from './stored-trial.ts';

/** sRGB [height, width, 3]. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Metres [height, width] to a millimetre, 0 = no return. */
export interface DepthPicture {
  readonly width: number;
  readonly height: number;
  readonly depth: Float32Array;
}

/** Values [size, size] over the table, rows along world +Y; `cell` metres. */
export interface GridMap {
  readonly size: number;
  readonly cell: number;
  readonly values: Float32Array;
}

/** What there is of it. */
export interface Seen {
  readonly colour?: Picture;
  readonly depth?: DepthPicture;
  /** Heights above the table, metres. */
  readonly heightmap?: GridMap;
  /** Predicted chance of success 0..1: the best over all angles, and that of the chosen one. */
  readonly affordance?: GridMap;
  readonly affordanceAtAngle?: GridMap;
  /** As the policy believes it to be. */
  readonly camera?: Camera;
}

/** What the policy saw at a trial. @throws RecordingError if something of it is damaged. */
export function seenAt(trial: StoredTrial): Seen {
  const colour = trial.last('/camera/colour', pictureOf);
  const depth = trial.last('/camera/depth', depthOf);
  const heightmap = trial.last('/heightmap', gridOf);
  const affordance = trial.last('/affordance', gridOf);
  const affordanceAtAngle = trial.last('/affordance/angle', gridOf);
  const intrinsics = trial.last('/camera/calibration', intrinsicsOf);
  const pose = trial.last('/tf_static', cameraPoseOf);
  return {
    ...(colour && { colour }),
    ...(depth && { depth }),
    ...(heightmap && { heightmap }),
    ...(affordance && { affordance }),
    ...(affordanceAtAngle && { affordanceAtAngle }),
    ...(intrinsics && pose && { camera: { pose, intrinsics } }),
  };
}

const PIXELS_MAX = 4096;

/** The bytes of an image. @throws Error unless they are as many as its pixels. */
function imageBytes(what: string, image: Fields, encoding: string, perPixel: number): Picture {
  const { width, height, data } = image;
  const isSide = (pixels: unknown): pixels is number =>
    Number.isSafeInteger(pixels) && Number(pixels) >= 1 && Number(pixels) <= PIXELS_MAX;
  if (image.encoding !== encoding) throw new Error(`${what}: expected encoding ${encoding}, got ${image.encoding}`);
  if (!isSide(width) || !isSide(height))
    throw new Error(`${what}: expected 1 to ${PIXELS_MAX} pixels a side, got ${width} x ${height}`);
  const bytes = width * height * perPixel;
  if (!(data instanceof Uint8Array) || data.length !== bytes)
    throw new Error(`${what}: expected ${bytes} bytes, got ${data instanceof Uint8Array ? data.length : 'none'}`);
  return { width, height, rgb: data };
}

/** @throws Error unless it is a `foxglove.RawImage` in rgb8. */
export const pictureOf = (message: Fields): Picture => imageBytes('colour image', message, 'rgb8', 3);

/** @throws Error unless it is a `foxglove.RawImage` in 16UC1. */
export function depthOf(message: Fields): DepthPicture {
  const { width, height, rgb: data } = imageBytes('depth image', message, '16UC1', 2);
  const depth = new Float32Array(width * height);
  for (let i = 0; i < depth.length; i++) depth[i] = (data[2 * i] + 256 * data[2 * i + 1]) * DEPTH_UNIT;
  return { width, height, depth };
}

/** @throws Error unless it is a square `foxglove.Grid` of 32-bit floats. */
export function gridOf({ columnCount, cellSize, data }: Fields): GridMap {
  const size = Number(columnCount);
  if (!(size >= 1 && size <= PIXELS_MAX) || !(data instanceof Uint8Array) || data.length !== 4 * size * size)
    throw new Error(`grid: expected a square of floats, got ${(data as Uint8Array)?.length} bytes in ${size} columns`);
  const cell = (cellSize as { readonly x: number } | undefined)?.x ?? 0;
  if (!(cell > 0)) throw new Error(`grid: expected cells larger than 0, got ${cell}`);
  // a copy: floats need an aligned start
  return { size, cell, values: new Float32Array(data.slice().buffer) };
}

/** Those of a `foxglove.CameraCalibration`. @throws Error unless it has the nine numbers of K. */
function intrinsicsOf({ K, width, height }: Fields): Camera['intrinsics'] {
  const numbers = Array.isArray(K) ? (K as readonly unknown[]) : [];
  if (numbers.length !== 9 || !numbers.every((k): k is number => Number.isFinite(k)))
    throw new Error(`calibration: expected K of 9 numbers, got ${numbers.length}`);
  const [fx, , cx, , fy, cy] = numbers as readonly number[];
  return { widthPx: Number(width), heightPx: Number(height), fx, fy, cx, cy };
}
