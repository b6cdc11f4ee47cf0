import { TRAINING_FAMILIES } from '../sim/families.ts';
import type { Heightmap } from '../sim/heightmap.ts';
import { observe, type SensorSettings } from '../sim/observation.ts';
import type { PhysicsSettings } from '../sim/physics.ts';
import { type Rng, rngStream } from '../sim/rng.ts';
import { type SceneSettings, sampleScene } from '../sim/scene.ts';
import { initBackbone, runBackbone, TAPS } from './backbone.ts';
import type { Tf } from './engine.ts';
import { featureLength, samplingMatrices } from './features.ts';
import { lossAndGradients, sampleFeatures, type Tensor, type Tensors, toTensors } from './network.ts';
import { adamStep, createAdam, heNormal, type Parameters, zeros } from './parameters.ts';
import { drawQuestions, type Question, REGRESSION_TARGETS, sceneTruth, type Truth } from './passive.ts';
import { INPUT_CHANNELS, type Window, writeInput } from './window.ts';

/** Pretraining on passive tasks. No grasp is tried, and no evaluation family is seen. */
export interface PretrainSettings {
  readonly seed: number;
  /** Rendered training scenes. */
  readonly scenes: number;
  /** Scenes for the probe, from the evaluation split. */
  readonly probeScenes: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

export const PRETRAIN_DEFAULTS: PretrainSettings = {
  seed: 0,
  scenes: 3000,
  probeScenes: 200,
  steps: 4000,
  batchSize: 16,
  learningRate: 2e-3,
};

const SIDE = 64;
const QUESTIONS = 48;
const DECODER = 96;
const FAMILY_COUNT = TRAINING_FAMILIES.length;

/** One rendered scene: what the camera shows, and what is there. */
interface Example {
  readonly map: Heightmap;
  readonly truth: Truth;
}

/** The view varies a good deal more than any scenario's does: camera, noise, light and number of objects. */
function exampleAt(
  settings: { readonly physics: PhysicsSettings; readonly scene: SceneSettings; readonly sensor: SensorSettings },
  seed: number,
  split: 'training' | 'evaluation',
  index: number,
): Example {
  const rng = rngStream(seed, `pretrain/${split}`, index);
  const objectCount = rng.next() < 0.6 ? 1 : 2 + rng.int(4);
  const scene = sampleScene(
    { ...settings.scene, families: TRAINING_FAMILIES, objectCount, workspaceHalfWidth: 0.17 },
    settings.physics,
    seed,
    split,
    index,
  );
  const noisy = rng.range(0, 0.003);
  const sensor: SensorSettings = {
    ...settings.sensor,
    eye: [rng.range(-0.25, 0.25), rng.range(-0.3, 0.1), rng.range(0.45, 0.7)],
    noise: { model: 'gaussian-field', field: noisy, pixel: rng.range(0, 0.002), dropout: rng.range(0, 0.03) },
    randomLight: true,
  };
  const { heightmap } = observe(scene, sensor, rng);
  return { map: heightmap, truth: sceneTruth(scene, heightmap.size, heightmap.cell, TRAINING_FAMILIES) };
}

/** A batch of questions about randomly placed, turned and mirrored windows. */
interface Batch {
  readonly input: Float32Array;
  readonly matrices: Float32Array[];
  /** [batch * questions, targets] */
  readonly targets: Float32Array;
  /** [batch * questions, families] one-hot; all zero on the table. */
  readonly family: Float32Array;
  readonly count: number;
}

function drawBatch(examples: readonly Example[], size: number, rng: Rng): Batch {
  const cell = SIDE * SIDE * INPUT_CHANNELS;
  const input = new Float32Array(size * cell);
  const questions: Question[][] = [];
  for (let b = 0; b < size; b++) {
    const { map, truth } = rng.pick(examples);
    const near = rng.pick(truth.centres);
    const window: Window = {
      centre: [near[0] + rng.range(-0.04, 0.04), near[1] + rng.range(-0.04, 0.04)],
      yaw: rng.range(0, Math.PI),
      rows: SIDE,
      cols: SIDE,
      flipX: rng.next() < 0.5,
      flipY: rng.next() < 0.5,
    };
    writeInput(map, window, input, b * cell);
    questions.push(drawQuestions(map, truth, window, QUESTIONS, rng));
  }
  const flat = questions.flat();
  const family = new Float32Array(flat.length * FAMILY_COUNT);
  flat.forEach((q, i) => {
    if (q.family >= 0) family[i * FAMILY_COUNT + q.family] = 1;
  });
  return {
    input,
    matrices: samplingMatrices(
      TAPS,
      questions.map((qs) => qs.map((q) => q.point)),
      SIDE,
      SIDE,
    ),
    targets: Float32Array.from(flat.flatMap((q) => q.targets)),
    family,
    count: size,
  };
}

function initDecoder(rng: Rng): Parameters {
  const outputs = REGRESSION_TARGETS.length + FAMILY_COUNT;
  const length = featureLength(TAPS);
  return {
    'passive/hidden/kernel': heNormal([length, DECODER], length, rng),
    'passive/hidden/bias': zeros([DECODER]),
    'passive/out/kernel': heNormal([DECODER, outputs], DECODER * 4, rng),
    'passive/out/bias': zeros([outputs]),
  };
}

type T2 = ReturnType<Tf['tensor2d']>;

function answers(tf: Tf, weights: Tensors, batch: Batch): { values: Tensor; family: Tensor } {
  const taps = runBackbone(tf, weights, tf.tensor4d(batch.input, [batch.count, SIDE, SIDE, INPUT_CHANNELS]));
  const features = sampleFeatures(tf, taps, batch.matrices, QUESTIONS);
  const hidden = tf.relu(
    tf.add(tf.matMul(features as T2, weights['passive/hidden/kernel'] as T2), weights['passive/hidden/bias']),
  );
  const out = tf.add(tf.matMul(hidden, weights['passive/out/kernel'] as T2), weights['passive/out/bias']) as T2;
  const rows = batch.count * QUESTIONS;
  return {
    values: tf.slice(out, [0, 0], [rows, REGRESSION_TARGETS.length]),
    family: tf.slice(out, [0, REGRESSION_TARGETS.length], [rows, FAMILY_COUNT]),
  };
}

/** Mean squared error of the geometry plus a tenth of the cross-entropy of the family (on objects only). */
function passiveLoss(tf: Tf, weights: Tensors, batch: Batch): Tensor {
  const { values, family } = answers(tf, weights, batch);
  const rows = batch.count * QUESTIONS;
  const truth = tf.tensor2d(batch.targets, [rows, REGRESSION_TARGETS.length]);
  const labels = tf.tensor2d(batch.family, [rows, FAMILY_COUNT]);
  const geometry = tf.mean(tf.square(tf.sub(values, truth)));
  // log-softmax by hand, so that its gradient is made of plain kernels
  const shifted = tf.sub(family, tf.max(family, 1, true));
  const logSum = tf.log(tf.sum(tf.exp(shifted), 1, true));
  const entropy = tf.neg(tf.sum(tf.mul(labels, tf.sub(shifted, logSum))));
  return tf.add(geometry, tf.mul(entropy, 0.1 / rows));
}

/** How well the trunk's features answer, on scenes not trained on. */
export interface ProbeResult {
  /** 1 - residual variance / variance, by target. */
  readonly explained: Readonly<Record<string, number>>;
  /** Share of object points whose family is named right. */
  readonly familyAccuracy: number;
}

export interface PretrainResult {
  readonly trunk: Parameters;
  readonly loss: number;
  readonly probe: ProbeResult;
}

export interface PretrainProgress {
  readonly stage: 'render' | 'train' | 'probe';
  readonly done: number;
  readonly total: number;
  readonly loss?: number;
}

/**
 * Trains a trunk on passive tasks.
 * @param world  physics, scene and sensor settings to start from.
 * @param report called as work proceeds; awaits let the process handle signals.
 */
export async function pretrain(
  tf: Tf,
  world: { readonly physics: PhysicsSettings; readonly scene: SceneSettings; readonly sensor: SensorSettings },
  settings: PretrainSettings,
  report: (progress: PretrainProgress) => void | Promise<void>,
): Promise<PretrainResult> {
  const render = async (count: number, split: 'training' | 'evaluation'): Promise<Example[]> => {
    const examples: Example[] = [];
    for (let i = 0; i < count; i++) {
      examples.push(exampleAt(world, settings.seed, split, i));
      if (i % 50 === 0) await report({ stage: split === 'training' ? 'render' : 'probe', done: i, total: count });
    }
    return examples;
  };
  const examples = await render(settings.scenes, 'training');
  const trunk = initBackbone(rngStream(settings.seed, 'pretrain/trunk'));
  const parameters = { ...trunk, ...initDecoder(rngStream(settings.seed, 'pretrain/decoder')) };
  const adam = createAdam(parameters, settings.learningRate, 1e-4);
  let smooth = 0;
  for (let step = 0; step < settings.steps; step++) {
    const batch = drawBatch(examples, settings.batchSize, rngStream(settings.seed, 'pretrain/batch', step));
    const { loss, gradients } = lossAndGradients(tf, parameters, (weights) => passiveLoss(tf, weights, batch));
    const progress = step / settings.steps;
    adamStep(adam, parameters, gradients, Math.min(1, step / 100) * 0.5 * (1 + Math.cos(Math.PI * progress)));
    smooth = step === 0 ? loss : smooth + (loss - smooth) * 0.02;
    if (step % 10 === 0) await report({ stage: 'train', done: step, total: settings.steps, loss: smooth });
  }
  const probe = probeTrunk(tf, parameters, await render(settings.probeScenes, 'evaluation'), settings.seed);
  return { trunk, loss: smooth, probe };
}

function probeTrunk(tf: Tf, parameters: Parameters, examples: readonly Example[], seed: number): ProbeResult {
  const k = REGRESSION_TARGETS.length;
  const [sum, squares, errors] = [new Float64Array(k), new Float64Array(k), new Float64Array(k)];
  let [rows, named, right] = [0, 0, 0];
  for (let b = 0; b < 25; b++) {
    const batch = drawBatch(examples, 16, rngStream(seed, 'pretrain/probe', b));
    const weights = toTensors(tf, parameters);
    const out = tf.tidy(() => answers(tf, weights, batch));
    const [values, family] = [out.values.dataSync<'float32'>(), out.family.dataSync<'float32'>()];
    for (let i = 0; i < batch.count * QUESTIONS; i++, rows++) {
      for (let t = 0; t < k; t++) {
        const y = batch.targets[i * k + t];
        sum[t] += y;
        squares[t] += y * y;
        errors[t] += (values[i * k + t] - y) ** 2;
      }
      const label = batch.family.subarray(i * FAMILY_COUNT, (i + 1) * FAMILY_COUNT).indexOf(1);
      if (label < 0) continue;
      const logits = family.subarray(i * FAMILY_COUNT, (i + 1) * FAMILY_COUNT);
      named++;
      if (logits.indexOf(Math.max(...logits)) === label) right++;
    }
    for (const t of [out.values, out.family, ...Object.values(weights)]) t.dispose();
  }
  const explained = Object.fromEntries(
    REGRESSION_TARGETS.map((name, t) => [name, 1 - errors[t] / rows / (squares[t] / rows - (sum[t] / rows) ** 2)]),
  );
  return { explained, familyAccuracy: right / named };
}
