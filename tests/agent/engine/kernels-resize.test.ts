import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { expectAdjoint, expectSameAsCpu, type Shape } from '../../support/learner/gradients.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
});

describe('the gradient of bilinear resizing', () => {
  // square images only: the cpu backend exchanges height and width in this gradient
  it.each<[Shape, [number, number], boolean]>([
    [[2, 4, 4, 3], [8, 8], false],
    [[2, 4, 4, 3], [8, 8], true],
    [[2, 5, 5, 9], [13, 7], false],
    [[2, 9, 9, 3], [3, 5], true],
    [[2, 6, 6, 4], [6, 6], false],
    [[1, 4, 4, 4], [1, 1], true],
  ])('matches the cpu backend: %j to %j, aligned corners %j', (shape, size, alignCorners) =>
    expectSameAsCpu(tf, (x) => tf.image.resizeBilinear(x as Tensor4D, size, alignCorners), shape),
  );

  const resize = (size: [number, number], alignCorners: boolean, halfPixelCenters: boolean) => (x: Tensor) =>
    tf.image.resizeBilinear(x as Tensor4D, size, alignCorners, halfPixelCenters);
  it.each<[string, [number, number], boolean, boolean, Shape]>([
    ['oblong', [9, 14], false, false, [2, 4, 5, 3]],
    ['oblong, aligned corners', [9, 14], true, false, [2, 4, 5, 3]],
    ['half-pixel centres', [9, 14], false, true, [2, 4, 5, 3]],
    ['smaller, half-pixel centres', [3, 2], false, true, [2, 7, 5, 3]],
    ['one pixel to many', [5, 6], false, true, [1, 1, 1, 2]],
  ])('is the adjoint of the forward kernel, where cpu is no reference: %s', (_, size, aligned, half, shape) =>
    expectAdjoint(tf, resize(size, aligned, half), shape),
  );

  it('of the same size is the identity', () => {
    const x = tf.zeros([1, 3, 4, 2]) as Tensor4D;
    const dy = tf.randomNormal([1, 3, 4, 2], 0, 1, 'float32', 1) as Tensor4D;
    expect([
      ...tf
        .grad(resize([3, 4], false, false))(x, dy)
        .dataSync(),
    ]).toEqual([...dy.dataSync()]);
  });
});
