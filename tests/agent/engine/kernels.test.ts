import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { Rank, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { registerTrainingKernels, replaceKernels, unregisterTrainingKernels } from '../../../agent/engine/kernels.ts';
import { expectSameAsCpu, random, type Shape } from '../../support/learner/gradients.ts';

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadEngine({ prefer: 'wasm' }));
});

/** Every kind of layer whose gradient graft provides, on 8 x 8 images. */
function tinyTraining() {
  const variables = {
    first: variable([3, 3, 3, 8], 1),
    bias: variable([8], 2),
    depthwise: variable([3, 3, 8, 1], 3),
    second: variable([3, 3, 8, 8], 4),
    dense: variable([8, 4], 5),
  };
  const x = random(tf, [4, 8, 8, 3], 6) as Tensor4D;
  const target = random(tf, [4 * 64, 4], 7);
  const optimizer = tf.train.adam(1e-3);
  const loss = () => {
    const { first, bias, depthwise, second, dense } = variables;
    const low = tf.relu(tf.add(tf.conv2d(x, first as Variable<Rank.R4>, 2, 'same'), bias)) as Tensor4D;
    const wide = tf.depthwiseConv2d(low, depthwise as Variable<Rank.R4>, 1, 'same');
    const high = tf.image.resizeBilinear(tf.conv2d(wide, second as Variable<Rank.R4>, 1, 'same'), [8, 8]);
    const rows = tf.gather(tf.reshape(high, [4 * 64, 8]), tf.range(0, 4 * 64, 1, 'int32'));
    return tf.losses.meanSquaredError(target, tf.matMul(rows, dense)) as ReturnType<typeof tf.scalar>;
  };
  return {
    step: () => optimizer.minimize(loss),
    loss: () => tf.tidy(() => loss().dataSync()[0]),
    weights: () => Object.values(variables).map((each) => Buffer.from(each.dataSync().buffer).toString('hex')),
    dispose: () => {
      tf.dispose([x, target, ...Object.values(variables)]);
      optimizer.dispose();
    },
  };
}

function variable(shape: Shape, seed: number): Variable {
  return tf.tidy(() => tf.variable(tf.mul(random(tf, shape, seed), 0.2)));
}

describe('training on wasm', () => {
  it('learns, and leaks neither tensors nor bytes nor heap blocks in 1,000 steps', () => {
    const training = tinyTraining();
    const before = training.loss();
    for (let i = 0; i < 5; i++) training.step();
    const state = () => {
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      return { numTensors, numBytes, numDataBuffers, blocks: (tf.backend() as BackendWasm).numDataIds() };
    };
    const start = state();
    for (let i = 0; i < 1000; i++) training.step();
    expect(state()).toEqual(start);
    expect(training.loss()).toBeLessThan(0.9 * before);
    training.dispose();
  });

  it('is deterministic to the bit', () => {
    const run = () => {
      const training = tinyTraining();
      for (let i = 0; i < 50; i++) training.step();
      const weights = training.weights();
      training.dispose();
      return weights;
    };
    expect(run()).toEqual(run());
  });
});

describe('the training kernels', () => {
  const now = (name: string) => tf.getKernel(name, 'wasm')?.kernelFunc;

  it('replace those of TensorFlow.js, which come back when they are taken off; registering twice changes nothing', () => {
    const ours = now('Conv2DBackpropInput');
    registerTrainingKernels(tf);
    expect(now('Conv2DBackpropInput')).toBe(ours);
    unregisterTrainingKernels();
    expect(now('Conv2DBackpropFilter')).toBeUndefined();
    expect(now('Conv2DBackpropInput')).not.toBe(ours);
    registerTrainingKernels(tf);
    expect(now('Conv2DBackpropInput')).toBe(ours);
    expect(now('Conv2DBackpropFilter')).toBeTypeOf('function');
  });

  it('can be replaced for a while, one by one', () => {
    const before = now('Sum');
    const other = () => ({ dataId: {}, shape: [], dtype: 'float32' as const });
    const restore = replaceKernels(tf, { Sum: other, GraftTest: other });
    expect([now('Sum'), now('GraftTest')]).toEqual([other, other]);
    restore();
    expect([now('Sum'), now('GraftTest')]).toEqual([before, undefined]);
  });

  it('refuse what they do not cover, naming themselves', () => {
    const inputs = { x: random(tf, [1, 4, 4, 2], 1), dy: random(tf, [1, 4, 4, 3], 2) };
    const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NCHW', filterShape: [3, 3, 2, 3] };
    expect(() => tf.engine().runKernel('Conv2DBackpropFilter', inputs, attrs)).toThrow(
      'Conv2DBackpropFilter: expected data format NHWC, got NCHW, on the wasm backend',
    );
  });

  it('let a clone share its block, and outlive the original', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const clone = x.clone();
    expect((tf.backend() as BackendWasm).getMemoryOffset(clone.dataId)).toBe(
      (tf.backend() as BackendWasm).getMemoryOffset(x.dataId),
    );
    x.dispose();
    expect([...clone.dataSync()]).toEqual([1, 2, 3]);
  });

  it('differentiate through a clone', () => expectSameAsCpu(tf, (x) => tf.square(x.clone()), [2, 3]));
});
