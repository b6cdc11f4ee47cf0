import { cellCentre, type Heightmap } from '../../sim/camera/heightmap.ts';
import { type Rng, rngStream } from '../../sim/math/rng.ts';
import { SOURCE_FAMILIES } from '../../sim/objects/families.ts';
import { DESCRIPTOR_KEYS } from '../backbones/descriptor.ts';
import { handBias, type PretrainedHead } from '../backbones/pretrained-head.ts';
import type { Tf } from '../engine/engine.ts';
import { graspLoss } from '../learner/loss.ts';
import { featureLength, samplingMatrices } from '../network/features.ts';
import { headLogits, initHead, MEMBERS } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import { type Adam, adamStep, createAdam } from '../network/optimizer.ts';
import { copyParameters, heNormal, joined, type Parameter, type Parameters, zeros } from '../network/parameters.ts';
import { identityStandardization, standardizationOf } from '../network/standardization.ts';
import { lossAndGradients, sampleFeatures, type Tensor, type Tensors, toTensors } from '../network/tensors.ts';
import { CROP, initTrunk, type Layer, runTrunk, tapsOf } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS, toWindow, type Window, writeInput } from '../network/window.ts';
import { drawQuestions, type Question, REGRESSION_TARGETS } from './passive.ts';
import { type SourceGrasp, type SourceScene, sourceMap, sourceTruth } from './source-data.ts';
import { SOURCES, type Source } from './sources.ts';

/** How a trunk is trained. */
export interface PretrainSettings {
  readonly source: Source;
  readonly layers: readonly Layer[];
  readonly seed: number;
  readonly batchSize: number;
  /** Passive questions about each window. */
  readonly questions: number;
  /** The highest; it warms up over the first steps and falls to zero along a cosine. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Steps in all. */
  readonly steps: number;
}

/** Hidden units of the passive tasks' decoder, and of each member of the pretrained head. */
const DECODER = 96;
const HEAD_HIDDEN = 64;
/** Weight of the passive loss beside the grasp loss. */
const PASSIVE_WEIGHT = 0.5;
const WARMUP_STEPS = 200;
/** Largest shift of the window against the grasp, cells, and error of its angle, radians, and of the grasp point, cells. */
const JITTER = { shift: 4, yaw: 0.06, point: 0.3 } as const;
const FAMILY_COUNT = SOURCE_FAMILIES.length;

/** Everything that pretraining changes: saved and restored bit for bit. */
export interface Pretraining {
  readonly layers: readonly Layer[];
  /** Trunk, `head/...`, `head/descriptor/kernel` and `passive/...`. */
  readonly parameters: Parameters;
  readonly adam: Adam;
  step: number;
}

export function createPretraining({ layers, seed, learningRate, weightDecay }: PretrainSettings): Pretraining {
  const length = featureLength(tapsOf(layers));
  const rng = rngStream(seed, 'pretrain/heads');
  const outputs = REGRESSION_TARGETS.length + FAMILY_COUNT;
  const units = MEMBERS * HEAD_HIDDEN;
  const parameters = {
    ...initTrunk(rngStream(seed, 'pretrain/trunk'), layers),
    ...initHead(length, 1, rng, HEAD_HIDDEN),
    'head/descriptor/kernel': heNormal([DESCRIPTOR_KEYS.length, units], DESCRIPTOR_KEYS.length, rng),
    'passive/hidden/kernel': heNormal([length, DECODER], length, rng),
    'passive/hidden/bias': zeros([DECODER]),
    'passive/out/kernel': heNormal([DECODER, outputs], DECODER * 4, rng),
    'passive/out/bias': zeros([outputs]),
  };
  return { layers, parameters, adam: createAdam(parameters, learningRate, weightDecay), step: 0 };
}

/** The weights whose names are to be kept. */
const named = (parameters: Parameters, keep: (name: string) => boolean): Parameters =>
  Object.fromEntries(Object.entries(parameters).filter(([name]) => keep(name)));

const isTrunk = (name: string): boolean => !name.startsWith('head/') && !name.startsWith('passive/');

/** The trunk alone. */
export const trunkOf = ({ parameters }: Pick<Pretraining, 'parameters'>): Parameters => named(parameters, isTrunk);

