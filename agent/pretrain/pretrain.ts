/** Pretraining of a trunk with its head: one step after another, and the head as learners take it over. */
import type { PretrainedHead } from '../backbones/pretrained-head.ts';
import type { Tf } from '../engine/engine.ts';
import { graspLoss } from '../learner/loss.ts';
import { featureLength } from '../network/features.ts';
import { MEMBERS } from '../network/head.ts';
import { adamStep } from '../network/optimizer.ts';
import { copyParameters, joined, named, type Parameters } from '../network/parameters.ts';
import { standardizationOf } from '../network/standardization.ts';
import {
  lossAndGradients,
  sampleFeatures,
  type Tensor,
  type Tensor2D,
  type Tensors,
  toTensors,
  valuesOf,
} from '../network/tensors.ts';
import { runTrunk, tapsOf } from '../network/trunk-layers.ts';
import { graspAnswers, passiveAnswers } from './answers.ts';
import { type Batch, batchesFor, drawBatch, inputTensor } from './batch.ts';
import { FAMILY_COUNT, REGRESSION_TARGETS } from './passive.ts';
import {
  headOf,
  isTrunk,
  type Pretraining,
  type PretrainSettings,
  standardizationOfHead,
  trunkOf,
} from './pretraining.ts';
import type { SourceScene } from './source-data.ts';
import { SOURCES } from './sources.ts';

/** Weight of the passive loss beside the grasp loss. */
const PASSIVE_WEIGHT = 0.5;
const WARMUP_STEPS = 200;

/** Mean squared error of the geometry plus a tenth of the cross-entropy of the family (on objects only). */
function passiveLoss(tf: Tf, out: Tensor2D, batch: Batch): Tensor {
  const rows = batch.count * batch.questions;
  const values = tf.slice(out, [0, 0], [rows, REGRESSION_TARGETS.length]);
  const family = tf.slice(out, [0, REGRESSION_TARGETS.length], [rows, FAMILY_COUNT]);
  const truth = tf.tensor2d(batch.targets, [rows, REGRESSION_TARGETS.length]);
  const labels = tf.tensor2d(batch.family, [rows, FAMILY_COUNT]);
  const geometry = tf.mean(tf.square(tf.sub(values, truth)));
  // log-softmax by hand, so that its gradient is made of plain kernels
  const shifted = tf.sub(family, tf.max(family, 1, true));
  const logSum = tf.log(tf.sum(tf.exp(shifted), 1, true));
  const entropy = tf.neg(tf.sum(tf.mul(labels, tf.sub(shifted, logSum))));
  return tf.add(geometry, tf.mul(entropy, 0.1 / rows));
}

function lossOf(tf: Tf, weights: Tensors, batch: Batch, { layers, source }: PartOfStep['settings']): Tensor {
  const taps = runTrunk(tf, weights, inputTensor(tf, batch), layers);
  const { grasp, passive } = SOURCES[source];
  const losses: Tensor[] = [];
  if (grasp) {
    const [y, chosen] = [tf.tensor2d(batch.held, [batch.count, 1]), tf.ones([batch.count, 1, 1])];
    const mask = tf.tensor2d(batch.mask, [batch.count, MEMBERS]);
    losses.push(graspLoss(tf, graspAnswers(tf, weights, taps, batch), y, chosen, mask));
  }
  if (passive) {
    const loss = passiveLoss(tf, passiveAnswers(tf, weights, taps, batch), batch);
    losses.push(grasp ? tf.mul(loss, PASSIVE_WEIGHT) : loss);
  }
  return losses.length > 1 ? tf.add(losses[0], losses[1]) : losses[0];
}

/** Whether a weight learns. */
function learns(name: string, { source, frozen }: Pick<PretrainSettings, 'source' | 'frozen'>): boolean {
  if (isTrunk(name)) return !frozen;
  if (name.startsWith('head/')) return SOURCES[source].grasp;
  return name.startsWith('passive/') && SOURCES[source].passive;
}

/** Parts of a step's batch, each of as many windows. Their gradients are added in order, so it does not matter who computes them. */
const PARTS = 2;

/** Gradients of one part of a step's batch, to be computed by any thread. Plain data. */
export interface PartOfStep {
  /** Those that learn, and a frozen trunk with its standardisation. */
  readonly parameters: Parameters;
  readonly fixed: Parameters;
  readonly batch: Batch;
  readonly settings: Pick<PretrainSettings, 'layers' | 'source'>;
}

export interface PartResult {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Float32Array>>;
}

