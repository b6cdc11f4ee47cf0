import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { expectAdjoint, expectSameAsCpu, type Shape } from '../../support/learner/gradients.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
});

describe('gradients of pooling', () => {
  it.each<[string, (x: Tensor) => Tensor, Shape]>([
    ['maxPool', (x) => tf.maxPool(x as Tensor4D, 2, 2, 'same'), [2, 7, 8, 3]],
    ['maxPool, overlapping windows', (x) => tf.maxPool(x as Tensor4D, [3, 2], 1, 'valid'), [2, 7, 8, 3]],
    ['avgPool', (x) => tf.avgPool(x as Tensor4D, 2, 2, 'valid'), [2, 7, 8, 3]],
    ['avgPool with padding', (x) => tf.avgPool(x as Tensor4D, 3, 2, 'same'), [2, 7, 8, 3]],
  ])('are the adjoint of the forward kernel, where the cpu backend is no reference: %s', (_, f, shape) =>
    expectAdjoint(tf, f, shape),
  );

  it('match the cpu backend under activations', () =>
    expectSameAsCpu(tf, (x) => tf.elu(tf.leakyRelu(tf.maxPool(x as Tensor4D, 3, 2, 'same'))), [2, 8, 7, 3]));

  it('go to the largest input of each window, the first of several, also where all are negative', () => {
    const x = tf.tensor4d([-4, -1, -3, -3, -2, -1, -9, -3], [1, 2, 4, 1]);
    const gradient = tf.grad((v) => tf.maxPool(v as Tensor4D, 2, 2, 'valid'))(x, tf.tensor4d([10, 20], [1, 1, 2, 1]));
    expect([...gradient.dataSync()]).toEqual([0, 10, 20, 0, 0, 0, 0, 0]);
  });

  it('are shared out equally over the inputs that an average has, padding left out', () => {
    const x = tf.zeros([1, 2, 3, 1]) as Tensor4D;
    const gradient = tf.grad((v) => tf.avgPool(v as Tensor4D, 2, 2, 'same'))(x, tf.tensor4d([4, 6], [1, 1, 2, 1]));
    expect([...gradient.dataSync()]).toEqual([1, 1, 3, 1, 1, 3]);
  });
});
