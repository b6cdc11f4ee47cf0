/** Tensors on the engine: from parameters and back, sampling of features, gradients. */
import type { Tf } from '../engine/engine.ts';
import { LOOKS } from './features.ts';
import type { Parameters } from './parameters.ts';

export type Tensor = ReturnType<Tf['tensor']>;
export type Tensor2D = ReturnType<Tf['tensor2d']>;
export type Tensors = Readonly<Record<string, Tensor>>;

/** A tensor's values, copied. */
export const valuesOf = (tensor: Tensor): Float32Array => tensor.dataSync<'float32'>().slice();

/** Parameters as tensors; the caller disposes of them (or calls within a tidy). */
export const toTensors = (tf: Tf, parameters: Parameters): Tensors =>
  Object.fromEntries(Object.entries(parameters).map(([k, { shape, values }]) => [k, tf.tensor(values, [...shape])]));

/**
 * Features at chosen points, differentiable with respect to the trunk.
 * @param taps     from `runTrunk`, [batch, rows / stride, cols / stride, channels].
 * @param matrices from `samplingMatrices`, [batch, points * looks, cells] a tap.
 * @returns        [batch * points, feature length]
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
    tf.valueAndGrads((...xs: Tensor[]) => tf.reshape(loss(Object.fromEntries(names.map((n, i) => [n, xs[i]]))), []))(
      tensors,
    ),
  );
  const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i].dataSync<'float32'>().slice()]));
  const result = { loss: value.dataSync<'float32'>()[0], gradients };
  for (const t of [value, ...grads, ...tensors]) t.dispose();
  return result;
}
