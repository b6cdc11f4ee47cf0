/** Gradient of bilinear resizing on the wasm backend; its own kernel is scalar, and ignores half-pixel centres. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { OuterProducts } from './kernels-simd.ts';
import { FLOAT_BYTES, type Stock } from './kernels-stock.ts';

export type ResizeAttrs = { readonly alignCorners: boolean; readonly halfPixelCenters: boolean };

/** What one input index contributes to: outputs first, first + 1, ... with these weights. */
type Footprint = { readonly first: number; readonly weights: readonly number[] };

/**
 * Sends dy back to the pixels it was interpolated from, first along rows, then along columns: resizing is linear and
 * separable, so its gradient is its transpose.
 * @param dy      [batch, out height, out width, channels]
 * @param images  [batch, height, width, channels]; only the shape is used
 * @returns       [batch, height, width, channels]
 */
export function resizeGradient(
  stock: Stock,
  outerProducts: OuterProducts,
  dy: TensorInfo,
  images: TensorInfo,
  attrs: ResizeAttrs,
): TensorInfo {
  const [batch, height, width, channels] = images.shape;
  const [, outHeight, outWidth] = dy.shape;
  const lines = stock.zeros([batch, height, outWidth, channels]);
  gatherAxis(stock, outerProducts, dy, lines, batch, outWidth * channels, footprints(height, outHeight, attrs));
  const out = stock.zeros(images.shape);
  gatherAxis(stock, outerProducts, lines, out, batch * height, channels, footprints(width, outWidth, attrs));
  stock.free(lines);
  return out;
}

/** target[o, i, :] += sum of weights x source[o, outputs of i, :], rows of `size` values. */
function gatherAxis(
  stock: Stock,
  outerProducts: OuterProducts,
  source: TensorInfo,
  target: TensorInfo,
  outer: number,
  size: number,
  inputs: readonly Footprint[],
): void {
  const flat = inputs.flatMap(({ weights }) => weights);
  const table = stock.make([flat.length]);
  stock.view(table).set(flat);
  const row = size * FLOAT_BYTES;
  const outputs = source.shape.reduce((product, length) => product * length, 1) / (outer * size);
  for (let o = 0; o < outer; o++) {
    let weightsAt = stock.address(table);
    inputs.forEach(({ first, weights }, i) => {
      const a = { at: weightsAt, step: FLOAT_BYTES, line: 0 };
      const b = { at: stock.address(source) + (o * outputs + first) * row, step: row, line: 0 };
      outerProducts(a, b, weights.length, 1, stock.address(target) + (o * inputs.length + i) * row, 1, size);
      weightsAt += weights.length * FLOAT_BYTES;
    });
  }
  stock.free(table);
}

/** The transpose of one dimension's interpolation weights, by input index. */
function footprints(input: number, output: number, { alignCorners, halfPixelCenters }: ResizeAttrs): Footprint[] {
  const corners = alignCorners && output > 1 ? 1 : 0;
  const scale = (input - corners) / (output - corners);
  const byInput = Array.from({ length: input }, () => ({ first: 0, weights: [] as number[] }));
  const add = (i: number, o: number, weight: number): void => {
    const { first, weights } = byInput[i];
    if (weights.length === 0) byInput[i].first = o;
    const at = weights.length === 0 ? 0 : o - first;
    weights[at] = (weights[at] ?? 0) + weight;
  };
  for (let o = 0; o < output; o++) {
    const position = halfPixelCenters ? (o + 0.5) * scale - 0.5 : o * scale;
    const low = Math.max(0, Math.floor(position));
    const high = Math.min(input - 1, Math.ceil(position));
    add(low, o, 1 - (position - low));
    add(high, o, position - low);
  }
  return byInput;
}
