/** Loss of the grasp head: binary cross-entropy of the logit of the grasp shape that was tried. */
import type { Tf } from '../engine/engine.ts';
import { MEMBERS } from '../network/head.ts';
import type { Tensor } from '../network/tensors.ts';
import type { StoredSample } from './replay.ts';

/**
 * Mean binary cross-entropy of the logit of the shape that was tried, over the members that learn from the trial.
 * @param logits [count, shapes, MEMBERS]
 * @param labels [count, 1] 0 or 1.
 * @param chosen [count, shapes, 1] one-hot.
 * @param mask   [count, MEMBERS] 1 where a member learns from the trial.
 * @param prior  [count, 1] logits that the head's are added to; none if left out.
 */
export function graspLoss(
  tf: Tf,
  logits: Tensor,
  labels: Tensor,
  chosen: Tensor,
  mask: Tensor,
  prior?: Tensor,
): Tensor {
  const learned = tf.sum(tf.mul(logits, chosen), 1); // [count, MEMBERS]
  const logit = prior ? tf.add(learned, prior) : learned;
  // log(1 + e^x) - y x, stable for either sign
  const softplus = tf.add(tf.relu(logit), tf.log1p(tf.exp(tf.neg(tf.abs(logit)))));
  const loss = tf.sub(softplus, tf.mul(logit, labels));
  // a batch from which no member learns has no loss
  return tf.div(tf.sum(tf.mul(loss, mask)), tf.maximum(tf.sum(mask), 1));
}

/** {@link graspLoss} of a batch from the replay buffer. @param logits [batch, shapes, MEMBERS] */
export function batchLoss(tf: Tf, logits: Tensor, batch: readonly StoredSample[], shapeCount: number): Tensor {
  const count = batch.length;
  const chosen = new Float32Array(count * shapeCount);
  const mask = new Float32Array(count * MEMBERS);
  batch.forEach((s, i) => {
    chosen[i * shapeCount + s.shape] = 1;
    mask.set(s.members, i * MEMBERS);
  });
  const labels = Float32Array.from(batch, (s) => (s.held ? 1 : 0));
  const [y, d, m] = [
    tf.tensor2d(labels, [count, 1]),
    tf.tensor3d(chosen, [count, shapeCount, 1]),
    tf.tensor2d(mask, [count, MEMBERS]),
  ];
  const primed = batch.some((s) => s.prior !== undefined);
  const prior = primed
    ? tf.tensor2d(
        Float32Array.from(batch, (s) => s.prior ?? 0),
        [count, 1],
      )
    : undefined;
  return graspLoss(tf, logits, y, d, m, prior);
}
