import type { Rng } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import type { Tensor, Tensors } from './network.ts';
import { copyParameters, heNormal, type Parameters, zeros } from './parameters.ts';

type Tensor2D = ReturnType<Tf['tensor2d']>;

/** Independent members of the head: their mean is the prediction, one of them at random explores (bootstrapped Thompson sampling). */
export const MEMBERS = 4;
/** Hidden units of each member of a fresh head. */
const HIDDEN = 32;

/**
 * The grasp head: an ensemble of small perceptrons, features -> a few ReLU units -> one success logit for each shape of a grasp.
 * Small on purpose: it learns from tens to hundreds of trials. Members differ by their start and by the trials they learn
 * from (Osband et al., 2016).
 * @param length of a feature vector.
 * @param shapeCount grasp shapes to choose among.
 * @param hidden ReLU units of each member.
 */
export function initHead(length: number, shapeCount: number, rng: Rng, hidden = HIDDEN): Parameters {
  const shapes = headShapes(length, shapeCount, hidden);
  return {
    'head/hidden/kernel': heNormal(shapes['head/hidden/kernel'], length, rng),
    'head/hidden/bias': zeros(shapes['head/hidden/bias']),
    'head/logit/kernel': zeros(shapes['head/logit/kernel']),
    'head/logit/bias': zeros(shapes['head/logit/bias']),
  };
}

/**
 * Members lie side by side: unit u belongs to member floor(u / hidden).
 * @param hidden units of each member.
 */
export const headShapes = (
  length: number,
  shapeCount: number,
  hidden = HIDDEN,
): Readonly<Record<string, readonly number[]>> => ({
  'head/hidden/kernel': [length, MEMBERS * hidden],
  'head/hidden/bias': [MEMBERS * hidden],
  'head/logit/kernel': [shapeCount, MEMBERS * hidden],
  'head/logit/bias': [shapeCount, MEMBERS],
});

/** Hidden units of each member of a head, by its weights. A fresh one's if there are none. */
export const hiddenUnits = (head: Parameters): number =>
  head['head/hidden/kernel'] ? Math.floor(head['head/hidden/kernel'].shape[1] / MEMBERS) : HIDDEN;

/** Shift and scale that make each feature zero-mean, unit-variance over the data they were computed on. Not trained. */
export interface Standardization {
  /** [feature length] */
  readonly mean: Float32Array;
  /** [feature length] 1 / standard deviation. */
  readonly scale: Float32Array;
}

/** The one that leaves features of this length as they are. */
export const identityStandardization = (length: number): Standardization => ({
  mean: new Float32Array(length),
  scale: new Float32Array(length).fill(1),
});

/** @param vectors [count, length] */
export function standardizationOf(vectors: Float32Array, length: number): Standardization {
  const count = vectors.length / length;
  const mean = new Float32Array(length);
  const scale = new Float32Array(length);
  for (let f = 0; f < length; f++) {
    let [sum, squares] = [0, 0];
    for (let i = f; i < vectors.length; i += length) {
      sum += vectors[i];
      squares += vectors[i] ** 2;
    }
    mean[f] = sum / count;
    const variance = squares / count - mean[f] ** 2;
    // a feature that never moved in the sample carries nothing: leave it out rather than blow it up
    scale[f] = variance > 1e-6 ? 1 / Math.sqrt(variance) : 0;
  }
  return { mean, scale };
}

/**
 * Largest factor on a feature whose trunk learns. Features that hardly move get factors of 100 and more; then one step of the
 * trunk would move them by many standard deviations.
 */
const MAX_SCALE = 20;

/** The standardisation for a trunk that learns: a feature that never moved yet may move then, and none is blown up. */
export const cappedStandardization = ({ mean, scale }: Standardization): Standardization => ({
  mean,
  scale: scale.map((s) => (s === 0 ? 1 : Math.min(s, MAX_SCALE))),
});

/** A head on standardised features as one on {@link cappedStandardization}: it answers as before. */
export function cappedHead(head: { readonly parameters: Parameters; readonly standardization: Standardization }): {
  readonly parameters: Parameters;
  readonly standardization: Standardization;
} {
  const standardization = cappedStandardization(head.standardization);
  const parameters = copyParameters(head.parameters);
  const { shape, values } = parameters['head/hidden/kernel'];
  for (let i = 0; i < values.length; i++) {
    const f = Math.floor(i / shape[1]);
    values[i] *= head.standardization.scale[f] / standardization.scale[f];
  }
  return { parameters, standardization };
}

/** In place: (x - mean) * scale. @param features [count, feature length] */
export function standardize(features: Float32Array, { mean, scale }: Standardization): void {
  const { length } = mean;
  for (let i = 0; i < features.length; i += length) {
    for (let f = 0; f < length; f++) features[i + f] = (features[i + f] - mean[f]) * scale[f];
  }
}

/**
 * [count, feature length] standardised features -> [count, shapes, MEMBERS] logits. Differentiable.
 * @param bias of the hidden units, [units] or [count, units]; the weights' own if left out.
 */
export function headLogits(
  tf: Tf,
  weights: Tensors,
  features: Tensor,
  bias: Tensor = weights['head/hidden/bias'],
): Tensor {
  const kernel = weights['head/logit/kernel'];
  const [count, shapes, units] = [features.shape[0], kernel.shape[0], kernel.shape[1] as number];
  const sums = tf.add(tf.matMul(features as Tensor2D, weights['head/hidden/kernel'] as Tensor2D), bias);
  // every unit's contribution to every shape, then summed within each member
  const parts = tf.mul(tf.expandDims(tf.relu(sums), 1), kernel); // [count, shapes, units]
  const summed = tf.sum(tf.reshape(parts, [count, shapes, MEMBERS, units / MEMBERS]), 3); // [count, shapes, MEMBERS]
  return tf.add(summed, weights['head/logit/bias']);
}

/**
 * Mean binary cross-entropy of the logit of the shape that was tried, over the members that learn from the trial.
 * @param logits [count, shapes, MEMBERS]
 * @param labels [count, 1] 0 or 1.
 * @param chosen [count, shapes, 1] one-hot.
 * @param mask   [count, MEMBERS] 1 where a member learns from the trial.
 */
export function graspLoss(tf: Tf, logits: Tensor, labels: Tensor, chosen: Tensor, mask: Tensor): Tensor {
  const logit = tf.sum(tf.mul(logits, chosen), 1); // [count, MEMBERS]
  // log(1 + e^x) - y x, stable for either sign
  const softplus = tf.add(tf.relu(logit), tf.log1p(tf.exp(tf.neg(tf.abs(logit)))));
  const loss = tf.sub(softplus, tf.mul(logit, labels));
  // a batch from which no member learns has no loss
  return tf.div(tf.sum(tf.mul(loss, mask)), tf.maximum(tf.sum(mask), 1));
}
