/**
 * The cost of one training step of a grasp-sized fully convolutional network on the wasm engine: with graft's training
 * kernels, and with tfjs's own input gradient and an im2col filter gradient, alternating in one process.
 */

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelFunc, Rank, Scalar, Tensor, Tensor4D, TensorInfo, Variable } from '@tensorflow/tfjs-core';
import type { Engine, Tf } from './engine.ts';
import { registerTrainingKernels, replaceKernels, unregisterTrainingKernels } from './kernels.ts';
import { type Axis, convAxes } from './kernels-conv.ts';
import { type ConvAttrs, kernel } from './kernels-stock.ts';

/** Batch, height, width and channels of the benchmark's observations. */
const INPUT_SHAPE: [number, number, number, number] = [16, 64, 64, 7];
/** Maps of each of the two kinds: success logits and depths. */
const MAPS = 3;
const TRUNK = [
  { width: 16, stride: 1 },
  { width: 32, stride: 2 },
  { width: 32, stride: 1 },
  { width: 64, stride: 2 },
  { width: 64, stride: 1 },
  { width: 64, stride: 1 },
] as const;
/** Trunk layers whose features feed the head, and the width of the head. */
const TAPS: readonly number[] = [0, 2, 5];
const HEAD_WIDTH = 32;

export type TrainStepFigures = {
  /** Median milliseconds of a step with graft's kernels. */
  readonly oursMs: number;
  /** Median milliseconds with tfjs's input-gradient kernel and an im2col, transposed-matMul filter gradient. */
  readonly stockMs: number;
  /** stockMs / oursMs. */
  readonly ratio: number;
  /** Steps measured of each kind. */
  readonly steps: number;
  /** Multiply-adds x 2 of a step of either kind, in thousand millions, by oursMs. */
  readonly gflopPerSecond: number;
};

/**
 * Measures the training step of the whole network in pairs (ours, stock) until `seconds` have passed: at least 3 pairs, or one
 * where there is no second for them.
 * @throws Error unless the engine runs on wasm.
 */
export function measureTrainStepRatio(engine: Engine, { seconds }: { readonly seconds: number }): TrainStepFigures {
  const { tf } = engine;
  if (engine.name !== 'wasm') throw new Error(`train step: expected the wasm engine, got ${engine.name}`);
  const baseline = baselineKernels(tf);
  const step = createTrainStep(tf);
  const ours: number[] = [];
  const stock: number[] = [];
  const pairs = seconds < 1 ? 1 : 3;
  try {
    step.run(); // first calls compile
    const end = performance.now() + seconds * 1000;
    while (ours.length < pairs || performance.now() < end) {
      ours.push(timed(step.run));
      stock.push(withKernels(tf, baseline, () => timed(step.run)));
    }
  } finally {
    step.dispose();
  }
  const oursMs = median(ours);
  const stockMs = median(stock);
  const gflopPerSecond = step.flop / oursMs / 1e6;
  return { oursMs, stockMs, ratio: stockMs / oursMs, steps: ours.length, gflopPerSecond };
}

/** One step of the benchmark's network, its data and its optimiser. The creator calls `dispose`. */
export type TrainStep = {
  /** Runs one Adam step. @returns the loss before it. */
  readonly run: () => number;
  /** Floating point operations of the convolutions in a step: forward, filter gradients and input gradients. */
  readonly flop: number;
  readonly dispose: () => void;
};

/** Builds the network (3 x 3 trunk, 1 x 1 taps, upsampled and summed, 1 x 1 output maps) on fixed pseudo-random data. */
export function createTrainStep(tf: Tf): TrainStep {
  const net = createNet(tf);
  const [batch, height, width] = INPUT_SHAPE;
  const x = tf.randomUniform(INPUT_SHAPE, 0, 1, 'float32', 1) as Tensor4D;
  const target = tf.randomUniform([batch, height, width, MAPS], 0, 1, 'float32', 2) as Tensor4D;
  const optimizer = tf.train.adam(1e-3);
  const run = (): number => {
    const loss = optimizer.minimize(() => lossOf(tf, net.forward(x), target), true) as Scalar;
    const value = loss.dataSync()[0];
    loss.dispose();
    return value;
  };
  const dispose = () => {
    tf.dispose([x, target, ...net.variables]);
    optimizer.dispose();
  };
  return { run, flop: net.flop, dispose };
}

type Outputs = { readonly logits: Tensor4D; readonly depths: Tensor4D };
type Layer = { readonly filter: Variable<Rank.R4>; readonly bias: Variable<Rank.R1>; readonly stride: number };

