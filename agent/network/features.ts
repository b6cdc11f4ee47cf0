/** Features of a grasp: what the head reads of the maps that a trunk makes. */
import type { Tap, TapArrays } from './trunk.ts';

/**
 * Where the head looks, in cells along the closing axis from the grasp point: the middle, and where each finger comes down
 * (48 mm out at 4 mm a cell, just outside an open 80 mm hand).
 */
export const LOOKS = [0, -12, 12] as const;

/** Length of a grasp's feature vector: every tap at every look. */
export const featureLength = (taps: readonly Tap[]): number =>
  LOOKS.length * taps.reduce((n, { channels }) => n + channels, 0);

/** Cells and weights of bilinear interpolation at (col, row) on a tap's grid, clamped to the grid. */
function corners(
  col: number,
  row: number,
  { stride, shift }: Tap,
  rows: number,
  cols: number,
): readonly [number, number][] {
  const [w, h] = [cols / stride, rows / stride];
  const x = Math.min(Math.max((col - shift) / stride - 0.5, 0), w - 1);
  const y = Math.min(Math.max((row - shift) / stride - 0.5, 0), h - 1);
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const [x1, y1] = [Math.min(x0 + 1, w - 1), Math.min(y0 + 1, h - 1)];
  const [fx, fy] = [x - x0, y - y0];
  return [
    [y0 * w + x0, (1 - fx) * (1 - fy)],
    [y0 * w + x1, fx * (1 - fy)],
    [y1 * w + x0, (1 - fx) * fy],
    [y1 * w + x1, fx * fy],
  ];
}

/**
 * The feature vector of a grasp at (col, row) of window `batch`, written into `out` at `offset`. Interpolating the taps at
 * one point and applying the head is the same as upsampling the maps and applying the head as a 1 x 1 convolution: the head
 * is fully convolutional, evaluated only where there is something to grasp.
 */
export function writeFeatures(
  taps: readonly Tap[],
  { rows, cols, values: arrays }: TapArrays,
  batch: number,
  col: number,
  row: number,
  out: Float32Array,
  offset: number,
): void {
  let at = offset;
  taps.forEach((tap, t) => {
    const { stride, channels } = tap;
    const cells = (rows / stride) * (cols / stride);
    const values = arrays[t];
    const base = batch * cells * channels;
    for (const look of LOOKS) {
      const [[i0, w0], [i1, w1], [i2, w2], [i3, w3]] = corners(col + look, row, tap, rows, cols);
      const [a, b, c, d] = [base + i0 * channels, base + i1 * channels, base + i2 * channels, base + i3 * channels];
      for (let k = 0; k < channels; k++) {
        out[at++] = w0 * values[a + k] + w1 * values[b + k] + w2 * values[c + k] + w3 * values[d + k];
      }
    }
  });
}

/**
 * The same interpolation as matrices, for training through it: for each tap, [batch, points * looks, cells] such that
 * matrix * tap (as [batch, cells, channels]) gives the features at every look of every point.
 * @param points [batch][points] of [col, row].
 */
export function samplingMatrices(
  taps: readonly Tap[],
  points: readonly (readonly (readonly [number, number])[])[],
  rows: number,
  cols: number,
): Float32Array[] {
  return taps.map((tap) => {
    const cells = (rows / tap.stride) * (cols / tap.stride);
    const perItem = points[0].length * LOOKS.length;
    const matrix = new Float32Array(points.length * perItem * cells);
    points.forEach((list, b) => {
      list.forEach(([col, row], p) => {
        LOOKS.forEach((look, l) => {
          const line = (b * perItem + p * LOOKS.length + l) * cells;
          for (const [cell, weight] of corners(col + look, row, tap, rows, cols)) matrix[line + cell] += weight;
        });
      });
    });
    return matrix;
  });
}
