/** Head: an ensemble of small perceptrons that says of every grasp shape how likely it holds. */
import type { Rng } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import { copyParameters, heNormal, type Parameters, zeros } from './parameters.ts';
import { cappedStandardization, type Standardization } from './standardization.ts';
import type { Tensor, Tensor2D, Tensors } from './tensors.ts';

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

/** A head with the scale of its features: what a learner's head may start from. */
export interface StandardizedHead {
  readonly parameters: Parameters;
  readonly standardization: Standardization;
}

/** A head on standardised features as one on {@link cappedStandardization}: it answers as before. */
export function cappedHead(head: StandardizedHead): StandardizedHead {
  const standardization = cappedStandardization(head.standardization);
  const parameters = copyParameters(head.parameters);
  const { shape, values } = parameters['head/hidden/kernel'];
  for (let i = 0; i < values.length; i++) {
    const f = Math.floor(i / shape[1]);
    values[i] *= head.standardization.scale[f] / standardization.scale[f];
  }
  return { parameters, standardization };
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
