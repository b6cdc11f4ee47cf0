/** Checkpoint: a learner's whole state as tensors, so that going on from it is the same as never having stopped. */
import { architectureTaps, priorOf } from '../network/architecture.ts';
import { featureLength } from '../network/features.ts';
import { headShapes, hiddenUnits } from '../network/head.ts';
import { type Parameters, prefixed, withPrefix } from '../network/parameters.ts';
import { checkShapes, requiredCount, requiredTensor, type TensorFile } from '../network/safetensors.ts';
import { normShapes, RUN_VERSION, storedTrunkShapes, versioned } from '../policy/model-file.ts';
import { PADDED_LENGTH, VARIANTS } from './augmentation.ts';
import type { LearnerPlan } from './initial-network.ts';
import { createLearner, type LearnerState, ownFree, restoreWeights } from './learner.ts';
import { isFrozen } from './regimes.ts';
import { drawMembers, type StoredSample } from './replay.ts';

/** A learner with the number of trials that it has seen. */
export interface Checkpoint {
  readonly state: LearnerState;
  readonly trials: number;
}

/** A checkpoint as tensors. */
export function checkpointTensors({ state, trials }: Checkpoint): TensorFile {
  const parameters = {
    ...prefixed('trunk/', state.trunk),
    ...prefixed('', state.head),
    ...prefixed('free/', ownFree(state)),
    ...prefixed('first/', state.adam.first),
    ...prefixed('second/', state.adam.second),
    ...(state.standardization && prefixed('norm/', { ...state.standardization })),
    ...replayTensors(state.replay),
  };
  const metadata = {
    version: String(RUN_VERSION),
    trials: String(trials),
    updates: String(state.updates),
    adamStep: String(state.adam.step),
  };
  return { parameters, metadata };
}

/**
 * A checkpoint from its tensors.
 * @param plan that the learner began with.
 * @throws Error naming the file if it is damaged, of another version or of another learner.
 */
export function restoreCheckpoint(file: TensorFile, where: string, plan: LearnerPlan): Checkpoint {
  const { parameters, metadata } = versioned(file, where);
  const fresh = createLearner(plan);
  const length = featureLength(architectureTaps(fresh.architecture));
  const trunk = withPrefix('trunk/', parameters);
  checkShapes(trunk, storedTrunkShapes(fresh.architecture), where);
  const head = prefixed('head/', withPrefix('head/', parameters));
  checkShapes(head, headShapes(length, plan.shapeCount, hiddenUnits(fresh.head)), where);
  const moments = (prefix: string): Record<string, Float32Array> =>
    Object.fromEntries(
      Object.entries(fresh.adam.first).map(([k, { length }]) => [
        k,
        requiredTensor(parameters, `${prefix}${k}`, where, [length]).values,
      ]),
    );
  const own = withPrefix('free/', parameters);
  const ownShapes = Object.entries(ownFree(fresh)).map(([k, { shape }]) => [k, shape] as const);
  checkShapes(own, Object.fromEntries(ownShapes), where);
  const norm = withPrefix('norm/', parameters);
  if (Object.keys(norm).length > 0) checkShapes(norm, normShapes(length), where);
  const state = restoreWeights(fresh, {
    trunk,
    head,
    own,
    adam: { first: moments('first/'), second: moments('second/'), step: requiredCount(metadata, 'adamStep', where) },
    replay: readReplay(
      parameters,
      where,
      {
        length: sampleLength(plan, length),
        primed: 'replay/prior' in parameters || priorOf(fresh.architecture) !== undefined,
      },
      plan.seed,
    ),
    standardization: norm.mean && norm.scale ? { mean: norm.mean.values, scale: norm.scale.values } : undefined,
    updates: requiredCount(metadata, 'updates', where),
  });
  return { state, trials: requiredCount(metadata, 'trials', where) };
}

/** Length of a sample's data. @param length of a feature vector. */
const sampleLength = ({ regime, settings }: LearnerPlan, length: number): number =>
  isFrozen(regime, settings) ? VARIANTS * length : PADDED_LENGTH;

/** The replay buffer as tensors; the index of a grasp's shape is called `depth` there. */
function replayTensors(replay: readonly StoredSample[]): Parameters {
  const length = replay[0]?.data.length ?? 0;
  const data = new Float32Array(length * replay.length);
  replay.forEach((s, i) => {
    data.set(s.data, i * length);
  });
  return {
    'replay/data': { shape: [replay.length, length], values: data },
    'replay/depth': { shape: [replay.length], values: Float32Array.from(replay, (s) => s.shape) },
    'replay/held': { shape: [replay.length], values: Float32Array.from(replay, (s) => (s.held ? 1 : 0)) },
    ...(replay.some((s) => s.prior !== undefined) && {
      'replay/prior': { shape: [replay.length], values: Float32Array.from(replay, (s) => s.prior ?? 0) },
    }),
  };
}

/** @param length of each sample's data. @param primed whether each has a prior. */
function readReplay(
  parameters: Parameters,
  where: string,
  { length, primed }: { readonly length: number; readonly primed: boolean },
  seed: number,
): StoredSample[] {
  const samples = requiredTensor(parameters, 'replay/depth', where).values.length;
  const shape = requiredTensor(parameters, 'replay/depth', where, [samples]).values;
  const held = requiredTensor(parameters, 'replay/held', where, [samples]).values;
  const prior = primed ? requiredTensor(parameters, 'replay/prior', where, [samples]).values : undefined;
  const { values } = requiredTensor(parameters, 'replay/data', where, [samples, samples > 0 ? length : 0]);
  return Array.from({ length: samples }, (_, i) => ({
    data: values.slice(i * length, (i + 1) * length),
    shape: shape[i],
    held: held[i] === 1,
    ...(prior && { prior: prior[i] }),
    members: drawMembers(seed, i),
  }));
}
