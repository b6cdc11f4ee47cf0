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

/** Four cells of a tap's grid and their weights: filled anew for each point, for an image has thousands of them. */
const corner = { cells: new Int32Array(4), weights: new Float64Array(4) };

/** Sets {@link corner} to the cells and weights of bilinear interpolation at (col, row) on a tap's grid, clamped to the grid. */
function setCorner(col: number, row: number, { stride, shift }: Tap, rows: number, cols: number): void {
  const { cells, weights } = corner;
  const w = cols / stride;
  const h = rows / stride;
  const x = Math.min(Math.max((col - shift) / stride - 0.5, 0), w - 1);
  const y = Math.min(Math.max((row - shift) / stride - 0.5, 0), h - 1);
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const x1 = Math.min(x0 + 1, w - 1);
  const y1 = Math.min(y0 + 1, h - 1);
  const fx = x - x0;
  const fy = y - y0;
  cells[0] = y0 * w + x0;
  cells[1] = y0 * w + x1;
  cells[2] = y1 * w + x0;
  cells[3] = y1 * w + x1;
  weights[0] = (1 - fx) * (1 - fy);
  weights[1] = fx * (1 - fy);
  weights[2] = (1 - fx) * fy;
  weights[3] = fx * fy;
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
  const { cells: near, weights } = corner;
  let at = offset;
  for (let t = 0; t < taps.length; t++) {
    const { stride, channels } = taps[t];
    const values = arrays[t];
    const base = batch * (rows / stride) * (cols / stride) * channels;
    for (let l = 0; l < LOOKS.length; l++) {
      setCorner(col + LOOKS[l], row, taps[t], rows, cols);
      const w0 = weights[0];
      const w1 = weights[1];
      const w2 = weights[2];
      const w3 = weights[3];
      const a = base + near[0] * channels;
      const b = base + near[1] * channels;
      const c = base + near[2] * channels;
      const d = base + near[3] * channels;
      for (let k = 0; k < channels; k++) {
        out[at++] = w0 * values[a + k] + w1 * values[b + k] + w2 * values[c + k] + w3 * values[d + k];
      }
    }
  }
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
          setCorner(col + look, row, tap, rows, cols);
          for (let i = 0; i < 4; i++) matrix[line + corner.cells[i]] += corner.weights[i];
        });
      });
    });
    return matrix;
  });
}