function createNet(tf: Tf) {
  const [batch, height, width, channels] = INPUT_SHAPE;
  const variables: Variable[] = [];
  let flop = 0;
  const layer = (taps: number, from: number, to: number, stride: number, scale: number, passes: number): Layer => {
    const shape: [number, number, number, number] = [taps, taps, from, to];
    const deviation = Math.sqrt(2 / (taps * taps * from));
    const seed = variables.length + 3;
    const filter = tf.tidy(() => tf.variable(tf.randomNormal<Rank.R4>(shape, 0, deviation, 'float32', seed)));
    const bias = tf.tidy(() => tf.variable(tf.zeros<Rank.R1>([to])));
    variables.push(filter, bias);
    flop += (passes * 2 * batch * height * width * taps * taps * from * to) / scale ** 2;
    return { filter, bias, stride };
  };
  const scales = TRUNK.map((_, i) => TRUNK.slice(0, i + 1).reduce((scale, { stride }) => scale * stride, 1));
  const trunk = TRUNK.map(({ width: to, stride }, i) =>
    // the observation needs no gradient, so the first layer makes two passes
    layer(3, i ? TRUNK[i - 1].width : channels, to, stride, scales[i], i ? 3 : 2),
  );
  const taps = TAPS.map((i) => layer(1, TRUNK[i].width, HEAD_WIDTH, 1, scales[i], 3));
  const success = layer(1, HEAD_WIDTH, MAPS, 1, 1, 3);
  const depth = layer(1, HEAD_WIDTH, MAPS, 1, 1, 3);

  const convolve = (x: Tensor4D, { filter, bias, stride }: Layer) =>
    tf.add<Tensor4D>(tf.conv2d(x, filter, stride, 'same'), bias);
  const forward = (x: Tensor4D): Outputs => {
    const features: Tensor4D[] = [];
    for (const each of trunk) features.push(tf.relu(convolve(features.at(-1) ?? x, each)));
    const maps = taps.map((tap, i) => tf.image.resizeBilinear(convolve(features[TAPS[i]], tap), [height, width]));
    const head = tf.relu(tf.addN(maps)) as Tensor4D; // [batch, height, width, HEAD_WIDTH]
    return { logits: convolve(head, success), depths: convolve(head, depth) };
  };
  return { variables, flop, forward };
}

/** Sigmoid cross-entropy of the logits and squared error of the depths, against the same target maps. */
function lossOf(tf: Tf, { logits, depths }: Outputs, target: Tensor4D): Scalar {
  return tf.add(tf.losses.sigmoidCrossEntropy(target, logits), tf.losses.meanSquaredError(target, depths)) as Scalar;
}

/** tfjs's input gradient, and the filter gradient that can be had from its matMul; the rest stays graft's. */
export function baselineKernels(tf: Tf): Record<string, KernelFunc> {
  unregisterTrainingKernels();
  try {
    return {
      Conv2DBackpropInput: kernel(tf, 'Conv2DBackpropInput'),
      Conv2DBackpropFilter: im2colFilterGradient(tf),
    };
  } finally {
    registerTrainingKernels(tf);
  }
}

/** Runs `measure` with some kernels replaced, and puts graft's back. */
function withKernels<T>(tf: Tf, kernels: Record<string, KernelFunc>, measure: () => T): T {
  const restore = replaceKernels(tf, kernels);
  try {
    return measure();
  } finally {
    restore();
  }
}

/** The textbook filter gradient, im2col(x)^T dy, with `matMul(a, b, true, false)`: what a user can write today. */
function im2colFilterGradient(tf: Tf): KernelFunc {
  const product = kernel(tf, 'BatchMatMul');
  return ({ inputs, backend, attrs }) => {
    const { x, dy } = inputs as Readonly<Record<'x' | 'dy', TensorInfo>>;
    const wasm = backend as BackendWasm;
    const filterShape = attrs?.filterShape as number[];
    const [rows, columns] = convAxes(tf, x.shape, filterShape, attrs as unknown as ConvAttrs);
    const pixels = x.shape[0] * rows.output * columns.output;
    const patches = wasm.makeOutput([1, pixels, rows.taps * columns.taps * x.shape[3]], 'float32');
    im2col(wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(patches), x.shape, rows, columns);
    const b = { ...dy, shape: [1, pixels, dy.shape[3]] };
    const out = product({ inputs: { a: patches, b }, backend, attrs: { transposeA: true, transposeB: false } });
    wasm.disposeData(patches.dataId);
    return { ...(out as TensorInfo), shape: filterShape };
  };
}

type Values = Tensor['dataSync'] extends () => infer V ? V : never;

/** Writes, for each output pixel, the receptive field in filter order. */
function im2col(x: Values, patches: Values, shape: number[], rows: Axis, columns: Axis): void {
  const channels = shape[3];
  let to = 0;
  for (let image = 0; image < shape[0]; image++) {
    for (let r = 0; r < rows.output; r++) {
      for (let c = 0; c < columns.output; c++) {
        for (let tap = 0; tap < rows.taps * columns.taps; tap++) {
          const row = r * rows.stride + Math.floor(tap / columns.taps) - rows.padBefore;
          const column = c * columns.stride + (tap % columns.taps) - columns.padBefore;
          const inside = row >= 0 && row < rows.input && column >= 0 && column < columns.input;
          const from = ((image * rows.input + row) * columns.input + column) * channels;
          for (let i = 0; i < channels; i++) patches[to++] = inside ? x[from + i] : 0;
        }
      }
    }
  }
}

function timed(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
