import { type Rng, rngStream } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import { architectureTaps, layersOf } from '../network/architecture.ts';
import { featureLength } from '../network/features.ts';
import {
  cappedHead,
  cappedStandardization,
  identityStandardization,
  MEMBERS,
  type Standardization,
  standardizationOf,
} from '../network/head.ts';
import {
  type Adam,
  adamStep,
  copyParameters,
  createAdam,
  joined,
  type Pace,
  type Parameters,
  pick,
} from '../network/parameters.ts';
import type { Model } from '../policy/learned.ts';
import { ARMS, type Arm, checkArm, type HeadStart, type Pretrained, techniqueOf } from './arms.ts';
import { firstNetwork, type LearningNetwork, layerOf } from './start.ts';
import { cropFeatures, headStep, networkStep, type Sample, type StoredSample } from './step.ts';
import { END_TO_END_DEFAULTS, type EndToEndSettings, pacesOf, type Technique } from './technique.ts';

export {
  ARM_NAMES,
  ARMS,
  type Arm,
  checkArm,
  HEAD_STARTS,
  type HeadStart,
  isFrozen,
  type Pretrained,
  techniqueOf,
} from './arms.ts';
export type { Sample, StoredSample } from './step.ts';

/** How a learner updates. */
export interface LearnerSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  /** Updates after each new trial. */
  readonly updatesPerTrial: number;
  /** In place of the arm's own. */
  readonly technique?: Technique;
  /** How batches are drawn from the replay. */
  readonly replay: Replay;
  /** What the head begins with. */
  readonly head: HeadStart;
  /** Technique `head`, where the head starts from the trunk's own: decay towards the starting point; an update shrinks the distance by learning rate times this. */
  readonly headAnchor: number;
  /** Factor on every layer's outputs, for arms whose trunk starts from random weights. */
  readonly width: number;
  /** The same four for techniques that train the trunk, and what these need besides. */
  readonly endToEnd: EndToEndSettings;
}

/** `balanced`: as many grasps that held as that failed; `failures`: half of them recent failures. */
export const REPLAYS = ['uniform', 'balanced', 'failures'] as const;
type Replay = (typeof REPLAYS)[number];

export const LEARNER_DEFAULTS: LearnerSettings = {
  learningRate: 1e-3,
  weightDecay: 0.1,
  batchSize: 64,
  updatesPerTrial: 2,
  replay: 'uniform',
  head: 'auto',
  headAnchor: 100,
  width: 1,
  endToEnd: END_TO_END_DEFAULTS,
};

/** A learner's whole state: saved, restored and compared bit for bit. */
export interface LearnerState extends LearningNetwork {
  readonly arm: Arm;
  readonly technique: Technique;
  /** Grasp shapes that the head chooses among. */
  readonly shapeCount: number;
  /** The head's weights before the first update, if it began with something worth keeping. */
  readonly startHead?: Parameters;
  readonly adam: Adam;
  readonly replay: StoredSample[];
  standardization: Standardization | undefined;
  updates: number;
}

/** Trials whose features set the standardisation, once; it never moves afterwards. */
const STANDARDIZE_AFTER = 16;

/** @throws Error as {@link checkArm}. */
export function createLearner(
  arm: Arm,
  shapeCount: number,
  settings: LearnerSettings,
  pretrained: Pretrained,
  seed: number,
): LearnerState {
  checkArm(arm, pretrained, settings);
  const technique = techniqueOf(arm, settings);
  const startHead =
    technique === 'head' ? pretrained.startHead : pretrained.startHead && cappedHead(pretrained.startHead);
  const network = firstNetwork(arm, shapeCount, settings, { ...pretrained, ...(startHead && { startHead }) }, seed);
  const { learningRate, weightDecay } = technique === 'head' ? settings : settings.endToEnd;
  const length = featureLength(architectureTaps(network.architecture));
  // a random trunk learns its own scales; a pretrained one's features are what the head meets first
  const asIs = ARMS[arm].trunk !== 'pretrained' && technique !== 'head';
  return {
    ...{ arm, technique, shapeCount, ...network },
    adam: createAdam(network.free, learningRate, weightDecay),
    replay: [],
    ...(startHead && { startHead: copyParameters(network.head) }),
    standardization: startHead?.standardization ?? (asIs ? identityStandardization(length) : undefined),
    updates: 0,
  };
}

/** The weights that must never change in this learner's training: under adapters, those that they are added to. */
export const frozenWeights = ({ technique, trunk, start, free }: LearnerState): Parameters =>
  technique === 'adapter' ? start : Object.fromEntries(Object.entries(trunk).filter(([key]) => !(key in free)));

/**
 * The learner with weights from a file in place of its own.
 * @param read whole, of the shapes of `state`; `own` are those that {@link ownFree} gave.
 */
