import { type Rng, rngStream } from '../sim/rng.ts';
import { type Architecture, architectureTaps, layersOf } from './architecture.ts';
import { initBackbone, runBackbone, tapsOf } from './backbone.ts';
import type { Tf } from './engine.ts';
import { augmentCrop, CROP, VARIANTS } from './experience.ts';
import { featureLength, samplingMatrices } from './features.ts';
import {
  graspLoss,
  headLogits,
  identityStandardization,
  initHead,
  MEMBERS,
  type Standardization,
  standardizationOf,
  standardize,
} from './head.ts';
import type { Model } from './learned.ts';
import { lossAndGradients, sampleFeatures, type Tensor } from './network.ts';
import { type Adam, adamStep, copyParameters, createAdam, type Parameters } from './parameters.ts';
import { INPUT_CHANNELS } from './window.ts';

/** What a learner starts from and what it may change. */
export const ARMS = {
  /** The pretrained trunk, frozen; only the head learns. */
  pretrained: { trunk: 'pretrained', frozen: true },
  /** A random trunk, frozen: how much of the result is the architecture and the head. */
  random: { trunk: 'random', frozen: true },
  /** The same network from random weights, end to end, with random-shift augmentation. */
  scratch: { trunk: 'random', frozen: false },
  /** The pretrained trunk, trained along with the head. */
  finetuned: { trunk: 'pretrained', frozen: false },
} as const;
export type Arm = keyof typeof ARMS;
export const ARM_NAMES = Object.keys(ARMS) as readonly Arm[];

/** How a learner updates. */
export interface LearnerSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  /** Updates after each new trial. */
  readonly updatesPerTrial: number;
  /** The same four for arms that train the trunk. */
  readonly endToEnd: {
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly batchSize: number;
    readonly updatesPerTrial: number;
  };
}

export const LEARNER_DEFAULTS: LearnerSettings = {
  learningRate: 1e-3,
  weightDecay: 0.1,
  batchSize: 64,
  updatesPerTrial: 2,
  endToEnd: { learningRate: 1e-3, weightDecay: 1e-4, batchSize: 32, updatesPerTrial: 2 },
};

/** What one valid trial teaches. `data`: cached features (frozen) or a padded crop (end to end). */
export interface Sample {
  readonly data: Float32Array;
  readonly depth: number;
  readonly held: boolean;
}

/** A sample in the replay, with the members of the head that learn from it. */
export interface StoredSample extends Sample {
  /** [MEMBERS] 0 or 1. */
  readonly members: Float32Array;
}

/** A learner's whole state, plain data: saved, restored and compared bit for bit. */
export interface LearnerState {
  readonly arm: Arm;
  readonly depths: number;
  readonly architecture: Architecture;
  /** As in {@link Model}. */
  readonly trunk: Parameters;
  readonly head: Parameters;
  readonly adam: Adam;
  readonly replay: StoredSample[];
  standardization: Standardization | undefined;
  updates: number;
}

/** Trials whose features set the standardisation, once; it never moves afterwards. */
const STANDARDIZE_AFTER = 16;

/** What a learner needs of a backbone. */
export interface Pretrained {
  readonly name: string;
  readonly architecture: Architecture;
  /** Copied where they will be trained. */
  readonly parameters: Parameters;
}

/** @throws Error if an arm that trains or redraws the trunk is to start from a foreign network, which graft only runs. */
export function checkArm(arm: Arm, { name, architecture }: Pretrained): void {
  if (architecture.kind === 'own' || (ARMS[arm].trunk === 'pretrained' && ARMS[arm].frozen)) return;
  throw new Error(
    `arm '${arm}': expected one of graft's own trunks as learner.backbone, got the foreign network '${name}', which can only be used frozen, by arm 'pretrained'`,
  );
}

/** @throws Error as {@link checkArm}. */
export function createLearner(
  arm: Arm,
  depths: number,
  settings: LearnerSettings,
  pretrained: Pretrained,
  seed: number,
): LearnerState {
  checkArm(arm, pretrained);
  const { architecture } = pretrained;
  const { trunk: source, frozen } = ARMS[arm];
  const trunk =
    source === 'pretrained'
      ? copyParameters(pretrained.parameters)
      : initBackbone(rngStream(seed, 'learner/trunk'), layersOf(architecture));
  const length = featureLength(architectureTaps(architecture));
  const head = initHead(length, depths, rngStream(seed, 'learner/head'));
  const rates = frozen ? settings : settings.endToEnd;
  const adam = createAdam(frozen ? head : { ...trunk, ...head }, rates.learningRate, rates.weightDecay);
  const standardization = frozen ? undefined : identityStandardization(length);
  return { arm, depths, architecture, trunk, head, adam, replay: [], standardization, updates: 0 };
}

/** The model that scores grasps now; undefined until there is data enough to standardise the features. */
export const currentModel = (state: LearnerState): Model | undefined =>
  state.standardization && state.updates > 0
    ? {
        architecture: state.architecture,
        trunk: state.trunk,
        head: state.head,
        standardization: state.standardization,
      }
    : undefined;

/** Probability that a member of the head learns from a trial. */
const MEMBER_SHARE = 0.8;

/** Which members learn from the trial at a position of the replay; at least one. Depends on (seed, index) alone. */
export function drawMembers(seed: number, index: number): Float32Array {
  const rng = rngStream(seed, 'learner/members', index);
  const members = Float32Array.from({ length: MEMBERS }, () => (rng.next() < MEMBER_SHARE ? 1 : 0));
  if (!members.includes(1)) members[rng.int(MEMBERS)] = 1;
  return members;
}

