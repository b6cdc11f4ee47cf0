import type { Rng } from '../sim/rng.ts';
import type { Tf } from './engine.ts';
import { heNormal, type Parameter, type Parameters, zeros } from './parameters.ts';
import { INPUT_CHANNELS } from './window.ts';

type Tensor4D = ReturnType<Tf['tensor4d']>;
type Tensor = ReturnType<Tf['tensor']>;

/** One 3 x 3 convolution with bias and ReLU. `tap` marks an output that the head reads. */
interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: 1 | 2;
  readonly tap: boolean;
}

/**
 * The trunk: six dense 3 x 3 convolutions, receptive field 29 cells (116 mm at 4 mm), read at strides 1, 2 and 4. Dense
 * convolutions are the shape that the WASM engine runs fastest.
 */
const LAYERS: readonly Layer[] = [
  { name: 'conv1', inputs: INPUT_CHANNELS, outputs: 16, stride: 1, tap: true },
  { name: 'conv2', inputs: 16, outputs: 24, stride: 2, tap: false },
  { name: 'conv3', inputs: 24, outputs: 24, stride: 1, tap: true },
  { name: 'conv4', inputs: 24, outputs: 48, stride: 2, tap: false },
  { name: 'conv5', inputs: 48, outputs: 48, stride: 1, tap: false },
  { name: 'conv6', inputs: 48, outputs: 48, stride: 1, tap: true },
];

/** Stride and channels of each tap, in order. */
export const TAPS: readonly { readonly stride: number; readonly channels: number }[] = (() => {
  let stride = 1;
  const taps: { stride: number; channels: number }[] = [];
  for (const layer of LAYERS) {
    stride *= layer.stride;
    if (layer.tap) taps.push({ stride, channels: layer.outputs });
  }
  return taps;
})();

/** Window sides must be multiples of this. */
export const WINDOW_MULTIPLE = TAPS[TAPS.length - 1].stride;

/** Fresh trunk weights: the scratch arm's start, and the frozen random arm. */
export function initBackbone(rng: Rng): Parameters {
  const parameters: Record<string, Parameter> = {};
  for (const { name, inputs, outputs } of LAYERS) {
    parameters[`${name}/kernel`] = heNormal([3, 3, inputs, outputs], 9 * inputs, rng);
    parameters[`${name}/bias`] = zeros([outputs]);
  }
  return parameters;
}

/** Names and shapes that a trunk's weights must have. */
export const backboneShapes = (): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    LAYERS.flatMap(({ name, inputs, outputs }) => [
      [`${name}/kernel`, [3, 3, inputs, outputs]],
      [`${name}/bias`, [outputs]],
    ]),
  );

/**
 * Runs the trunk. Differentiable.
 * @param weights tensors by name, as in {@link backboneShapes}.
 * @param input   [batch, rows, cols, INPUT_CHANNELS]; rows and cols multiples of {@link WINDOW_MULTIPLE}.
 * @returns       one tensor a tap, [batch, rows / stride, cols / stride, channels].
 */
export function runBackbone(tf: Tf, weights: Readonly<Record<string, Tensor>>, input: Tensor4D): Tensor4D[] {
  const taps: Tensor4D[] = [];
  let x = input;
  for (const { name, stride, tap } of LAYERS) {
    const kernel = weights[`${name}/kernel`] as Tensor4D;
    x = tf.relu(tf.add(tf.conv2d(x, kernel, stride, 'same'), weights[`${name}/bias`])) as Tensor4D;
    if (tap) taps.push(x);
  }
  return taps;
}
