/**
 * Gradients of dense convolutions on the wasm backend, composed of its fast forward kernels.
 *
 * With p = input index + leading padding, a convolution is y[o] = sum_k x[stride * o + k] f[k] in each dimension.
 * Both gradients are again convolutions: over x with dy as the filter, and over dy with the flipped filter
 * (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016).
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from './engine.ts';
import type { OuterProducts } from './kernels-simd.ts';
import { type ConvAttrs, FLOAT_BYTES, type Padding4, type Stock } from './kernels-stock.ts';

/** Pixels of dy in a block: with 64 channels, 64 KiB of each operand. */
const BLOCK_PIXELS = 256;

type Shape4 = [number, number, number, number];

/** Sizes of one spatial dimension of a convolution. */
export type Axis = {
  readonly input: number;
  readonly output: number;
  readonly taps: number;
  readonly stride: number;
  readonly padBefore: number;
};

/** The two spatial dimensions, [rows, columns], of the forward convolution that a gradient belongs to. */
export function convAxes(tf: Tf, xShape: number[], filterShape: number[], attrs: ConvAttrs, depthwise = false) {
  const { strides, pad, dimRoundingMode } = attrs;
  const info = tf.backend_util.computeConv2DInfo(
    xShape as Shape4,
    filterShape as Shape4,
    strides,
    1,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return axesOf(info);
}

/** [rows, columns] of a convolution's or a pooling's description. */
export function axesOf(info: ReturnType<Tf['backend_util']['computeConv2DInfo']>): readonly [Axis, Axis] {
  const rows: Axis = {
    input: info.inHeight,
    output: info.outHeight,
    taps: info.filterHeight,
    stride: info.strideHeight,
    padBefore: info.padInfo.top,
  };
  const columns: Axis = {
    input: info.inWidth,
    output: info.outWidth,
    taps: info.filterWidth,
    stride: info.strideWidth,
    padBefore: info.padInfo.left,
  };
  return [rows, columns];
}

/**
 * Gradient of a convolution with respect to its filter: for each tap, the sum over pixels of the outer products of x
 * and dy. Without graft's SIMD routine: x as [in, height, width, batch], convolved with dy as a filter
 * [out height, out width, batch, out], dilated by the stride.
 * @param x   [batch, height, width, in]
 * @param dy  [batch, out height, out width, out]
 * @returns   [filter height, filter width, in, out]
 */
export function filterGradient(stock: Stock, x: TensorInfo, dy: TensorInfo, rows: Axis, columns: Axis): TensorInfo {
  if (stock.outerProducts) return summedOuterProducts(stock, stock.outerProducts, x, dy, rows, columns);
  if (isPointwise(rows) && isPointwise(columns)) return pointwiseFilterGradient(stock, x, dy);
  const xByChannel = stock.transpose(x, [3, 1, 2, 0]);
  const dyAsFilter = stock.transpose(dy, [1, 2, 0, 3]);
  const pad: Padding4 = [[0, 0], tapPadding(rows), tapPadding(columns), [0, 0]];
  const byChannel = stock.conv2d(xByChannel, dyAsFilter, pad, [rows.stride, columns.stride]); // [in, >= taps, >= taps, out]
  stock.free(xByChannel, dyAsFilter);
  const gradient = channelsInside(stock, byChannel, rows.taps, columns.taps);
  stock.free(byChannel);
  return gradient;
}

/**
 * Gradient of a convolution with respect to its input. Each residue of the padded input index modulo the stride (a
 * phase) meets its own subset of taps, so each phase is one dense convolution over dy; the phases are then interleaved.
 * @param dy      [batch, out height, out width, out]
 * @param filter  [filter height, filter width, in, out]
 * @returns       [batch, height, width, in]
 */
export function inputGradient(stock: Stock, dy: TensorInfo, filter: TensorInfo, rows: Axis, columns: Axis): TensorInfo {
  const tile = (row: Phase, column: Phase): TensorInfo => {
    const flipped = flippedFilter(stock, filter, row, column);
    const cropped = croppedTo(stock, dy, row, column);
    const values = stock.conv2d(cropped, flipped, phasePadding(row, column));
    stock.free(flipped);
    if (cropped !== dy) stock.free(cropped);
    return values;
  };
  return interleavePhases(stock, [dy.shape[0], rows.input, columns.input, filter.shape[2]], rows, columns, tile);
}

/** One phase of one dimension: the input indices first, first + stride, ... and the taps that reach them. */
export type Phase = {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  /** Taps of the forward filter, in the order in which dy meets them (flipped). */
  readonly taps: readonly number[];
  /** Zero rows to add before and after dy; negative where rows of dy are not met. */
  readonly before: number;
  readonly after: number;
};

/** Splits one dimension into its phases; those that no input index or no tap belongs to are left out. */
function phasesOf({ input, output, taps, stride, padBefore }: Axis): Phase[] {
  const phases: Phase[] = [];
  for (let residue = 0; residue < stride; residue++) {
    const tapCount = Math.ceil((taps - residue) / stride);
    const low = Math.ceil((padBefore - residue) / stride);
    const high = Math.floor((padBefore + input - 1 - residue) / stride);
    if (tapCount < 1 || high < low) continue;
    phases.push({
      first: residue + stride * low - padBefore,
      count: high - low + 1,
      stride,
      taps: Array.from({ length: tapCount }, (_, j) => residue + stride * (tapCount - 1 - j)),
      before: tapCount - 1 - low,
      after: high - (output - 1),
    });
  }
  return phases;
}

/** Computes every pair of phases with `tile` and writes it where it belongs in a tensor of `shape`. */
export function interleavePhases(
  stock: Stock,
  shape: Shape4,
  rows: Axis,
  columns: Axis,
  tile: (row: Phase, column: Phase) => TensorInfo,
): TensorInfo {
  const rowPhases = phasesOf(rows);
  const columnPhases = phasesOf(columns);
  if (rows.stride === 1 && columns.stride === 1 && rowPhases.length && columnPhases.length) {
    return tile(rowPhases[0], columnPhases[0]);
  }
  const covered = rowPhases.length === rows.stride && columnPhases.length === columns.stride;
  const out = covered ? stock.make(shape) : stock.zeros(shape);
  for (const row of rowPhases) {
    for (const column of columnPhases) {
      const values = tile(row, column);
      scatterPhase(stock.view(values), stock.view(out), shape, row, column);
      stock.free(values);
    }
  }
  return out;
}

/** Zero padding that makes dy meet exactly the input indices of a pair of phases; see `croppedTo` for negative ones. */
export function phasePadding(row: Phase, column: Phase): Padding4 {
  const positive = ({ before, after }: Phase): [number, number] => [Math.max(0, before), Math.max(0, after)];
  return [[0, 0], positive(row), positive(column), [0, 0]];
}

/** Drops the rows and columns of dy which a pair of phases never meets; returns dy itself where it meets all. */
export function croppedTo(stock: Stock, dy: TensorInfo, row: Phase, column: Phase): TensorInfo {
  const cut = [row.before, row.after, column.before, column.after].map((pad) => Math.max(0, -pad));
  if (cut.every((size) => size === 0)) return dy;
  const [batch, height, width, channels] = dy.shape;
  const size = [batch, height - cut[0] - cut[1], width - cut[2] - cut[3], channels];
  return stock.slice(dy, [0, cut[0], cut[2], 0], size);
}

/** The half-open range of outputs whose given tap reads an element of x rather than padding. */
export function outputsInside({ input, output, stride, padBefore }: Axis, tap: number): [number, number] {
  const from = Math.max(0, Math.ceil((padBefore - tap) / stride));
  const to = Math.min(output, Math.floor((input - 1 + padBefore - tap) / stride) + 1);
  return [from, to];
}

/** Goes through dy in blocks of rows that stay in the processor's cache while every tap meets them. */
function summedOuterProducts(
  stock: Stock,
  outerProducts: OuterProducts,
  x: TensorInfo,
  dy: TensorInfo,
  rows: Axis,
  columns: Axis,
): TensorInfo {
  const xPixel = x.shape[3] * FLOAT_BYTES;
  const dyPixel = dy.shape[3] * FLOAT_BYTES;
  const out = stock.zeros([rows.taps, columns.taps, x.shape[3], dy.shape[3]]);
  const [xAt, dyAt, outAt] = [x, dy, out].map((info) => stock.address(info));
  const blockRows = Math.max(1, Math.floor(BLOCK_PIXELS / columns.output));
  const addTap = (image: number, block: number, row: number, column: number): void => {
    const [rowFrom, rowTo] = outputsInside(rows, row);
    const [from, to] = outputsInside(columns, column);
    const first = Math.max(block, rowFrom);
    const xRow = image * rows.input + first * rows.stride + row - rows.padBefore;
    const xFirst = xRow * columns.input + from * columns.stride + column - columns.padBefore;
    const dyFirst = (image * rows.output + first) * columns.output + from;
    outerProducts(
      { at: xAt + xFirst * xPixel, step: columns.stride * xPixel, line: rows.stride * columns.input * xPixel },
      { at: dyAt + dyFirst * dyPixel, step: dyPixel, line: columns.output * dyPixel },
      to - from,
      Math.min(block + blockRows, rowTo) - first,
      outAt + (row * columns.taps + column) * x.shape[3] * dyPixel,
      x.shape[3],
      dy.shape[3],
    );
  };
  for (let image = 0; image < x.shape[0]; image++) {
    for (let block = 0; block < rows.output; block += blockRows) {
      for (let row = 0; row < rows.taps; row++) {
        for (let column = 0; column < columns.taps; column++) addTap(image, block, row, column);
      }
    }
  }
  return out;
}

function isPointwise({ taps, stride, padBefore, input, output }: Axis): boolean {
  return taps === 1 && stride === 1 && padBefore === 0 && input === output;
}

/** The filter gradient of a 1 x 1 convolution is one matrix product over all pixels. */
function pointwiseFilterGradient(stock: Stock, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const inChannels = x.shape[3];
  const outChannels = dy.shape[3];
  const pixels = x.shape[0] * x.shape[1] * x.shape[2];
  const xByChannel = stock.transpose({ ...x, shape: [pixels, inChannels] }, [1, 0]);
  const gradient = stock.matMul(xByChannel, { ...dy, shape: [pixels, outChannels] });
  stock.free(xByChannel);
  gradient.shape = [1, 1, inChannels, outChannels];
  return gradient;
}

/** Padding of x under which a convolution with dy yields one value per tap (or more, where a stride leaves rows over). */
function tapPadding({ input, output, taps, stride, padBefore }: Axis): [number, number] {
  return [padBefore, Math.max(0, stride * (output - 1) + taps - padBefore - input)];
}

/** [in, >= height, >= width, out] to [height, width, in, out]. */
function channelsInside(stock: Stock, byChannel: TensorInfo, height: number, width: number): TensorInfo {
  const [inChannels, tileHeight, tileWidth, outChannels] = byChannel.shape;
  const out = stock.make([height, width, inChannels, outChannels]);
  const source = stock.view(byChannel);
  const target = stock.view(out);
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < inChannels; channel++) {
        const from = ((channel * tileHeight + row) * tileWidth + column) * outChannels;
        for (let o = 0; o < outChannels; o++) target[to++] = source[from + o];
      }
    }
  }
  return out;
}