/** The loss of one part, and its gradients. */
export function partOfStep(tf: Tf, { parameters, fixed, batch, settings }: PartOfStep): PartResult {
  const others = toTensors(tf, fixed);
  try {
    return lossAndGradients(tf, parameters, (weights) => lossOf(tf, { ...others, ...weights }, batch, settings));
  } finally {
    tf.dispose(others);
  }
}

/**
 * One step on scenes drawn from those given.
 * @param elsewhere has another thread compute a part, if one is free.
 * @returns the loss before it.
 */
export async function pretrainStep(
  tf: Tf,
  state: Pretraining,
  scenes: readonly SourceScene[],
  settings: PretrainSettings,
  elsewhere?: (part: PartOfStep) => Promise<PartResult> | undefined,
): Promise<number> {
  const step = state.step++;
  const parameters = named(state.parameters, (name) => learns(name, settings));
  const fixed = settings.frozen ? named(state.parameters, (name) => isTrunk(name) || name.startsWith('norm/')) : {};
  const { layers, source } = settings;
  const parts = Array.from({ length: PARTS }, (_, i): PartOfStep => {
    const part = { ...settings, batchSize: Math.ceil(settings.batchSize / PARTS) };
    return {
      parameters,
      fixed,
      settings: { layers, source },
      batch: drawBatch(scenes, part, 'batch', step * PARTS + i),
    };
  });
  // the last ones go elsewhere first, and are computed there meanwhile
  const away = parts.map((part, i) => (i > 0 ? elsewhere?.(part) : undefined));
  const here = parts.map((part, i) => (away[i] ? undefined : partOfStep(tf, part)));
  const results = await Promise.all(parts.map((_, i) => here[i] ?? (away[i] as Promise<PartResult>)));
  const share = Math.min(step / settings.steps, 1);
  const pace = Math.min(1, step / WARMUP_STEPS) * 0.5 * (1 + Math.cos(Math.PI * share));
  adamStep(state.adam, parameters, meanGradients(results), pace);
  return results.reduce((sum, { loss }) => sum + loss, 0) / PARTS;
}

function meanGradients(results: readonly PartResult[]): Record<string, Float32Array> {
  const [first, ...others] = results;
  return Object.fromEntries(
    Object.entries(first.gradients).map(([name, values]) => {
      const mean = values.slice();
      for (const { gradients } of others) for (let i = 0; i < mean.length; i++) mean[i] += gradients[name][i];
      for (let i = 0; i < mean.length; i++) mean[i] /= PARTS;
      return [name, mean];
    }),
  );
}

/** Batches of grasps whose features set the standardisation, at most. */
const STANDARDIZE_BATCHES = 40;

/**
 * The head as learners take it over: on standardised features. It answers as before; only its coordinates change.
 * @param scenes of the training split.
 */
export function standardizedHead(
  tf: Tf,
  state: Pretraining,
  scenes: readonly SourceScene[],
  settings: PretrainSettings,
): PretrainedHead {
  if (settings.frozen)
    return { parameters: copyParameters(headOf(state)), standardization: standardizationOfHead(state) };
  const length = featureLength(tapsOf(state.layers));
  const batches = batchesFor(scenes, settings, STANDARDIZE_BATCHES);
  const parts = Array.from({ length: batches }, (_, b) => graspFeatures(tf, state, scenes, settings, b));
  const standardization = standardizationOf(joined(parts), length);
  const { mean, scale } = standardization;
  const head = copyParameters(headOf(state));
  const [kernel, bias] = [head['head/hidden/kernel'].values, head['head/hidden/bias'].values];
  for (let f = 0; f < length; f++) {
    for (let u = 0; u < bias.length; u++) {
      bias[u] += mean[f] * kernel[f * bias.length + u];
      // a feature that never moves is left out by its scale of 0
      kernel[f * bias.length + u] *= scale[f] > 0 ? 1 / scale[f] : 0;
    }
  }
  return { parameters: head, standardization };
}

/** [batch size, feature length] features of grasps drawn from scenes. */
function graspFeatures(
  tf: Tf,
  { parameters }: Pretraining,
  scenes: readonly SourceScene[],
  settings: PretrainSettings,
  index: number,
): Float32Array {
  const batch = drawBatch(scenes, { ...settings, source: 'grasp' }, 'standardize', index);
  const weights = toTensors(tf, trunkOf({ parameters }));
  const features = tf.tidy(() =>
    sampleFeatures(tf, runTrunk(tf, weights, inputTensor(tf, batch), settings.layers), batch.graspPoints, 1),
  );
  const out = valuesOf(features);
  for (const t of [features, ...Object.values(weights)]) t.dispose();
  return out;
}
