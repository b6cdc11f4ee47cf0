/** Gradients of depthwise convolutions on the wasm backend; it has neither of the two. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Axis, croppedTo, interleavePhases, outputsInside, type Phase, phasePadding } from './kernels-conv.ts';
import type { Stock } from './kernels-stock.ts';

/**
 * Gradient of a depthwise convolution with respect to its input: depthwise convolutions of dy, one per phase of the
 * stride, with the flipped taps; then the sum over each input channel's multiples.
 * @param dy      [batch, out height, out width, channels * multiplier]
 * @param filter  [filter height, filter width, channels, multiplier]
 * @returns       [batch, height, width, channels]
 */
export function depthwiseInputGradient(
  stock: Stock,
  dy: TensorInfo,
  filter: TensorInfo,
  rows: Axis,
  columns: Axis,
): TensorInfo {
  const [, , channels, multiplier] = filter.shape;
  const tile = (row: Phase, column: Phase): TensorInfo => {
    const flipped = flippedTaps(stock, filter, row, column);
    const cropped = croppedTo(stock, dy, row, column);
    const values = stock.depthwise(cropped, flipped, phasePadding(row, column));
    stock.free(flipped);
    if (cropped !== dy) stock.free(cropped);
    return values;
  };
  const shape: [number, number, number, number] = [dy.shape[0], rows.input, columns.input, channels * multiplier];
  const wide = interleavePhases(stock, shape, rows, columns, tile);
  if (multiplier === 1) return wide;
  const out = stock.make([dy.shape[0], rows.input, columns.input, channels]);
  sumGroups(stock.view(wide), stock.view(out), multiplier);
  stock.free(wide);
  return out;
}

/**
 * Gradient of a depthwise convolution with respect to its filter.
 * @param x   [batch, height, width, channels]
 * @param dy  [batch, out height, out width, channels * multiplier]
 * @returns   [filter height, filter width, channels, multiplier]
 */
export function depthwiseFilterGradient(
  stock: Stock,
  x: TensorInfo,
  dy: TensorInfo,
  rows: Axis,
  columns: Axis,
): TensorInfo {
  const channels = x.shape[3];
  const multiplier = dy.shape[3] / channels;
  const out = stock.make([rows.taps, columns.taps, channels, multiplier]);
  const source = stock.view(x);
  const upstream = stock.view(dy);
  const gradient = stock.view(out);
  const sums = new Float64Array(channels * multiplier);
  for (let row = 0; row < rows.taps; row++) {
    for (let column = 0; column < columns.taps; column++) {
      sums.fill(0);
      correlate(source, upstream, sums, { batch: x.shape[0], rows, columns, channels, multiplier, row, column });
      gradient.set(sums, (row * columns.taps + column) * sums.length);
    }
  }
  return out;
}

type Tap = {
  readonly batch: number;
  readonly rows: Axis;
  readonly columns: Axis;
  readonly channels: number;
  readonly multiplier: number;
  readonly row: number;
  readonly column: number;
};

/** Adds x * dy over every output position at which one tap lies inside x. */
function correlate(x: Float32Array, dy: Float32Array, sums: Float64Array, tap: Tap): void {
  const { batch, rows, columns, channels, multiplier } = tap;
  const [rowFrom, rowTo] = outputsInside(rows, tap.row);
  const [columnFrom, columnTo] = outputsInside(columns, tap.column);
  for (let image = 0; image < batch; image++) {
    for (let r = rowFrom; r < rowTo; r++) {
      const xLine = (image * rows.input + r * rows.stride + tap.row - rows.padBefore) * columns.input;
      const dyLine = (image * rows.output + r) * columns.output;
      for (let c = columnFrom; c < columnTo; c++) {
        const xAt = (xLine + c * columns.stride + tap.column - columns.padBefore) * channels;
        const dyAt = (dyLine + c) * channels * multiplier;
        if (multiplier === 1) {
          for (let i = 0; i < channels; i++) sums[i] += x[xAt + i] * dy[dyAt + i];
        } else {
          for (let i = 0; i < sums.length; i++) sums[i] += x[xAt + Math.floor(i / multiplier)] * dy[dyAt + i];
        }
      }
    }
  }
}

/** The taps of a pair of phases, flipped: [row taps, column taps, channels * multiplier, 1]. */
function flippedTaps(stock: Stock, filter: TensorInfo, row: Phase, column: Phase): TensorInfo {
  const [, width, channels, multiplier] = filter.shape;
  const block = channels * multiplier;
  const out = stock.make([row.taps.length, column.taps.length, block, 1]);
  const source = stock.view(filter);
  const target = stock.view(out);
  let to = 0;
  for (const rowTap of row.taps) {
    for (const columnTap of column.taps) {
      const from = (rowTap * width + columnTap) * block;
      target.set(source.subarray(from, from + block), to);
      to += block;
    }
  }
  return out;
}

function sumGroups(source: Float32Array, target: Float32Array, size: number): void {
  for (let i = 0; i < target.length; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += source[i * size + j];
    target[i] = sum;
  }
}
