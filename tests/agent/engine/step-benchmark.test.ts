import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { replaceKernels } from '../../../agent/engine/kernels.ts';
import { baselineKernels, createTrainStep, measureTrainStepRatio } from '../../../agent/engine/step-benchmark.ts';
import { convolution, differentiate, expectClose } from '../../support/learner/gradients.ts';

let engine: Engine;
let tf: Tf;

beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
  tf = engine.tf;
});

describe('the training-step measurement', () => {
  it.each([1, 2])('compares with a baseline whose gradients are right, stride %i', async (stride) => {
    const shapes = [
      [2, 9, 8, 3],
      [3, 3, 3, 5],
    ];
    const wanted = await differentiate(tf, 'cpu', convolution(tf, stride, 'same'), shapes);
    const restore = replaceKernels(tf, baselineKernels(tf));
    const got = await differentiate(tf, 'wasm', convolution(tf, stride, 'same'), shapes);
    restore();
    got.forEach((each, i) => {
      expectClose(each, wanted[i]);
    });
  });

  it('lowers the loss of its network', () => {
    const step = createTrainStep(tf);
    const losses = Array.from({ length: 4 }, step.run);
    step.dispose();
    expect(losses[3]).toBeLessThan(losses[0]);
  });

  it('leaves kernels and memory as they were', () => {
    const kernels = () => tf.getKernelsForBackend('wasm').map((each) => each.kernelFunc);
    const before = { kernels: new Set(kernels()), tensors: tf.memory().numTensors };
    const { oursMs, stockMs, ratio, steps } = measureTrainStepRatio(engine, { seconds: 0 });
    expect(steps).toBe(1);
    expect(ratio).toBeCloseTo(stockMs / oursMs);
    expect(new Set(kernels())).toEqual(before.kernels);
    expect(tf.memory().numTensors).toBe(before.tensors);
  });
});
