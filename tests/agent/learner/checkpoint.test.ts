import { describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { PADDED_LENGTH, VARIANTS } from '../../../agent/learner/augmentation.ts';
import { type Checkpoint, checkpointTensors, restoreCheckpoint } from '../../../agent/learner/checkpoint.ts';
import type { LearnerPlan } from '../../../agent/learner/initial-network.ts';
import { createLearner, type LearnerState } from '../../../agent/learner/learner.ts';
import { isFrozen, REGIME_NAMES, type Regime } from '../../../agent/learner/regimes.ts';
import { store } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { TECHNIQUE_NAMES, type TechniqueName } from '../../../agent/learner/techniques/registry.ts';
import { architectureTaps } from '../../../agent/network/architecture.ts';
import { featureLength } from '../../../agent/network/features.ts';
import { decodeTensors, encodeTensors } from '../../../agent/network/safetensors.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const start = loadBackbone('passive');

const planFor = (regime: Regime, technique?: TechniqueName, shapeCount = 2): LearnerPlan => ({
  regime,
  shapeCount,
  settings: { ...LEARNER_DEFAULTS, ...(technique && { technique }) },
  start,
  seed: 3,
});

/** A learner whose every number has moved since its start, as if it had learned. */
function moved(plan: LearnerPlan): LearnerState {
  const state = createLearner(plan);
  const rng = rngStream(1, 'test/checkpoint');
  const stir = (values: Float32Array): void => values.set([values[0] + rng.next(), values[values.length - 1] + 1]);
  for (const { values } of Object.values({ ...state.trunk, ...state.head, ...state.free })) stir(values);
  for (const values of [...Object.values(state.adam.first), ...Object.values(state.adam.second)]) stir(values);
  const length = featureLength(architectureTaps(state.architecture));
  state.standardization = { mean: new Float32Array(length), scale: new Float32Array(length).fill(2) };
  stir(state.standardization.mean);
  state.adam.step = 17;
  state.updates = 19;
  const size = isFrozen(plan.regime, plan.settings) ? VARIANTS * length : PADDED_LENGTH;
  const sample = (i: number) => ({ data: Float32Array.from({ length: size }, () => rng.next()), shape: i % 2 });
  store(
    state.replay,
    [0, 1, 2].map((i) => ({ ...sample(i), held: i === 1 })),
    plan.seed,
  );
  return state;
}

const encoded = (checkpoint: Checkpoint): Uint8Array => encodeTensors(checkpointTensors(checkpoint));
const decoded = (bytes: Uint8Array, where: string, plan: LearnerPlan): Checkpoint =>
  restoreCheckpoint(decodeTensors(bytes, where), where, plan);

describe('a checkpoint', () => {
  it.each([
    ...REGIME_NAMES.map((regime) => [regime, undefined] as const),
    ...TECHNIQUE_NAMES.map((technique) => ['pretrained', technique] as const),
  ])('of regime %s and technique %s is the learner again, bit for bit', (regime, technique) => {
    const plan = planFor(regime, technique);
    const state = moved(plan);
    const bytes = encoded({ state, trials: 3 });
    const again = decoded(bytes, 'c', plan);
    expect(again.trials).toBe(3);
    expect(again.state.replay.map((s) => s.members)).toEqual(state.replay.map((s) => s.members));
    expect(Object.keys(again.state.free)).toEqual(Object.keys(state.free));
    // updates reach the network through the weights that are its own
    const shared = ({ trunk, head, free }: LearnerState): string[] =>
      Object.keys(free).filter((name) => ({ ...trunk, ...head })[name] === free[name]);
    expect(shared(again.state)).toEqual(shared(state));
    expect(Buffer.from(encoded(again)).equals(Buffer.from(bytes))).toBe(true);
  });

  it('keeps what the prior said of each trial', () => {
    const primed = { ...LEARNER_DEFAULTS, prior: 'antipodal' } as const;
    const plan = { ...planFor('scratch'), settings: primed };
    const state = moved(plan);
    const bytes = encoded({
      state: { ...state, replay: state.replay.map((s, i) => ({ ...s, prior: i - 1.5 })) },
      trials: 3,
    });
    expect(decoded(bytes, 'c', plan).state.replay.map((s) => s.prior)).toEqual([-1.5, -0.5, 0.5]);
    expect(() => decoded(encoded({ state: moved(planFor('scratch')), trials: 3 }), 'c', plan)).toThrow(
      /^c: expected tensor 'replay\/prior'/,
    );
  });

  it('calls the index of a grasp shape depth in the file', () => {
    const bytes = encoded({ state: moved(planFor('pretrained')), trials: 3 });
    expect([...decodeTensors(bytes, 'c').parameters['replay/depth'].values]).toEqual([0, 1, 0]);
  });

  it('of another learner is refused', () => {
    const bytes = encoded({ state: moved(planFor('pretrained')), trials: 3 });
    expect(() => decoded(bytes, 'c', planFor('pretrained', undefined, 3))).toThrow(
      /^c: expected tensor 'head\/logit\/kernel' of shape \[3,128\], got \[2,128\]/,
    );
    expect(() => decoded(bytes, 'c', planFor('scratch'))).toThrow(/^c: expected tensor 'first\/conv1/);
  });
});
