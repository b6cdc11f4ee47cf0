import type { Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { isSlowProduct, product } from '../../../agent/engine/kernels-matmul.ts';
import { bindStock } from '../../../agent/engine/kernels-stock.ts';
import { expectClose, expectSameAsCpu, random, type Shape } from '../../support/learner/gradients.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
});

describe('matrix products match the cpu backend', () => {
  const products: [boolean, boolean, Shape, Shape][] = [
    [false, false, [40, 30], [30, 50]],
    [true, false, [30, 40], [30, 50]],
    [false, true, [40, 30], [50, 30]],
    [true, true, [30, 40], [50, 30]],
    [true, false, [600, 17], [600, 9]],
    [true, false, [2, 3], [2, 4]],
    [false, false, [3, 20, 16], [3, 16, 24]],
    [true, true, [3, 16, 20], [3, 24, 16]],
  ];
  it.each(products)('and so do their gradients: transposed %j and %j, %j by %j', (transposeA, transposeB, a, b) =>
    expectSameAsCpu(tf, (x, y) => tf.matMul(x, y, transposeA, transposeB), a, b),
  );

  it('fused with a bias, transposed', () =>
    expectSameAsCpu(
      tf,
      (a, b, bias) => tf.fused.matMul({ a, b, transposeA: true, transposeB: true, bias }),
      [30, 40],
      [20, 30],
      [20],
    ));

  it.each<[boolean, boolean, Shape, Shape]>([
    [false, true, [3, 20, 16], [1, 24, 16]],
    [true, false, [1, 16, 20], [3, 16, 24]],
    [true, false, [3, 16, 20], [1, 16, 24]],
  ])('of one matrix and a batch (forward), transposed %j and %j', async (transposeA, transposeB, a, b) => {
    const multiply = () => tf.matMul(random(tf, a, 1), random(tf, b, 2), transposeA, transposeB);
    const got = multiply();
    await tf.setBackend('cpu');
    const wanted = multiply();
    const data = [...wanted.dataSync()];
    await tf.setBackend('wasm');
    expectClose({ shape: got.shape, data: got.dataSync() }, { shape: wanted.shape, data });
  });
});

describe('a product without the SIMD routine', () => {
  it.each<[boolean, boolean, Shape, Shape]>([
    [true, false, [3, 20, 16], [3, 20, 24]],
    [false, true, [3, 16, 20], [1, 24, 20]],
    [true, true, [20, 16], [24, 20]],
  ])('is the same: transposed %j and %j, %j by %j', (transposeA, transposeB, aShape, bShape) => {
    const stock = { ...bindStock(tf)(tf.backend()), outerProducts: undefined };
    const [a, b] = [random(tf, aShape, 1) as Tensor3D, random(tf, bShape, 2) as Tensor3D];
    const got = product(stock, a, b, { transposeA, transposeB }, aShape.slice(0, -2));
    const wanted = tf.matMul(a, b, transposeA, transposeB);
    expectClose({ shape: got.shape, data: stock.view(got) }, { shape: wanted.shape, data: wanted.dataSync() });
    stock.free(got);
  });
});

describe('a product counts as slow', () => {
  const slow = (a: Shape, b: Shape, transposeA = false, transposeB = false): boolean =>
    isSlowProduct({ shape: a } as Tensor3D, { shape: b } as Tensor3D, { transposeA, transposeB });

  it('if it is transposed or batched, and large', () => {
    expect([slow([40, 40], [40, 40]), slow([1, 40, 40], [1, 40, 40])]).toEqual([false, false]);
    expect([slow([40, 40], [40, 40], true), slow([40, 40], [40, 40], false, true)]).toEqual([true, true]);
    expect([slow([2, 40, 40], [40, 40]), slow([40, 40], [2, 40, 40])]).toEqual([true, true]);
    // 2 x 3 x 4 multiplications
    expect(slow([3, 2], [3, 4], true)).toBe(false);
  });
});
