/** Depth noise: models of the errors of depth cameras. */
import { pow } from '../math/exponential.ts';
import type { Rng } from '../math/rng.ts';

/**
 * Noise of a depth camera. Lengths in metres.
 * - `gaussian-field`: a smooth additive error (Gaussian field at quarter resolution), independent pixel error, missing pixels.
 * - `gamma-gp`: one multiplicative gamma factor for the whole image (shape `shape`, mean 1) and a Gaussian process at quarter
 *   resolution (Dex-Net 2.0, Mahler et al., 2017; GIGA, Jiang et al., 2021: shape 1000, 5 mm).
 * - `stereo`: axial error growing with the square of depth (Nguyen et al., 2012), no return on edges, and round holes.
 * - `quantised`: depth in whole steps, as a sensor with few bits delivers it.
 */
export type DepthNoise =
  | { readonly model: 'none' }
  | {
      readonly model: 'gaussian-field';
      /** Standard deviation of the smooth field. */
      readonly field: number;
      /** Standard deviation of the independent error. */
      readonly pixel: number;
      /** Probability that a pixel gives no return; tripled on depth edges. */
      readonly dropout: number;
    }
  | { readonly model: 'gamma-gp'; readonly shape: number; readonly field: number }
  | {
      readonly model: 'stereo';
      /** Standard deviation at 1 m; grows with depth squared. */
      readonly axial: number;
      /** Probability that a pixel on a depth edge gives no return. */
      readonly edgeDropout: number;
      /** Round holes in the image, and their largest radius in pixels. */
      readonly holes: number;
      readonly holeRadiusPx: number;
    }
  | { readonly model: 'quantised'; readonly step: number };

/** Resolution of a smooth field relative to the image, as in Dex-Net (Mahler et al., 2017). */
const FIELD_STEP = 4;
/** A jump in depth between neighbours that counts as an edge. */
const EDGE = 0.015;