/** The head as it stands, on features as they come, with its descriptor weights. */
export const headOf = ({ parameters }: Pick<Pretraining, 'parameters'>): Parameters =>
  named(parameters, (name) => name.startsWith('head/'));

/** The policy for one hand, as it stands. */
export function handModel(
  { layers, parameters }: Pick<Pretraining, 'layers' | 'parameters'>,
  descriptor: Float32Array,
): Model {
  const { 'head/descriptor/kernel': _, ...head } = headOf({ parameters });
  const bias: Parameter = {
    shape: head['head/hidden/bias'].shape,
    values: handBias(headOf({ parameters }), descriptor),
  };
  return {
    architecture: { kind: 'own', layers },
    trunk: trunkOf({ parameters }),
    head: { ...head, 'head/hidden/bias': bias },
    standardization: identityStandardization(featureLength(tapsOf(layers))),
  };
}

/** Windows around grasps, with what is asked about them. */
interface Batch {
  readonly count: number;
  readonly input: Float32Array;
  /** Sampling matrices of the grasp points, and of the passive questions. */
  readonly graspPoints: Float32Array[];
  readonly questionPoints: Float32Array[];
  /** [count, DESCRIPTOR_KEYS.length] */
  readonly descriptors: Float32Array;
  /** [count, 1] */
  readonly held: Float32Array;
  /** [count, MEMBERS] which members of the head learn from a grasp. */
  readonly mask: Float32Array;
  /** [count * questions, REGRESSION_TARGETS.length], and [count * questions, families] one-hot, zero on the table. */
  readonly targets: Float32Array;
  readonly family: Float32Array;
  readonly questions: number;
}

/** A window around a place, turned, shifted and mirrored at random, and where the place is in it: [col, row]. */
function drawWindow(map: Heightmap, [x, y]: readonly [number, number], yaw: number, rng: Rng) {
  const cells = (most: number): number => rng.range(-most, most) * map.cell;
  const window: Window = {
    centre: [x + cells(JITTER.shift), y + cells(JITTER.shift)],
    yaw: yaw + rng.range(-JITTER.yaw, JITTER.yaw),
    rows: CROP.rows,
    cols: CROP.cols,
    flipX: rng.next() < 0.5,
    flipY: rng.next() < 0.5,
  };
  return { window, point: toWindow(window, map.cell, x + cells(JITTER.point), y + cells(JITTER.point)) };
}

/** Where a window is laid: around a grasp, or anywhere near an object when none was tried. */
function drawPlace(
  scene: SourceScene,
  source: Source,
  rng: Rng,
): { at: readonly [number, number]; yaw: number; grasp?: SourceGrasp } {
  if (SOURCES[source].grasp && scene.grasps.length > 0) {
    const grasp = rng.pick(scene.grasps);
    const { size } = scene;
    return { at: cellCentre(scene, Math.floor(grasp.cell / size), grasp.cell % size), yaw: grasp.yaw, grasp };
  }
  const [x, y] = rng.pick(scene.centres);
  return { at: [x + rng.range(-0.03, 0.03), y + rng.range(-0.03, 0.03)], yaw: rng.range(0, Math.PI) };
}

function drawBatch(
  scenes: readonly SourceScene[],
  { layers, batchSize: count, questions, seed, source }: PretrainSettings,
  purpose: string,
  index: number,
): Batch {
  const rng = rngStream(seed, `pretrain/${purpose}`, index);
  const { rows, cols } = CROP;
  const input = new Float32Array(count * rows * cols * INPUT_CHANNELS);
  const descriptors = new Float32Array(count * DESCRIPTOR_KEYS.length);
  const [held, mask] = [new Float32Array(count), new Float32Array(count * MEMBERS)];
  const points: (readonly [number, number])[][] = [];
  const asked: Question[][] = [];
  for (let b = 0; b < count; b++) {
    const scene = rng.pick(scenes);
    const map = sourceMap(scene);
    const { at, yaw, grasp } = drawPlace(scene, source, rng);
    const { window, point } = drawWindow(map, at, yaw, rng);
    writeInput(map, window, input, b * rows * cols * INPUT_CHANNELS);
    descriptors.set(scene.descriptor, b * DESCRIPTOR_KEYS.length);
    held[b] = grasp?.held ? 1 : 0;
    if (grasp) for (let m = 0; m < MEMBERS; m++) mask[b * MEMBERS + m] = rng.next() < 0.8 ? 1 : 0;
    points.push([point]);
    asked.push(SOURCES[source].passive ? drawQuestions(map, sourceTruth(scene), window, questions, rng) : []);
  }
  const flat = asked.flat();
  const family = new Float32Array(flat.length * FAMILY_COUNT);
  flat.forEach((q, i) => {
    if (q.family >= 0) family[i * FAMILY_COUNT + q.family] = 1;
  });
  const taps = tapsOf(layers);
  return {
    ...{ count, input, descriptors, held, mask, family, questions },
    graspPoints: samplingMatrices(taps, points, rows, cols),
    questionPoints: samplingMatrices(
      taps,
      asked.map((qs) => qs.map((q) => q.point)),
      rows,
      cols,
    ),
    targets: Float32Array.from(flat.flatMap((q) => q.targets)),
  };
}

