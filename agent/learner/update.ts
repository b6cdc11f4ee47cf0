/** Updates of a learner: taking in new trials and learning from batches of them. */
import { rngStream } from '../../sim/math/rng.ts';
import type { Tf } from '../engine/engine.ts';
import { architectureTaps, layersOf } from '../network/architecture.ts';
import { featureLength } from '../network/features.ts';
import { adamStep, type Pace } from '../network/optimizer.ts';
import { joined, type Parameters, pick } from '../network/parameters.ts';
import { cappedStandardization, type Standardization, standardizationOf } from '../network/standardization.ts';
import { shiftedHead, shiftOf } from './head-shift.ts';
import { layerOf } from './initial-network.ts';
import type { LearnerState } from './learner.ts';
import { REGIMES } from './regimes.ts';
import { drawBatch, type Sample, store } from './replay.ts';
import type { LearnerSettings } from './settings.ts';
import { cropFeatures, headStep, networkStep } from './step.ts';
import { techniqueNamed } from './techniques/registry.ts';
import { pacesOf } from './techniques/schedule.ts';

/** Trials whose features set the standardisation, once; it never moves afterwards. */
const STANDARDIZE_AFTER = 16;

const isFrozenTrunk = ({ technique }: LearnerState): boolean => techniqueNamed(technique).frozen;

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
  const before = anchorOf(state);
  store(state.replay, samples, seed);
  if (!state.standardization) {
    if (state.replay.length < STANDARDIZE_AFTER) return undefined;
    state.standardization = measuredStandardization(tf, state, seed);
  }
  const rates = isFrozenTrunk(state) ? settings : settings.endToEnd;
  const anchor = anchorOf(state);
  if (before && anchor) moveAlong(state.head, before, anchor);
  // the first updates catch up on the trials that had to wait for the standardisation
  const fresh = state.updates === 0 ? state.replay.length : samples.length;
  const { still } = techniqueNamed(state.technique);
  const steps = still ? 0 : Math.round(fresh * rates.updatesPerTrial);
  if (steps === 0 || state.replay.length === 0) return undefined;
  let total = 0;
  for (let i = 0; i < steps; i++) {
    total += update(tf, state, settings, anchor, seed);
    if (i % PAUSE_EVERY === PAUSE_EVERY - 1) await pause?.();
  }
  return total / steps;
}

/** Where the head is held to, if it began with something: there, shifted by what the trials so far say. */
function anchorOf({ startHead, startLogits, replay }: LearnerState): Parameters | undefined {
  return startHead && startLogits ? shiftedHead(startHead, shiftOf(replay, startLogits)) : startHead;
}

/** Moves weights as far as what they are held to has moved. */
function moveAlong(weights: Parameters, before: Parameters, after: Parameters): void {
  for (const [key, { values }] of Object.entries(weights)) {
    const [from, to] = [before[key].values, after[key].values];
    for (let i = 0; i < values.length; i++) values[i] += to[i] - from[i];
  }
}

/** The standardisation of the features of all trials so far. */
function measuredStandardization(tf: Tf, state: LearnerState, seed: number): Standardization {
  const { architecture, trunk, replay } = state;
  const length = featureLength(architectureTaps(architecture));
  if (isFrozenTrunk(state)) return standardizationOf(joined(replay.map((s) => s.data)), length);
  const features = cropFeatures(tf, architecture, trunk, replay, rngStream(seed, 'learner/standardize'));
  return cappedStandardization(standardizationOf(features, length));
}

/** One gradient step on a batch drawn from the replay buffer. @returns the loss. */
function update(
  tf: Tf,
  state: LearnerState,
  settings: LearnerSettings,
  headAnchor: Parameters | undefined,
  seed: number,
): number {
  const { parametrization, free, architecture, shapeCount, trunk, head } = state;
  const frozen = isFrozenTrunk(state);
  const paces = paceTable(state, settings, headAnchor);
  const rng = rngStream(seed, 'learner/batch', state.updates++);
  const size = frozen ? settings.batchSize : settings.endToEnd.batchSize;
  const batch = drawBatch(state.replay, size, settings.replay, rng);
  const network = { ...trunk, ...head };
  const moving = pick(network, parametrization?.names ?? [...paces.keys()]);
  const still = pick(
    network,
    Object.keys(network).filter((key) => !(key in moving)),
  );
  const input = { moving, still, architecture, shapeCount, batch, rng, standardization: state.standardization! };
  const { loss, gradients } = frozen ? headStep(tf, input) : networkStep(tf, input);
  const pulled = parametrization ? parametrization.pullBack(free, gradients) : gradients;
  adamStep(state.adam, free, pulled, (key) => paces.get(key)!);
  if (parametrization)
    for (const [key, { values }] of Object.entries(parametrization.expand(free))) network[key].values.set(values);
  return loss;
}

/** How each learning weight moves in the next update; one that is not in it stays as it is. */
function paceTable(
  state: LearnerState,
  { endToEnd: settings, headAnchor: strength }: LearnerSettings,
  headAnchor: Parameters | undefined,
): ReadonlyMap<string, Pace> {
  const { regime, technique, architecture, free, head, start, updates } = state;
  const pretrained = REGIMES[regime].trunk === 'pretrained';
  const { frozen, anchor } = techniqueNamed(technique);
  const layers = frozen ? [] : layersOf(architecture);
  // a trunk that moves freely needs a head that may follow
  const headPace = (key: string): Pace =>
    headAnchor && (frozen || anchor) ? { anchor: { values: headAnchor[key].values, strength } } : {};
  const layerPaces = pacesOf({ technique, layers, settings, pretrained }, updates);
  return new Map(
    Object.keys(free).flatMap((key): [string, Pace][] => {
      if (key in head) return [[key, headPace(key)]];
      const pace = layerPaces.get(layerOf(key));
      if (!pace) return [];
      if (!anchor) return [[key, pace]];
      return [[key, { ...pace, anchor: { values: start[key].values, strength: anchor(settings) } }]];
    }),
  );
}
