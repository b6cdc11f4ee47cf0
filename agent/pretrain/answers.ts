/** Answers: what a network in pretraining says of a batch. */
import type { Tf } from '../engine/engine.ts';
import { headLogits } from '../network/head.ts';
import { sampleFeatures, type Tensor, type Tensor2D, type Tensors, toTensors, valuesOf } from '../network/tensors.ts';
import { runTrunk } from '../network/trunk-layers.ts';
import { type Batch, drawBatch, inputTensor } from './batch.ts';
import type { Pretraining, PretrainSettings } from './pretraining.ts';
import type { SourceScene } from './source-data.ts';

/** [count, 1, MEMBERS] logits of the grasps. */
export function graspAnswers(tf: Tf, weights: Tensors, taps: readonly Tensor[], batch: Batch): Tensor {
  const features = standardized(tf, weights, sampleFeatures(tf, taps, batch.graspPoints, 1));
  const hand = tf.matMul(
    tf.tensor2d(batch.descriptors, [batch.count, batch.descriptors.length / batch.count]),
    weights['head/descriptor/kernel'] as Tensor2D,
  );
  return headLogits(tf, weights, features, tf.add(hand, weights['head/hidden/bias']));
}

/** Features as the head of a frozen trunk reads them; as they come on one that learns. */
const standardized = (tf: Tf, { 'norm/mean': mean, 'norm/scale': scale }: Tensors, features: Tensor): Tensor =>
  mean && scale ? tf.mul(tf.sub(features, mean), scale) : features;

/** [count * questions, REGRESSION_TARGETS.length + families]. */
export function passiveAnswers(tf: Tf, weights: Tensors, taps: readonly Tensor[], batch: Batch): Tensor2D {
  const features = sampleFeatures(tf, taps, batch.questionPoints, batch.questions);
  const hidden = tf.relu(
    tf.add(
      tf.matMul(features as Tensor2D, weights['passive/hidden/kernel'] as Tensor2D),
      weights['passive/hidden/bias'],
    ),
  );
  return tf.add(
    tf.matMul(hidden as Tensor2D, weights['passive/out/kernel'] as Tensor2D),
    weights['passive/out/bias'],
  ) as Tensor2D;
}

/** What a batch was answered, and what was right; for the probe. */
export interface Answers {
  /** [count * questions, targets], and whether each grasp held with its mean logit. */
  readonly targets: Float32Array;
  readonly predicted: Float32Array;
  readonly width: number;
  readonly family: Float32Array;
  readonly held: Float32Array;
  readonly logits: Float32Array;
}

/** Answers on one batch drawn from scenes. */
export function probeBatch(
  tf: Tf,
  { parameters }: Pick<Pretraining, 'parameters'>,
  scenes: readonly SourceScene[],
  settings: PretrainSettings,
  index: number,
): Answers {
  const batch = drawBatch(scenes, { ...settings, source: 'grasp+passive' }, 'probe', index);
  const weights = toTensors(tf, parameters);
  const [logits, out]: Tensor[] = tf.tidy(() => {
    const taps = runTrunk(tf, weights, inputTensor(tf, batch), settings.layers);
    return [tf.mean(graspAnswers(tf, weights, taps, batch), [1, 2]), passiveAnswers(tf, weights, taps, batch)];
  });
  const answers = {
    targets: batch.targets,
    family: batch.family,
    held: batch.held,
    width: out.shape[1] as number,
    predicted: valuesOf(out),
    logits: valuesOf(logits),
  };
  for (const t of [logits, out, ...Object.values(weights)]) t.dispose();
  return answers;
}