/** An image with its size; depth in metres, 0 = no return. */
interface Image {
  readonly depth: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * A noisy copy of a depth image.
 * @param depth [height, width] metres, 0 = no return. Not changed.
 */
export function addDepthNoise(
  depth: Float32Array,
  width: number,
  height: number,
  noise: DepthNoise,
  rng: Rng,
): Float32Array {
  const image: Image = { depth, width, height };
  switch (noise.model) {
    case 'none':
      return depth.slice();
    case 'gaussian-field':
      return gaussianField(image, noise, rng);
    case 'gamma-gp':
      return gammaProcess(image, noise, rng);
    case 'stereo':
      return stereo(image, noise, rng);
    case 'quantised':
      return depth.map((z) => Math.round(z / noise.step) * noise.step);
    default:
      return noise satisfies never;
  }
}

/** Whether a noise model shifts the whole image, so that the table must be found again in the data. */
export const movesTable = ({ model }: DepthNoise): boolean =>
  model === 'gamma-gp' || model === 'stereo' || model === 'quantised';

/** A smooth Gaussian field over the image, bilinear between knots. */
interface SmoothField {
  readonly knots: Float32Array;
  /** Knots a row. */
  readonly columns: number;
}

function smoothField(width: number, height: number, deviation: number, rng: Rng): SmoothField {
  const [columns, rows] = [Math.ceil(width / FIELD_STEP) + 1, Math.ceil(height / FIELD_STEP) + 1];
  const knots = new Float32Array(columns * rows);
  for (let i = 0; i < knots.length; i++) knots[i] = rng.normal() * deviation;
  return { knots, columns };
}

/** The field at every pixel of one row after the other, from the first: along x it is interpolated once a row of knots. */
function fieldRows({ knots, columns }: SmoothField, width: number): (v: number) => Float64Array {
  const along = (y: number, row: Float64Array): Float64Array => {
    for (let u = 0; u < width; u++) {
      const x = Math.floor(u / FIELD_STEP);
      const share = u / FIELD_STEP - x;
      row[u] = knots[y * columns + x] * (1 - share) + knots[y * columns + x + 1] * share;
    }
    return row;
  };
  const field = new Float64Array(width);
  let top: Float64Array = new Float64Array(width);
  let bottom = along(0, new Float64Array(width));
  return (v) => {
    const y = Math.floor(v / FIELD_STEP);
    const share = v / FIELD_STEP - y;
    if (share === 0) [top, bottom] = [bottom, along(y + 1, top)];
    for (let u = 0; u < width; u++) field[u] = top[u] * (1 - share) + bottom[u] * share;
    return field;
  };
}

function gaussianField(image: Image, noise: DepthNoise & { model: 'gaussian-field' }, rng: Rng): Float32Array {
  const { depth, width, height } = image;
  const rows = fieldRows(smoothField(width, height, noise.field, rng), width);
  const { pixel, dropout } = noise;
  const out = new Float32Array(depth.length);
  for (let v = 0, i = 0; v < height; v++) {
    const field = rows(v);
    for (let u = 0; u < width; u++, i++) {
      // draw for every pixel, so that one pixel's noise does not depend on what others see
      const error = rng.normal() * pixel;
      const chance = rng.next();
      if (depth[i] <= 0) continue;
      if (chance < dropout || (chance < 3 * dropout && onEdge(image, u, v))) continue;
      out[i] = Math.max(depth[i] + field[u] + error, 0.001);
    }
  }
  return out;
}

/** A gamma variate of a large shape with mean 1 (Wilson-Hilferty; its error is below 1e-3 for shapes over 100). */
function gammaFactor(shape: number, rng: Rng): number {
  const c = 1 / (9 * shape);
  return pow(1 - c + rng.normal() * Math.sqrt(c), 3);
}

function gammaProcess(
  { depth, width, height }: Image,
  noise: DepthNoise & { model: 'gamma-gp' },
  rng: Rng,
): Float32Array {
  const factor = gammaFactor(noise.shape, rng);
  const rows = fieldRows(smoothField(width, height, noise.field, rng), width);
  const out = new Float32Array(depth.length);
  for (let v = 0, i = 0; v < height; v++) {
    const field = rows(v);
    for (let u = 0; u < width; u++, i++) if (depth[i] > 0) out[i] = Math.max(depth[i] * factor + field[u], 0.001);
  }
  return out;
}

function stereo({ depth, width, height }: Image, noise: DepthNoise & { model: 'stereo' }, rng: Rng): Float32Array {
  const out = new Float32Array(depth.length);
  for (let v = 0, i = 0; v < height; v++) {
    for (let u = 0; u < width; u++, i++) {
      const [error, chance] = [rng.normal() * noise.axial * depth[i] ** 2, rng.next()];
      const lost = chance < noise.edgeDropout && onEdge({ depth, width, height }, u, v);
      if (depth[i] > 0 && !lost) out[i] = Math.max(depth[i] + error, 0.001);
    }
  }
  for (let k = 0; k < noise.holes; k++) punch(out, width, height, rng, noise.holeRadiusPx);
  return out;
}

/** A round hole at a random place. */
function punch(depth: Float32Array, width: number, height: number, rng: Rng, largest: number): void {
  const [cu, cv, radius] = [rng.int(width), rng.int(height), rng.range(0.5, largest)];
  for (let v = Math.max(Math.ceil(cv - radius), 0); v <= Math.min(cv + radius, height - 1); v++) {
    for (let u = Math.max(Math.ceil(cu - radius), 0); u <= Math.min(cu + radius, width - 1); u++) {
      if ((u - cu) ** 2 + (v - cv) ** 2 <= radius ** 2) depth[v * width + u] = 0;
    }
  }
}

/** Called for many pixels: no function of its own inside, which would be made anew each time. */
function onEdge({ depth, width, height }: Image, u: number, v: number): boolean {
  const at = v * width + u;
  const z = depth[at];
  return (
    (u + 1 < width && Math.abs(depth[at + 1] - z) > EDGE) ||
    (u > 0 && Math.abs(depth[at - 1] - z) > EDGE) ||
    (v + 1 < height && Math.abs(depth[at + width] - z) > EDGE) ||
    (v > 0 && Math.abs(depth[at - width] - z) > EDGE)
  );
}
