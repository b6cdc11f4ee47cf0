import type { Rank, Tensor, Tensor3D, Tensor4D, Variable } from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { registerTrainingKernels, replaceKernels, unregisterTrainingKernels } from '../../../agent/engine/kernels.ts';
import { convAxes, filterGradient } from '../../../agent/engine/kernels-conv.ts';
import { product } from '../../../agent/engine/kernels-matmul.ts';
import { bindStock, type ConvAttrs } from '../../../agent/engine/kernels-stock.ts';
import { sumLeading } from '../../../agent/engine/kernels-sum.ts';
import { baselineKernels, createTrainStep, measureTrainStepRatio } from '../../../agent/engine/step-benchmark.ts';

let engine: Engine;
let tf: Tf;

beforeAll(async () => {
  engine = await loadEngine({ prefer: 'wasm' });
  tf = engine.tf;
});

type Shape = number[];
type Values = { shape: Shape; data: number[] };
type Pad = ConvAttrs['pad'];

/** The value of f and its gradients with respect to each input, for a fixed random dy, on one backend. */
async function differentiate(
  backend: 'wasm' | 'cpu',
  f: (...x: Tensor[]) => Tensor,
  shapes: Shape[],
): Promise<Values[]> {
  await tf.setBackend(backend);
  try {
    const inputs = shapes.map((shape, i) => random(shape, i + 1));
    const y = f(...inputs);
    const dy = random(y.shape, 99);
    const results = [y, ...tf.grads(f)(inputs, dy)];
    const values = results.map((each) => ({ shape: each.shape, data: [...each.dataSync()] }));
    tf.dispose([...inputs, dy, ...results]);
    return values;
  } finally {
    await tf.setBackend('wasm');
  }
}

function random(shape: Shape, seed: number): Tensor {
  return tf.randomNormal(shape as [number], 0, 1, 'float32', seed);
}

function expectClose(got: Values, wanted: Values, tolerance = 1e-4): void {
  expect(got.shape).toEqual(wanted.shape);
  const scale = wanted.data.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-6);
  const error = wanted.data.reduce((max, value, i) => Math.max(max, Math.abs(value - got.data[i])), 0);
  expect(error / scale).toBeLessThan(tolerance); // NaN fails
}

async function expectSameAsCpu(f: (...x: Tensor[]) => Tensor, ...shapes: Shape[]): Promise<void> {
  const wanted = await differentiate('cpu', f, shapes);
  const got = await differentiate('wasm', f, shapes);
  expect(got.length).toBe(wanted.length);
  got.forEach((each, i) => {
    expectClose(each, wanted[i]);
  });
}

