import type { Rng } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import { type Architecture, layersOf } from '../network/architecture.ts';
import { samplingMatrices } from '../network/features.ts';
import type { Gradients } from '../network/form.ts';
import { graspLoss, headLogits, MEMBERS, type Standardization, standardize } from '../network/head.ts';
import { lossAndGradients, sampleFeatures, type Tensor, type Tensors, toTensors } from '../network/network.ts';
import { joined, type Parameters } from '../network/parameters.ts';
import { runBackbone, tapsOf } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS } from '../network/window.ts';
import { augmentCrop, CROP, VARIANTS } from './experience.ts';

/** What one valid trial teaches. `data`: cached features (frozen) or a padded crop (end to end). */
export interface Sample {
  readonly data: Float32Array;
  /** Index among the grasp shapes. */
  readonly shape: number;
  readonly held: boolean;
}

/** A sample in the replay, with the members of the head that learn from it. */
export interface StoredSample extends Sample {
  /** [MEMBERS] 0 or 1. */
  readonly members: Float32Array;
}

/** What a step differentiates. */
export interface StepInput {
  /** Weights with gradients. */
  readonly moving: Parameters;
  /** The network's other weights that the step runs. */
  readonly still: Parameters;
  readonly architecture: Architecture;
  readonly shapeCount: number;
  readonly standardization: Standardization;
  readonly batch: readonly StoredSample[];
  /** Of the augmentation. */
  readonly rng: Rng;
}

export interface StepResult {
  readonly loss: number;
  /** By name, of {@link StepInput.moving}. */
  readonly gradients: Gradients;
}

function lossOf(tf: Tf, logits: Tensor, batch: readonly StoredSample[], shapeCount: number): Tensor {
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
  return graspLoss(tf, logits, y, d, m);
}

/** Loss and gradients of the head alone, on cached features. */
export function headStep(tf: Tf, { moving, shapeCount, standardization, batch, rng }: StepInput): StepResult {
  const { length } = standardization.mean;
  const features = new Float32Array(batch.length * length);
  batch.forEach(({ data }, i) => {
    const variant = rng.int(VARIANTS) * length;
    features.set(data.subarray(variant, variant + length), i * length);
  });
  standardize(features, standardization);
  return lossAndGradients(tf, moving, (weights) => {
    const logits = headLogits(tf, weights, tf.tensor2d(features, [batch.length, length]));
    return lossOf(tf, logits, batch, shapeCount);
  });
}

/** A batch of shifted and mirrored crops, and a function from weights to its features [batch, feature length]. */
function augmentedBatch(
  tf: Tf,
  architecture: Architecture,
  batch: readonly Sample[],
  rng: Rng,
): (weights: Tensors) => Tensor {
  const { rows, cols } = CROP;
  const cell = rows * cols * INPUT_CHANNELS;
  const input = new Float32Array(batch.length * cell);
  const points = batch.map(({ data }, i) => [augmentCrop(data, rng, input, i * cell)]);
  const layers = layersOf(architecture);
  const matrices = samplingMatrices(tapsOf(layers), points, rows, cols);
  return (weights) => {
    const taps = runBackbone(tf, weights, tf.tensor4d(input, [batch.length, rows, cols, INPUT_CHANNELS]), layers);
    return sampleFeatures(tf, taps, matrices, 1);
  };
}

/** Loss and gradients of trunk and head, or of some of their weights, on shifted and mirrored crops. */
export function networkStep(tf: Tf, input: StepInput): StepResult {
  const { moving, still, architecture, shapeCount, standardization, batch, rng } = input;
  const features = augmentedBatch(tf, architecture, batch, rng);
  return lossAndGradients(tf, moving, (learning) => {
    const weights = { ...toTensors(tf, still), ...learning };
    const standard = tf.mul(tf.sub(features(weights), standardization.mean), standardization.scale);
    return lossOf(tf, headLogits(tf, weights, standard), batch, shapeCount);
  });
}

/** Crops that go through the trunk at once. */
const BATCH = 16;

/** Features of shifted and mirrored crops, [samples, feature length]. */
export function cropFeatures(
  tf: Tf,
  architecture: Architecture,
  trunk: Parameters,
  samples: readonly Sample[],
  rng: Rng,
): Float32Array {
  const parts: Float32Array[] = [];
  for (let i = 0; i < samples.length; i += BATCH) {
    const features = augmentedBatch(tf, architecture, samples.slice(i, i + BATCH), rng);
    const tensor = tf.tidy(() => features(toTensors(tf, trunk)));
    parts.push(tensor.dataSync<'float32'>().slice());
    tensor.dispose();
  }
  return joined(parts);
}