export function restoreWeights(
  state: LearnerState,
  read: Pick<LearnerState, 'trunk' | 'head' | 'replay' | 'standardization' | 'updates'> & {
    readonly own: Parameters;
    readonly adam: Pick<Adam, 'first' | 'second' | 'step'>;
  },
): LearnerState {
  const { own, adam, ...rest } = read;
  const known = { ...read.trunk, ...read.head, ...own };
  return { ...state, ...rest, free: pick(known, Object.keys(state.free)), adam: { ...state.adam, ...adam } };
}

/** The learning weights that are not the network's own: what is to be saved besides the network. */
export const ownFree = ({ trunk, head, free }: LearnerState): Parameters => {
  const network = { ...trunk, ...head };
  return pick(
    free,
    Object.keys(free).filter((key) => free[key] !== network[key]),
  );
};

/** The model that scores grasps now; undefined until there is data enough to standardise the features. */
export const currentModel = (state: LearnerState): Model | undefined =>
  state.standardization && (state.updates > 0 || state.startHead)
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

/** Failures that count as recent. */
const RECENT = 64;

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
    state.standardization = measuredStandardization(tf, state, seed);
  }
  const rates = state.technique === 'head' ? settings : settings.endToEnd;
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

/** The standardisation of the features of all trials so far. */
function measuredStandardization(tf: Tf, state: LearnerState, seed: number): Standardization {
  const { technique, architecture, trunk, replay } = state;
  const length = featureLength(architectureTaps(architecture));
  if (technique === 'head') return standardizationOf(joined(replay.map((s) => s.data)), length);
  const features = cropFeatures(tf, architecture, trunk, replay, rngStream(seed, 'learner/standardize'));
  return cappedStandardization(standardizationOf(features, length));
}

/** One gradient step on a batch drawn from the replay. @returns the loss. */
function update(tf: Tf, state: LearnerState, settings: LearnerSettings, seed: number): number {
  const { technique, form, free, architecture, shapeCount, trunk, head } = state;
  const paces = paceTable(state, settings);
  const rng = rngStream(seed, 'learner/batch', state.updates++);
  const size = technique === 'head' ? settings.batchSize : settings.endToEnd.batchSize;
  const batch = drawReplay(state.replay, size, settings.replay, rng);
  const network = { ...trunk, ...head };
  const moving = pick(network, form?.names ?? [...paces.keys()]);
  const still = pick(
    network,
    Object.keys(network).filter((key) => !(key in moving)),
  );
  const step = technique === 'head' ? headStep : networkStep;
  const { loss, gradients } = step(tf, {
    ...{ moving, still, architecture, shapeCount, batch, rng },
    standardization: state.standardization!,
  });
  adamStep(state.adam, free, form ? form.pullBack(free, gradients) : gradients, (key) => paces.get(key)!);
  if (form) for (const [key, { values }] of Object.entries(form.expand(free))) network[key].values.set(values);
  return loss;
}

/** Samples of a batch, with replacement. */
function drawReplay(replay: readonly StoredSample[], size: number, how: Replay, rng: Rng): StoredSample[] {
  if (how === 'uniform') return Array.from({ length: size }, () => rng.pick(replay));
  const [held, failed] = [replay.filter((s) => s.held), replay.filter((s) => !s.held)];
  const pools = how === 'balanced' ? [held, failed] : [replay, failed.slice(-RECENT)];
  return Array.from({ length: size }, (_, i) => {
    const pool = pools[i % 2];
    return rng.pick(pool.length > 0 ? pool : replay);
  });
}

/** How each learning weight moves in the next update; one that is not in it stays as it is. */
function paceTable(
  state: LearnerState,
  { endToEnd: settings, headAnchor }: LearnerSettings,
): ReadonlyMap<string, Pace> {
  const { arm, technique, architecture, free, head, start, startHead, updates } = state;
  const pretrained = ARMS[arm].trunk === 'pretrained';
  const layers = technique === 'head' ? [] : layersOf(architecture);
  // a trunk that moves needs a head that may follow
  const headPace = (key: string): Pace =>
    startHead && technique === 'head' ? { anchor: { values: startHead[key].values, strength: headAnchor } } : {};
  const layerPaces = pacesOf({ technique, layers, settings, pretrained }, updates);
  return new Map(
    Object.keys(free).flatMap((key): [string, Pace][] => {
      if (key in head) return [[key, headPace(key)]];
      const pace = layerPaces.get(layerOf(key));
      if (!pace) return [];
      if (technique !== 'l2-sp') return [[key, pace]];
      return [[key, { ...pace, anchor: { values: start[key].values, strength: settings.l2sp } }]];
    }),
  );
}
