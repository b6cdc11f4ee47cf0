import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { expectAdjoint, expectSameAsCpu, random } from '../../support/learner/gradients.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
});

const depthwise = (stride: number | [number, number], pad: 'same' | 'valid') => (x: Tensor, filter: Tensor) =>
  tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride as number, pad);

describe('gradients of depthwise convolutions', () => {
  for (const stride of [1, 2, 3]) {
    for (const pad of ['same', 'valid'] as const) {
      for (const multiplier of [1, 3]) {
        it(`match the cpu backend: stride ${stride}, ${pad}, multiplier ${multiplier}`, () =>
          expectSameAsCpu(tf, depthwise(stride, pad), [2, 8, 7, 6], [3, 3, 6, multiplier]));
      }
    }
  }

  it('match the cpu backend with an oblong filter', () =>
    expectSameAsCpu(tf, depthwise(1, 'same'), [2, 8, 7, 6], [2, 5, 6, 1]));

  it('are the adjoint of the forward kernel in the picture', () => {
    const filter = random(tf, [3, 3, 4, 2], 5);
    expectAdjoint(tf, (x) => depthwise(2, 'same')(x, filter), [2, 9, 6, 4]);
  });

  it('of dilations other than 1 are an error which says so', () => {
    const inputs = { dy: random(tf, [1, 4, 4, 2], 1), filter: random(tf, [3, 3, 2, 1], 2) };
    const attrs = { strides: [1, 1], pad: 'same', dilations: [2, 2], inputShape: [1, 4, 4, 2] };
    const run = () => tf.engine().runKernel('DepthwiseConv2dNativeBackpropInput', inputs, attrs);
    expect(run).toThrow('expected dilations of 1, got [2, 2]');
  });
});
