import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import {
  type Axis,
  convAxes,
  filterGradient,
  inputGradient,
  outputsInside,
} from '../../../agent/engine/kernels-conv.ts';
import { bindStock } from '../../../agent/engine/kernels-stock.ts';
import {
  convolution,
  expectClose,
  expectSameAsCpu,
  type Pad,
  random,
  type Shape,
} from '../../support/learner/gradients.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
});

const explicit = (...pad: number[]): Pad => [
  [0, 0],
  [pad[0], pad[1]],
  [pad[2], pad[3]],
  [0, 0],
];

describe('gradients of conv2d match the cpu backend', () => {
  const sizes: [number, number][] = [
    [7, 10],
    [8, 5],
  ];
  for (const [height, width] of sizes) {
    for (const stride of [1, 2]) {
      for (const pad of ['same', 'valid'] as const) {
        for (const taps of [1, 3, 5]) {
          it(`${taps} x ${taps} taps, stride ${stride}, ${pad}, ${height} x ${width}`, () =>
            expectSameAsCpu(tf, convolution(tf, stride, pad), [3, height, width, 7], [taps, taps, 7, 13]));
        }
      }
    }
  }

  const odd: [string, number | [number, number], Pad, Shape, Shape][] = [
    ['explicit padding, uneven', 1, explicit(2, 0, 1, 1), [2, 6, 7, 4], [3, 3, 4, 8]],
    ['explicit padding with stride', 2, explicit(2, 1, 0, 2), [2, 9, 8, 4], [3, 3, 4, 8]],
    ['padding as wide as the filter, with stride', 2, explicit(3, 3, 2, 3), [1, 6, 7, 4], [3, 3, 4, 4]],
    ['padding of a 1 x 1 filter', 1, explicit(1, 2, 0, 1), [2, 5, 4, 4], [1, 1, 4, 4]],
    ['different strides', [2, 1], 'same', [2, 9, 8, 3], [3, 3, 3, 5]],
    ['a stride longer than the filter', 3, 'valid', [2, 11, 10, 3], [2, 2, 3, 5]],
    ['an even filter with stride', 2, 'same', [2, 8, 12, 4], [4, 4, 4, 8]],
    ['a filter with an even, oblong shape', 2, 'same', [2, 9, 8, 3], [2, 4, 3, 5]],
    ['single channels', 1, 'same', [2, 6, 5, 1], [3, 3, 1, 1]],
    ['more pixels than a block', 1, 'same', [2, 40, 24, 8], [3, 3, 8, 12]],
    ['an output of one pixel', 1, 'valid', [2, 5, 5, 3], [5, 5, 3, 4]],
  ];
  it.each(odd)('%s', (_, stride, pad, x, filter) => expectSameAsCpu(tf, convolution(tf, stride, pad), x, filter));

  it('of a single image without a batch dimension', () =>
    expectSameAsCpu(
      tf,
      (x, filter) => tf.conv2d(x as Tensor3D, filter as Tensor4D, 2, 'same'),
      [7, 6, 3],
      [3, 3, 3, 4],
    ));

  it('and finite differences', () => {
    const x = random(tf, [2, 6, 5, 3], 1) as Tensor4D;
    const filter = random(tf, [3, 3, 3, 4], 2) as Tensor4D;
    const loss = (f: Tensor) => tf.mean(tf.square(tf.conv2d(x, f as Tensor4D, 2, 'same')));
    const gradient = tf.grad(loss)(filter).dataSync();
    for (const index of [0, 17, 50, 107]) {
      const at = (offset: number) => {
        const values = filter.dataSync();
        values[index] += offset;
        return loss(tf.tensor4d(values, filter.shape)).dataSync()[0];
      };
      expect((at(0.1) - at(-0.1)) / 0.2).toBeCloseTo(gradient[index], 3);
    }
  });
});

const CASES: readonly [number, Pad, Shape, Shape][] = [
  [1, 'same', [2, 7, 8, 5], [3, 3, 5, 6]],
  [2, 'same', [2, 7, 8, 5], [3, 3, 5, 6]],
  [2, 'valid', [2, 10, 8, 5], [3, 3, 5, 6]],
  [2, 'valid', [2, 10, 8, 5], [1, 1, 5, 6]],
  [1, 'same', [2, 7, 8, 5], [1, 1, 5, 6]],
  [1, explicit(2, 1, 0, 3), [2, 7, 8, 5], [5, 5, 5, 6]],
];

describe('without the SIMD routine', () => {
  it.each(CASES)('the gradients are the same: stride %i, %j, %j, %j', (strides, pad, xShape, filterShape) => {
    const stock = { ...bindStock(tf)(tf.backend()), outerProducts: undefined };
    const [x, filter] = [random(tf, xShape, 1), random(tf, filterShape, 2)];
    const f = convolution(tf, strides, pad);
    const dy = random(tf, f(x, filter).shape, 3);
    const wanted = tf.grads(f)([x, filter], dy);
    const [rows, columns] = convAxes(tf, xShape, filterShape, { strides, pad });
    const got = [inputGradient(stock, dy, filter, rows, columns), filterGradient(stock, x, dy, rows, columns)];
    got.forEach((info, i) => {
      expectClose(
        { shape: info.shape, data: stock.view(info) },
        { shape: wanted[i].shape, data: wanted[i].dataSync() },
      );
    });
    stock.free(...got);
  });
});

describe('the outputs of a tap', () => {
  it('are those at which it reads a pixel and not padding, for every size, stride and padding', () => {
    for (const input of [1, 2, 5, 8])
      for (const taps of [1, 2, 3])
        for (const stride of [1, 2, 3])
          for (const padBefore of [0, 1, 2]) {
            const output = Math.max(0, Math.floor((input + 2 * padBefore - taps) / stride) + 1);
            const axis: Axis = { input, output, taps, stride, padBefore };
            for (let tap = 0; tap < taps; tap++) {
              const inside = Array.from({ length: output }, (_, o) => o).filter((o) => {
                const at = o * stride + tap - padBefore;
                return at >= 0 && at < input;
              });
              const [from, to] = outputsInside(axis, tap);
              expect(Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)).toEqual(inside);
            }
          }
  });
});
