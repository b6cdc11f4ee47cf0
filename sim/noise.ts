import type { Rng } from './rng.ts';

/** Noise of a depth camera. */
export type DepthNoise =
  | { readonly model: 'none' }
  | {
      /** Smooth additive error (a Gaussian field at quarter resolution), plus independent pixel error and missing pixels. */
      readonly model: 'gaussian-field';
      /** Standard deviation of the smooth field, metres. */
      readonly field: number;
      /** Standard deviation of the independent error, metres. */
      readonly pixel: number;
      /** Probability that a pixel gives no return; tripled on depth edges. */
      readonly dropout: number;
    };

/** Resolution of the field relative to the image, as in Dex-Net (Mahler et al., 2017). */
const FIELD_STEP = 4;
/** A jump in depth between neighbours that counts as an edge, metres. */
const EDGE = 0.015;

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
  if (noise.model === 'none') return depth.slice();
  const [fw, fh] = [Math.ceil(width / FIELD_STEP) + 1, Math.ceil(height / FIELD_STEP) + 1];
  const field = Float32Array.from({ length: fw * fh }, () => rng.normal() * noise.field);
  const out = new Float32Array(depth.length);
  for (let v = 0, i = 0; v < height; v++) {
    const [fy, y0] = [(v / FIELD_STEP) % 1, Math.floor(v / FIELD_STEP)];
    for (let u = 0; u < width; u++, i++) {
      // draw for every pixel, so that one pixel's noise does not depend on what others see
      const [error, chance] = [rng.normal() * noise.pixel, rng.next()];
      const z = depth[i];
      if (z <= 0) continue;
      const [fx, x0] = [(u / FIELD_STEP) % 1, Math.floor(u / FIELD_STEP)];
      const at = y0 * fw + x0;
      const top = field[at] * (1 - fx) + field[at + 1] * fx;
      const bottom = field[at + fw] * (1 - fx) + field[at + fw + 1] * fx;
      if (chance < noise.dropout * (onEdge(depth, width, height, u, v) ? 3 : 1)) continue;
      out[i] = Math.max(z + top * (1 - fy) + bottom * fy + error, 0.001);
    }
  }
  return out;
}

function onEdge(depth: Float32Array, width: number, height: number, u: number, v: number): boolean {
  const z = depth[v * width + u];
  const far = (du: number, dv: number): boolean => {
    const [x, y] = [u + du, v + dv];
    return x >= 0 && y >= 0 && x < width && y < height && Math.abs(depth[y * width + x] - z) > EDGE;
  };
  return far(1, 0) || far(-1, 0) || far(0, 1) || far(0, -1);
}