type T2 = ReturnType<Tf['tensor2d']>;

/** [count, 1, MEMBERS] logits of the grasps. */
function graspAnswers(tf: Tf, weights: Tensors, taps: readonly Tensor[], batch: Batch): Tensor {
  const features = sampleFeatures(tf, taps, batch.graspPoints, 1);
  const hand = tf.matMul(
    tf.tensor2d(batch.descriptors, [batch.count, DESCRIPTOR_KEYS.length]),
    weights['head/descriptor/kernel'] as T2,
  );
  return headLogits(tf, weights, features, tf.add(hand, weights['head/hidden/bias']));
}

/** [count * questions, REGRESSION_TARGETS.length + families]. */
function passiveAnswers(tf: Tf, weights: Tensors, taps: readonly Tensor[], batch: Batch): T2 {
  const features = sampleFeatures(tf, taps, batch.questionPoints, batch.questions);
  const hidden = tf.relu(
    tf.add(tf.matMul(features as T2, weights['passive/hidden/kernel'] as T2), weights['passive/hidden/bias']),
  );
  return tf.add(tf.matMul(hidden as T2, weights['passive/out/kernel'] as T2), weights['passive/out/bias']) as T2;
}

/** Mean squared error of the geometry plus a tenth of the cross-entropy of the family (on objects only). */
function passiveLoss(tf: Tf, out: T2, batch: Batch): Tensor {
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

const inputTensor = (tf: Tf, { input, count }: Batch) =>
  tf.tensor4d(input, [count, CROP.rows, CROP.cols, INPUT_CHANNELS]);

function lossOf(tf: Tf, weights: Tensors, batch: Batch, { layers, source }: PretrainSettings): Tensor {
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

/** The weights that a source trains. */
const trained = (parameters: Parameters, source: Source): Parameters =>
  named(
    parameters,
    (name) => isTrunk(name) || (name.startsWith('head/') ? SOURCES[source].grasp : SOURCES[source].passive),
  );

/** One step on scenes drawn from those given. @returns the loss before it. */
export function pretrainStep(
  tf: Tf,
  state: Pretraining,
  scenes: readonly SourceScene[],
  settings: PretrainSettings,
): number {
  const step = state.step++;
  const batch = drawBatch(scenes, settings, 'batch', step);
  const parameters = trained(state.parameters, settings.source);
  const { loss, gradients } = lossAndGradients(tf, parameters, (weights) => lossOf(tf, weights, batch, settings));
  const share = Math.min(step / settings.steps, 1);
  adamStep(state.adam, parameters, gradients, Math.min(1, step / WARMUP_STEPS) * 0.5 * (1 + Math.cos(Math.PI * share)));
  return loss;
}

/** Batches of grasps whose features set the standardisation. */
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
  const length = featureLength(tapsOf(state.layers));
  const parts = Array.from({ length: STANDARDIZE_BATCHES }, (_, b) => graspFeatures(tf, state, scenes, settings, b));
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
  const out = values(features);
  for (const t of [features, ...Object.values(weights)]) t.dispose();
  return out;
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

const values = (tensor: Tensor): Float32Array => tensor.dataSync<'float32'>().slice();

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
    ...{ targets: batch.targets, family: batch.family, held: batch.held, width: out.shape[1] as number },
    predicted: values(out),
    logits: values(logits),
  };
  for (const t of [logits, out, ...Object.values(weights)]) t.dispose();
  return answers;
}
