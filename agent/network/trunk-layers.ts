/** Graft's own trunk, layer by layer: what it is made of, its first weights, and running it. */
import type { Rng } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import { heNormal, type Parameter, type Parameters, zeros } from './parameters.ts';
import type { Tap } from './trunk.ts';
import { INPUT_CHANNELS } from './window.ts';

type Tensor4D = ReturnType<Tf['tensor4d']>;
type Tensor = ReturnType<Tf['tensor']>;

/** One convolution with bias and ReLU. `tap` marks an output that the head reads. */
export interface Layer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: 1 | 2;
  /** Side of the kernel; 3 if left out. */
  readonly size?: number;
  readonly tap: boolean;
}

/**
 * The trunk unless its model card lists other layers: six dense 3 x 3 convolutions, receptive field 29 cells (116 mm at 4 mm), read at strides 1, 2 and 4. Dense
 * convolutions are the shape that the WASM engine runs fastest.
 */
export const LAYERS: readonly Layer[] = [
  { name: 'conv1', inputs: INPUT_CHANNELS, outputs: 16, stride: 1, tap: true },
  { name: 'conv2', inputs: 16, outputs: 24, stride: 2, tap: false },
  { name: 'conv3', inputs: 24, outputs: 24, stride: 1, tap: true },
  { name: 'conv4', inputs: 24, outputs: 48, stride: 2, tap: false },
  { name: 'conv5', inputs: 48, outputs: 48, stride: 1, tap: false },
  { name: 'conv6', inputs: 48, outputs: 48, stride: 1, tap: true },
];

/** The part of the heightmap around a grasp that the features of graft's own trunk depend on, cells. */
export const CROP = { rows: 32, cols: 56 } as const;

/** The taps of a list of layers, in order. Their receptive fields count as centred. */
export function tapsOf(layers: readonly Layer[]): Tap[] {
  let stride = 1;
  return layers.flatMap((layer) => {
    stride *= layer.stride;
    return layer.tap ? [{ name: layer.name, stride, channels: layer.outputs, shift: 0 }] : [];
  });
}

/** Taps of {@link LAYERS}. */
export const TAPS: readonly Tap[] = tapsOf(LAYERS);

/** The same layers with more or fewer outputs. @param width factor on them. */
export function widened(layers: readonly Layer[], width: number): readonly Layer[] {
  let inputs = layers[0].inputs;
  return layers.map((layer) => {
    const wide = { ...layer, inputs, outputs: Math.max(1, Math.round(layer.outputs * width)) };
    inputs = wide.outputs;
    return wide;
  });
}

/** Fresh trunk weights: the start of regimes `scratch` and `random`. */
export function initTrunk(rng: Rng, layers: readonly Layer[] = LAYERS): Parameters {
  const parameters: Record<string, Parameter> = {};
  for (const { name, inputs, outputs, size = 3 } of layers) {
    parameters[`${name}/kernel`] = heNormal([size, size, inputs, outputs], size * size * inputs, rng);
    parameters[`${name}/bias`] = zeros([outputs]);
  }
  return parameters;
}

/** Names and shapes that a trunk's weights must have. */
export const trunkShapes = (layers: readonly Layer[] = LAYERS): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    layers.flatMap(({ name, inputs, outputs, size = 3 }) => [
      [`${name}/kernel`, [size, size, inputs, outputs]],
      [`${name}/bias`, [outputs]],
    ]),
  );

/**
 * Runs the trunk. Differentiable.
 * @param weights tensors by name, as in {@link trunkShapes}.
 * @param input   [batch, rows, cols, INPUT_CHANNELS]; rows and cols multiples of the last stride.
 * @returns       one tensor a tap, [batch, rows / stride, cols / stride, channels].
 */
export function runTrunk(
  tf: Tf,
  weights: Readonly<Record<string, Tensor>>,
  input: Tensor4D,
  layers: readonly Layer[] = LAYERS,
): Tensor4D[] {
  const taps: Tensor4D[] = [];
  let x = input;
  for (const { name, stride, tap } of layers) {
    const [filter, bias] = [weights[`${name}/kernel`] as Tensor4D, weights[`${name}/bias`]];
    x = tf.fused.conv2d({ x, filter, bias, strides: stride, pad: 'same', activation: 'relu' });
    if (tap) taps.push(x);
  }
  return taps;
}