const conv = (stride: number | [number, number], pad: Pad) => (x: Tensor, filter: Tensor) =>
  tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, pad as 'same');

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
            expectSameAsCpu(conv(stride, pad), [3, height, width, 7], [taps, taps, 7, 13]));
        }
      }
    }
  }

  const explicit = (...pad: number[]): Pad => [
    [0, 0],
    [pad[0], pad[1]],
    [pad[2], pad[3]],
    [0, 0],
  ];
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
  it.each(odd)('%s', (_, stride, pad, x, filter) => expectSameAsCpu(conv(stride, pad), x, filter));

  it('of a single image without a batch dimension', () =>
    expectSameAsCpu((x, filter) => tf.conv2d(x as Tensor3D, filter as Tensor4D, 2, 'same'), [7, 6, 3], [3, 3, 3, 4]));

  it('and finite differences', () => {
    const x = random([2, 6, 5, 3], 1) as Tensor4D;
    const filter = random([3, 3, 3, 4], 2) as Tensor4D;
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

describe('without the SIMD routine', () => {
  const composed = () => ({ ...bindStock(tf)(tf.backend()), outerProducts: undefined });
  const read = (info: { shape: Shape }, values: ArrayLike<number>): Values => ({
    shape: info.shape,
    data: [...Array.from(values)],
  });

  it.each<[number, Pad, Shape, Shape]>([
    [1, 'same', [2, 7, 8, 5], [3, 3, 5, 6]],
    [2, 'same', [2, 7, 8, 5], [3, 3, 5, 6]],
    [2, 'valid', [2, 10, 8, 5], [3, 3, 5, 6]],
    [2, 'valid', [2, 10, 8, 5], [1, 1, 5, 6]],
    [1, 'same', [2, 7, 8, 5], [1, 1, 5, 6]],
    [
      1,
      [
        [0, 0],
        [2, 1],
        [0, 3],
        [0, 0],
      ],
      [2, 7, 8, 5],
      [5, 5, 5, 6],
    ],
  ])('the filter gradient is the same: stride %i, %j, %j, %j', (strides, pad, xShape, filterShape) => {
    const stock = composed();
    const f = random(filterShape, 2);
    const x = random(xShape, 1);
    const y = conv(strides, pad)(x, f);
    const dy = random(y.shape, 3);
    const wanted = tf.grads(conv(strides, pad))([x, f], dy)[1];
    const [rows, columns] = convAxes(tf, xShape, filterShape, { strides, pad });
    const got = filterGradient(stock, x, dy, rows, columns);
    expectClose(read(got, stock.view(got)), read(wanted, wanted.dataSync()));
    stock.free(got);
  });

  it('transposed and batched products, and leading sums, are the same', () => {
    const stock = composed();
    const a = random([3, 20, 16], 1) as Tensor3D;
    const b = random([3, 20, 24], 2) as Tensor3D;
    const got = product(stock, a, b, { transposeA: true, transposeB: false }, [3]);
    const wanted = tf.matMul(a, b, true, false);
    expectClose(read(got, stock.view(got)), read(wanted, wanted.dataSync()));
    const sum = sumLeading(stock, a, 2);
    const wantedSum = tf.sum(a, [0, 1]);
    expectClose(read(sum, stock.view(sum)), read(wantedSum, wantedSum.dataSync()));
    stock.free(got, sum);
  });
});

describe('gradients of depthwise convolutions match the cpu backend', () => {
  for (const stride of [1, 2]) {
    for (const pad of ['same', 'valid'] as const) {
      for (const multiplier of [1, 3]) {
        it(`stride ${stride}, ${pad}, multiplier ${multiplier}`, () =>
          expectSameAsCpu(
            (x, filter) => tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, pad),
            [2, 8, 7, 6],
            [3, 3, 6, multiplier],
          ));
      }
    }
  }

  it('and dilations other than 1 are an error which says so', () => {
    const inputs = { dy: random([1, 4, 4, 2], 1), filter: random([3, 3, 2, 1], 2) };
    const attrs = { strides: [1, 1], pad: 'same', dilations: [2, 2], inputShape: [1, 4, 4, 2] };
    const run = () => tf.engine().runKernel('DepthwiseConv2dNativeBackpropInput', inputs, attrs);
    expect(run).toThrow('expected dilations of 1, got [2, 2]');
  });
});

describe('other gradients match the cpu backend', () => {
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
  it.each(products)('matMul, transposed %j and %j, %j by %j', (transposeA, transposeB, a, b) =>
    expectSameAsCpu((x, y) => tf.matMul(x, y, transposeA, transposeB), a, b),
  );

  it('fused matMul with bias, transposed', () =>
    expectSameAsCpu(
      (a, b, bias) => tf.fused.matMul({ a, b, transposeA: true, transposeB: true, bias }),
      [30, 40],
      [20, 30],
      [20],
    ));

  it.each<[boolean, boolean, Shape, Shape]>([
    [false, true, [3, 20, 16], [1, 24, 16]],
    [true, false, [1, 16, 20], [3, 16, 24]],
    [true, false, [3, 16, 20], [1, 16, 24]],
  ])('matMul of one matrix and a batch (forward), transposed %j and %j', async (transposeA, transposeB, a, b) => {
    const multiply = () => tf.matMul(random(a, 1), random(b, 2), transposeA, transposeB);
    const got = multiply();
    await tf.setBackend('cpu');
    const wanted = multiply();
    const data = [...wanted.dataSync()];
    await tf.setBackend('wasm');
    expectClose({ shape: got.shape, data: [...got.dataSync()] }, { shape: wanted.shape, data });
  });

  // square images only: the cpu backend exchanges height and width in this gradient
  it.each<[Shape, [number, number], boolean]>([
    [[2, 4, 4, 3], [8, 8], false],
    [[2, 4, 4, 3], [8, 8], true],
    [[2, 5, 5, 9], [13, 7], false],
    [[2, 9, 9, 3], [3, 5], true],
    [[2, 6, 6, 4], [6, 6], false],
    [[1, 4, 4, 4], [1, 1], true],
  ])('resizeBilinear %j to %j, aligned corners %j', (shape, size, alignCorners) =>
    expectSameAsCpu((x) => tf.image.resizeBilinear(x as Tensor4D, size, alignCorners), shape),
  );

  it('sums over leading dimensions, such as the gradient of a bias', () =>
    expectSameAsCpu((x, bias) => tf.relu(tf.add(x, bias)), [3, 20, 11, 7], [7]));

  it('sums that keep their dimensions', () => expectSameAsCpu((x) => tf.sum(x, [0, 1], true), [5, 6, 7]));

  it('gather, with an index that occurs twice', () =>
    expectSameAsCpu((x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')), [4, 3, 2]));

  it('leaky relu, elu, max pooling and a clone', () =>
    expectSameAsCpu((x) => tf.elu(tf.leakyRelu(tf.maxPool(x.clone() as Tensor4D, 3, 2, 'same'))), [2, 8, 7, 3]));
});

describe('the gradient is the adjoint of the forward kernel, where the cpu backend is no reference', () => {
  const resize = (size: [number, number], alignCorners: boolean, halfPixelCenters: boolean) => (x: Tensor) =>
    tf.image.resizeBilinear(x as Tensor4D, size, alignCorners, halfPixelCenters);
  it.each<[string, (x: Tensor) => Tensor, Shape]>([
    ['resizeBilinear, oblong', resize([9, 14], false, false), [2, 4, 5, 3]],
    ['resizeBilinear, oblong, aligned corners', resize([9, 14], true, false), [2, 4, 5, 3]],
    ['resizeBilinear, half-pixel centres', resize([9, 14], false, true), [2, 4, 5, 3]],
    ['resizeBilinear, smaller, half-pixel centres', resize([3, 2], false, true), [2, 7, 5, 3]],
    ['maxPool', (x) => tf.maxPool(x as Tensor4D, 2, 2, 'same'), [2, 7, 8, 3]],
    ['maxPool, overlapping windows', (x) => tf.maxPool(x as Tensor4D, [3, 2], 1, 'valid'), [2, 7, 8, 3]],
    ['avgPool', (x) => tf.avgPool(x as Tensor4D, 2, 2, 'valid'), [2, 7, 8, 3]],
    ['avgPool with padding', (x) => tf.avgPool(x as Tensor4D, 3, 2, 'same'), [2, 7, 8, 3]],
  ])('%s', (_, f, shape) => {
    const x = random(shape, 1);
    const y = f(x);
    const dy = random(y.shape, 2);
    const forward = tf.sum(tf.mul(y, dy)).dataSync()[0];
    const backward = tf.sum(tf.mul(x, tf.grad(f)(x, dy))).dataSync()[0];
    expect(backward).toBeCloseTo(forward, 3);
  });
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
  const x = random([4, 8, 8, 3], 6) as Tensor4D;
  const target = random([4 * 64, 4], 7);
  const optimizer = tf.train.adam(1e-3);
  const loss = () => {
    const { first, bias, depthwise, second, dense } = variables;
    const low = tf.relu(tf.conv2d(x, first as Variable<Rank.R4>, 2, 'same').add(bias)) as Tensor4D;
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
  return tf.tidy(() => tf.variable(tf.mul(random(shape, seed), 0.2)));
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

  it("tfjs's own kernels come back when graft's are taken off", () => {
    const ours = tf.getKernel('Conv2DBackpropInput', 'wasm').kernelFunc;
    unregisterTrainingKernels();
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeUndefined();
    expect(tf.getKernel('Conv2DBackpropInput', 'wasm').kernelFunc).not.toBe(ours);
    registerTrainingKernels(tf);
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeDefined();
  });
});

describe('the training-step measurement', () => {
  it.each([1, 2])('compares with a baseline whose gradients are right, stride %i', async (stride) => {
    const shapes = [
      [2, 9, 8, 3],
      [3, 3, 3, 5],
    ];
    const wanted = await differentiate('cpu', conv(stride, 'same'), shapes);
    const restore = replaceKernels(tf, baselineKernels(tf));
    const got = await differentiate('wasm', conv(stride, 'same'), shapes);
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
    expect(steps).toBe(3);
    expect(ratio).toBeCloseTo(stockMs / oursMs);
    expect(new Set(kernels())).toEqual(before.kernels);
    expect(tf.memory().numTensors).toBe(before.tensors);
  });
});