/** Updates between two pauses of {@link learn}: some 20 ms of the head's, so that a viewer's stream does not stall. */
const PAUSE_EVERY = 8;

/**
 * Takes in new trials and updates.
 * @param pause awaited every few updates, so that the process can serve others; it cannot change the result.
 * @returns the mean loss, or undefined if nothing was updated yet.
 */
export async function learn(
  tf: Tf,
  state: LearnerState,
  settings: LearnerSettings,
  samples: readonly Sample[],
  seed: number,
  pause?: () => Promise<void>,
): Promise<number | undefined> {
  for (const sample of samples) state.replay.push({ ...sample, members: drawMembers(seed, state.replay.length) });
  if (!state.standardization) {
    if (state.replay.length < STANDARDIZE_AFTER) return undefined;
    state.standardization = standardizationOf(
      concat(state.replay.map((s) => s.data)),
      featureLength(architectureTaps(state.architecture)),
    );
  }
  const rates = ARMS[state.arm].frozen ? settings : settings.endToEnd;
  // the first updates catch up on the trials that had to wait for the standardisation
  const fresh = state.updates === 0 ? state.replay.length : samples.length;
  const steps = Math.round(fresh * rates.updatesPerTrial);
  if (steps === 0 || state.replay.length === 0) return undefined;
  let total = 0;
  for (let i = 0; i < steps; i++) {
    total += update(tf, state, settings, seed);
    if (i % PAUSE_EVERY === PAUSE_EVERY - 1) await pause?.();
  }
  return total / steps;
}

function concat(arrays: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(arrays.reduce((n, a) => n + a.length, 0));
  let at = 0;
  for (const a of arrays) {
    out.set(a, at);
    at += a.length;
  }
  return out;
}

/** One gradient step on a batch drawn from the replay. @returns the loss. */
function update(tf: Tf, state: LearnerState, settings: LearnerSettings, seed: number): number {
  const rng = rngStream(seed, 'learner/batch', state.updates++);
  const frozen = ARMS[state.arm].frozen;
  const size = frozen ? settings.batchSize : settings.endToEnd.batchSize;
  const batch = Array.from({ length: size }, () => rng.pick(state.replay));
  const labels = Float32Array.from(batch, (s) => (s.held ? 1 : 0));
  const chosen = new Float32Array(size * state.depths);
  const mask = new Float32Array(size * MEMBERS);
  batch.forEach((s, i) => {
    chosen[i * state.depths + s.depth] = 1;
    mask.set(s.members, i * MEMBERS);
  });
  const step = frozen ? headStep : networkStep;
  const { loss, gradients } = step(tf, state, batch, { labels, chosen, mask }, rng);
  adamStep(state.adam, frozen ? state.head : { ...state.trunk, ...state.head }, gradients);
  return loss;
}

/** What a batch is judged by; shapes as in {@link graspLoss}. */
interface BatchTruth {
  readonly labels: Float32Array;
  readonly chosen: Float32Array;
  readonly mask: Float32Array;
}

type Step = (
  tf: Tf,
  state: LearnerState,
  batch: readonly Sample[],
  truth: BatchTruth,
  rng: Rng,
) => { loss: number; gradients: Record<string, Float32Array> };

function lossOf(tf: Tf, logits: Tensor, { labels, chosen, mask }: BatchTruth, count: number, depths: number): Tensor {
  const [y, d, m] = [
    tf.tensor2d(labels, [count, 1]),
    tf.tensor3d(chosen, [count, depths, 1]),
    tf.tensor2d(mask, [count, MEMBERS]),
  ];
  return graspLoss(tf, logits, y, d, m);
}

/** Loss and gradients of the head alone, on cached features. */
const headStep: Step = (tf, state, batch, truth, rng) => {
  const norm = state.standardization!;
  const { length } = norm.mean;
  const features = new Float32Array(batch.length * length);
  batch.forEach(({ data }, i) => {
    const variant = rng.int(VARIANTS) * length;
    features.set(data.subarray(variant, variant + length), i * length);
  });
  standardize(features, norm);
  return lossAndGradients(tf, state.head, (weights) => {
    const logits = headLogits(tf, weights, tf.tensor2d(features, [batch.length, length]));
    return lossOf(tf, logits, truth, batch.length, state.depths);
  });
};

/** Loss and gradients of trunk and head, on shifted and mirrored crops. */
const networkStep: Step = (tf, state, batch, truth, rng) => {
  const { rows, cols } = CROP;
  const cell = rows * cols * INPUT_CHANNELS;
  const input = new Float32Array(batch.length * cell);
  const points = batch.map(({ data }, i) => [augmentCrop(data, rng, input, i * cell)]);
  const layers = layersOf(state.architecture);
  const matrices = samplingMatrices(tapsOf(layers), points, rows, cols);
  return lossAndGradients(tf, { ...state.trunk, ...state.head }, (weights) => {
    const taps = runBackbone(tf, weights, tf.tensor4d(input, [batch.length, rows, cols, INPUT_CHANNELS]), layers);
    const logits = headLogits(tf, weights, sampleFeatures(tf, taps, matrices, 1));
    return lossOf(tf, logits, truth, batch.length, state.depths);
  });
};
