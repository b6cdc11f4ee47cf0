import type { Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { bindStock } from '../../../agent/engine/kernels-stock.ts';
import { isLeadingSum, sumLeading } from '../../../agent/engine/kernels-sum.ts';
import { expectClose, expectSameAsCpu, random } from '../../support/learner/gradients.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
});

describe('sums', () => {
  it('over leading dimensions, such as the gradient of a bias, match the cpu backend', () =>
    expectSameAsCpu(tf, (x, bias) => tf.relu(tf.add(x, bias)), [3, 20, 11, 7], [7]));

  it('that keep their dimensions match the cpu backend', () =>
    expectSameAsCpu(tf, (x) => tf.sum(x, [0, 1], true), [5, 6, 7]));

  it.each([1, 255, 256, 257, 1000])('of %d rows are the same with and without the SIMD routine', (rows) => {
    const x = random(tf, [rows, 1, 5], 1) as Tensor3D;
    const wanted = tf.sum(x, [0, 1]);
    const bound = bindStock(tf)(tf.backend());
    for (const stock of [bound, { ...bound, outerProducts: undefined }]) {
      const sum = sumLeading(stock, x, 2);
      expectClose({ shape: sum.shape, data: stock.view(sum) }, { shape: wanted.shape, data: wanted.dataSync() });
      stock.free(sum);
    }
  });

  it('of many equal numbers lose next to no digits: 100,000 tenths', () => {
    const sum = tf.sum(tf.fill([100_000, 2], 0.1), 0).dataSync();
    expect(Math.abs(sum[0] / (100_000 * Math.fround(0.1)) - 1)).toBeLessThan(1e-5);
  });

  it('are taken over when they are over the first dimensions of floats, and keep some', () => {
    const x = random(tf, [2, 3, 4], 1);
    expect([[0], [0, 1], [0, 1, 2], [1], [0, 2], []].map((axes) => isLeadingSum(x, axes))).toEqual([
      ...[true, true, false, false, false, false],
    ]);
    expect(isLeadingSum(tf.zeros([2, 3], 'int32'), [0])).toBe(false);
  });
});

describe('the gradient of gather', () => {
  it('adds up where an index occurs twice, as on the cpu backend', () =>
    expectSameAsCpu(tf, (x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')), [4, 3, 2]));

  it('leaves out segments that there are not', () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const sum = tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 1], 'int32'), 2);
    expect([...sum.dataSync()]).toEqual([0, 0, 6, 8]);
    expect(tf.unsortedSegmentSum(x, tf.tensor1d([7, 0, 7], 'int32'), 1).arraySync()).toEqual([[3, 4]]);
  });
});
