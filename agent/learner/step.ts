/** One gradient step: loss and gradients of the head on cached features, or of the network on augmented crops. */
import type { Rng } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import { type Architecture, layersOf } from '../network/architecture.ts';
import { samplingMatrices } from '../network/features.ts';
import { headLogits } from '../network/head.ts';
import { joined, type Parameters } from '../network/parameters.ts';
import type { Gradients } from '../network/parametrization.ts';
import { type Standardization, standardize } from '../network/standardization.ts';
import { lossAndGradients, sampleFeatures, type Tensor, type Tensors, toTensors } from '../network/tensors.ts';
import { CROP, runTrunk, tapsOf } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS } from '../network/window.ts';
import { augmentCrop, VARIANTS } from './augmentation.ts';
import { batchLoss } from './loss.ts';
import type { Sample, StoredSample } from './replay.ts';

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
    return batchLoss(tf, logits, batch, shapeCount);
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
    const taps = runTrunk(tf, weights, tf.tensor4d(input, [batch.length, rows, cols, INPUT_CHANNELS]), layers);
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
    return batchLoss(tf, headLogits(tf, weights, standard), batch, shapeCount);
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
