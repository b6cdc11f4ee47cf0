/**
 * Gradients of pooling on the wasm backend. tfjs 4.22 has both, and both are wrong: that of max pooling sends windows
 * whose inputs are all negative to the first pixel of the tensor, and that of average pooling counts the padding, which
 * the forward kernel does not.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Axis } from './kernels-conv.ts';
import type { Stock } from './kernels-stock.ts';

/** Receives one window: its upstream gradient's offset, and the rows and columns of x inside it (half-open). */
type Visit = (dyAt: number, image: number, rows: readonly [number, number], columns: readonly [number, number]) => void;

/**
 * Sends each output's gradient to the largest input of its window (the first in row-major order, where several are).
 * @param dy  [batch, out height, out width, channels]
 * @param x   [batch, height, width, channels]
 * @returns   [batch, height, width, channels]
 */
export function maxPoolGradient(stock: Stock, dy: TensorInfo, x: TensorInfo, rows: Axis, columns: Axis): TensorInfo {
  const channels = x.shape[3];
  const out = stock.zeros(x.shape);
  const [source, upstream, target] = [x, dy, out].map((info) => stock.view(info));
  eachWindow(x, rows, columns, (dyAt, image, [top, bottom], [left, right]) => {
    for (let channel = 0; channel < channels; channel++) {
      let best = -1;
      for (let row = top; row < bottom; row++) {
        const line = (image * rows.input + row) * columns.input;
        for (let column = left; column < right; column++) {
          const at = (line + column) * channels + channel;
          if (best < 0 || source[at] > source[best]) best = at;
        }
      }
      if (best >= 0) target[best] += upstream[dyAt + channel];
    }
  });
  return out;
}

/** Sends each output's gradient in equal parts to the inputs of its window. Shapes as in `maxPoolGradient`. */
export function averagePoolGradient(
  stock: Stock,
  dy: TensorInfo,
  x: TensorInfo,
  rows: Axis,
  columns: Axis,
): TensorInfo {
  const channels = x.shape[3];
  const out = stock.zeros(x.shape);
  const [upstream, target] = [dy, out].map((info) => stock.view(info));
  eachWindow(x, rows, columns, (dyAt, image, [top, bottom], [left, right]) => {
    const part = 1 / ((bottom - top) * (right - left));
    for (let row = top; row < bottom; row++) {
      const line = (image * rows.input + row) * columns.input;
      for (let column = left; column < right; column++) {
        const at = (line + column) * channels;
        for (let channel = 0; channel < channels; channel++) target[at + channel] += upstream[dyAt + channel] * part;
      }
    }
  });
  return out;
}

function eachWindow(x: TensorInfo, rows: Axis, columns: Axis, visit: Visit): void {
  const [batch, , , channels] = x.shape;
  const columnRanges = Array.from({ length: columns.output }, (_, c) => inputsOf(columns, c));
  let dyAt = 0;
  for (let image = 0; image < batch; image++) {
    for (let r = 0; r < rows.output; r++) {
      const rowRange = inputsOf(rows, r);
      for (const columnRange of columnRanges) {
        visit(dyAt, image, rowRange, columnRange);
        dyAt += channels;
      }
    }
  }
}

/** The half-open range of inputs in an output's window. */
function inputsOf({ input, taps, stride, padBefore }: Axis, output: number): [number, number] {
  const from = output * stride - padBefore;
  return [Math.max(0, from), Math.min(input, from + taps)];
}
