import { runBackbone, TAPS } from './backbone.ts';
import type { Tf } from './engine.ts';
import type { TapArrays } from './features.ts';
import { LOOKS } from './features.ts';
import type { Parameters } from './parameters.ts';
import { INPUT_CHANNELS } from './window.ts';

export type Tensor = ReturnType<Tf['tensor']>;
export type Tensors = Readonly<Record<string, Tensor>>;

/** Parameters as tensors; the caller disposes of them (or calls within a tidy). */
export const toTensors = (tf: Tf, parameters: Parameters): Tensors =>
  Object.fromEntries(Object.entries(parameters).map(([k, { shape, values }]) => [k, tf.tensor(values, [...shape])]));

/** Windows that go through the trunk at once; bounds the memory of a forward pass. */
const FORWARD_BATCH = 6;

/**
 * Runs the frozen trunk over windows and returns its taps as plain arrays.
 * @param input [count, rows, cols, INPUT_CHANNELS]
 */
export function trunkForward(
  tf: Tf,
  trunk: Tensors,
  input: Float32Array,
  count: number,
  rows: number,
  cols: number,
): TapArrays {
  const values = TAPS.map(
    ({ stride, channels }) => new Float32Array(count * (rows / stride) * (cols / stride) * channels),
  );
  const cell = rows * cols * INPUT_CHANNELS;
  for (let from = 0; from < count; from += FORWARD_BATCH) {
    const n = Math.min(FORWARD_BATCH, count - from);
    const taps = tf.tidy(() => {
      const x = tf.tensor4d(input.subarray(from * cell, (from + n) * cell), [n, rows, cols, INPUT_CHANNELS]);
      return runBackbone(tf, trunk, x);
    });
    taps.forEach((tap, t) => {
      values[t].set(tap.dataSync<'float32'>(), (values[t].length / count) * from);
      tap.dispose();
    });
  }
  return { rows, cols, values };
}

/**
 * Features at chosen points, differentiable with respect to the trunk.
 * @param taps     from {@link runBackbone}, [batch, rows / stride, cols / stride, channels].
 * @param matrices from `samplingMatrices`, [batch, points * looks, cells] a tap.
 * @returns        [batch * points, FEATURE_LENGTH]
 */
export function sampleFeatures(
  tf: Tf,
  taps: readonly Tensor[],
  matrices: readonly Float32Array[],
  points: number,
): Tensor {
  const parts = taps.map((tap, t) => {
    const [batch, h, w, channels] = tap.shape as [number, number, number, number];
    const matrix = tf.tensor3d(matrices[t], [batch, points * LOOKS.length, h * w]);
    const sampled = tf.matMul(matrix, tf.reshape(tap, [batch, h * w, channels]) as ReturnType<Tf['tensor3d']>);
    return tf.reshape(sampled, [batch * points, LOOKS.length * channels]);
  });
  return tf.concat(parts, 1);
}

/**
 * Loss and gradients of named parameters. All tensors are created and freed inside.
 * @param loss maps the parameters' tensors to a scalar.
 */
export function lossAndGradients(
  tf: Tf,
  parameters: Parameters,
  loss: (weights: Tensors) => Tensor,
): { loss: number; gradients: Record<string, Float32Array> } {
  const names = Object.keys(parameters);
  const tensors = names.map((name) => tf.tensor(parameters[name].values, [...parameters[name].shape]));
  const { value, grads } = tf.tidy(() =>
    tf.valueAndGrads((...xs: Tensor[]) => loss(Object.fromEntries(names.map((n, i) => [n, xs[i]]))).asScalar())(
      tensors,
    ),
  );
  const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i].dataSync<'float32'>().slice()]));
  const result = { loss: value.dataSync<'float32'>()[0], gradients };
  for (const t of [value, ...grads, ...tensors]) t.dispose();
  return result;
}