/** The taps of a pair of phases, flipped, as a filter from out to in channels: [row taps, column taps, out, in]. */
function flippedFilter(stock: Stock, filter: TensorInfo, row: Phase, column: Phase): TensorInfo {
  const [, width, inChannels, outChannels] = filter.shape;
  const out = stock.make([row.taps.length, column.taps.length, outChannels, inChannels]);
  const source = stock.view(filter);
  const target = stock.view(out);
  let to = 0;
  for (const rowTap of row.taps) {
    for (const columnTap of column.taps) {
      const from = (rowTap * width + columnTap) * inChannels * outChannels;
      for (let o = 0; o < outChannels; o++) {
        for (let i = 0; i < inChannels; i++) target[to++] = source[from + i * outChannels + o];
      }
    }
  }
  return out;
}

function scatterPhase(source: Float32Array, target: Float32Array, shape: Shape4, row: Phase, column: Phase): void {
  const [batch, height, width, channels] = shape;
  let from = 0;
  for (let image = 0; image < batch; image++) {
    for (let r = 0; r < row.count; r++) {
      const line = (image * height + row.first + r * row.stride) * width;
      for (let c = 0; c < column.count; c++) {
        const to = (line + column.first + c * column.stride) * channels;
        for (let channel = 0; channel < channels; channel++) target[to + channel] = source[from++];
      }
    }
  }
}
