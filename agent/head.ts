import type { Rng } from '../sim/rng.ts';
import type { Tf } from './engine.ts';
import { FEATURE_LENGTH } from './features.ts';
import type { Tensor, Tensors } from './network.ts';
import { heNormal, type Parameters, zeros } from './parameters.ts';

/** Units of the head's hidden layer. */
export const HIDDEN = 64;

/**
 * The grasp head: features -> 64 ReLU units -> one success logit per depth. Small on purpose: it learns from tens to
 * hundreds of trials.
 * @param depths number of depths to choose from.
 */
export function initHead(depths: number, rng: Rng): Parameters {
  return {
    'head/hidden/kernel': heNormal([FEATURE_LENGTH, HIDDEN], FEATURE_LENGTH, rng),
    'head/hidden/bias': zeros([HIDDEN]),
    'head/logit/kernel': zeros([HIDDEN, depths]),
    'head/logit/bias': zeros([depths]),
  };
}

export const headShapes = (depths: number): Readonly<Record<string, readonly number[]>> => ({
  'head/hidden/kernel': [FEATURE_LENGTH, HIDDEN],
  'head/hidden/bias': [HIDDEN],
  'head/logit/kernel': [HIDDEN, depths],
  'head/logit/bias': [depths],
});

/** Shift and scale that make each feature zero-mean, unit-variance over the data they were computed on. Not trained. */
export interface Standardization {
  /** [FEATURE_LENGTH] */
  readonly mean: Float32Array;
  /** [FEATURE_LENGTH] 1 / standard deviation. */
  readonly scale: Float32Array;
}

/** @param features [count, FEATURE_LENGTH] */
export function standardizationOf(features: Float32Array): Standardization {
  const count = features.length / FEATURE_LENGTH;
  const mean = new Float32Array(FEATURE_LENGTH);
  const scale = new Float32Array(FEATURE_LENGTH);
  for (let f = 0; f < FEATURE_LENGTH; f++) {
    let [sum, squares] = [0, 0];
    for (let i = f; i < features.length; i += FEATURE_LENGTH) {
      sum += features[i];
      squares += features[i] ** 2;
    }
    mean[f] = sum / count;
    const variance = squares / count - mean[f] ** 2;
    // a feature that never moved in the sample carries nothing: leave it out rather than blow it up
    scale[f] = variance > 1e-6 ? 1 / Math.sqrt(variance) : 0;
  }
  return { mean, scale };
}

/** In place: (x - mean) * scale. @param features [count, FEATURE_LENGTH] */
export function standardize(features: Float32Array, { mean, scale }: Standardization): void {
  for (let i = 0; i < features.length; i += FEATURE_LENGTH) {
    for (let f = 0; f < FEATURE_LENGTH; f++) features[i + f] = (features[i + f] - mean[f]) * scale[f];
  }
}

/** [count, FEATURE_LENGTH] standardised features -> [count, depths] logits. Differentiable. */
export function headLogits(tf: Tf, weights: Tensors, features: Tensor): Tensor {
  const hidden = tf.relu(
    tf.add(
      tf.matMul(features as ReturnType<Tf['tensor2d']>, weights['head/hidden/kernel'] as ReturnType<Tf['tensor2d']>),
      weights['head/hidden/bias'],
    ),
  );
  return tf.add(
    tf.matMul(hidden, weights['head/logit/kernel'] as ReturnType<Tf['tensor2d']>),
    weights['head/logit/bias'],
  );
}

/**
 * Mean binary cross-entropy of the logit of the depth that was tried.
 * @param logits [count, depths]
 * @param labels [count] 0 or 1.
 * @param chosen [count, depths] one-hot.
 */
export function graspLoss(tf: Tf, logits: Tensor, labels: Tensor, chosen: Tensor): Tensor {
  const logit = tf.sum(tf.mul(logits, chosen), 1);
  // log(1 + e^x) - y x, stable for either sign
  const softplus = tf.add(tf.relu(logit), tf.log1p(tf.exp(tf.neg(tf.abs(logit)))));
  return tf.mean(tf.sub(softplus, tf.mul(labels, logit)));
}
