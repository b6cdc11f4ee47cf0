import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone, parametersHash } from '../../../agent/backbones/own.ts';
import { startHeadFor } from '../../../agent/backbones/pretrained-head.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { VARIANTS } from '../../../agent/learner/augmentation.ts';
import { checkpointTensors, restoreCheckpoint } from '../../../agent/learner/checkpoint.ts';
import { headLogitsOnce, shiftedHead, shiftOf } from '../../../agent/learner/head-shift.ts';
import type { LearnerPlan } from '../../../agent/learner/initial-network.ts';
import { createLearner, type LearnerState } from '../../../agent/learner/learner.ts';
import type { Sample, StoredSample } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { learn } from '../../../agent/learner/update.ts';
import { headLogits, MEMBERS } from '../../../agent/network/head.ts';
import type { Parameters } from '../../../agent/network/parameters.ts';
import { decodeTensors, encodeTensors } from '../../../agent/network/safetensors.ts';
import { standardize } from '../../../agent/network/standardization.ts';
import { toTensors } from '../../../agent/network/tensors.ts';
import { graspShapes } from '../../../agent/policy/action-space.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const backbone = loadBackbone('grasp-passive');
const { scenario } = loadScenario('tabletop');
const shapes = graspShapes({ ...scenario.action, depths: [0.02, 0.05] });
const startHead = startHeadFor(backbone, scenario.gripper, shapes);
const length = startHead.standardization.mean.length;
const logits = headLogitsOnce(startHead);
let engine: Engine;

beforeAll(async () => {
  engine = await loadEngine();
});

const rng = rngStream(5, 'test/calibration');
/** Features as a trunk could make them, for a grasp of some shape. */
const features = (): Float32Array => {
  const { mean, scale } = startHead.standardization;
  return Float32Array.from(
    { length: VARIANTS * length },
    (_, i) => mean[i % length] + (scale[i % length] > 0 ? rng.normal() / scale[i % length] : 0),
  );
};
const stored = (sample: Sample): StoredSample => ({ ...sample, members: new Float32Array(MEMBERS).fill(1) });

/** Trials whose grasps hold as the head says, but for a shift. @param prior beside the head's logit. */
const trials = (count: number, shift: number, prior = 0): StoredSample[] =>
  Array.from({ length: count }, (_, i) => {
    const sample = stored({ data: features(), shape: i % shapes.length, held: false, prior });
    const held = rng.next() < 1 / (1 + Math.exp(-(logits(sample) + shift + prior)));
    return { ...sample, held };
  });

/** What a head says of samples on the engine: the mean of its members. */
function said(parameters: Parameters, samples: readonly StoredSample[]): number[] {
  return samples.map(({ data, shape }) => {
    const own = data.slice(0, length);
    standardize(own, startHead.standardization);
    const { tf } = engine;
    return tf.tidy(() => {
      const all = headLogits(tf, toTensors(tf, parameters), tf.tensor2d(own, [1, length])).dataSync();
      return [...all.slice(shape * MEMBERS, (shape + 1) * MEMBERS)].reduce((sum, x) => sum + x, 0) / MEMBERS;
    });
  });
}

describe('the shift of a pretrained head', () => {
  it('sees what the head says on the engine', () => {
    const some = trials(12, 0);
    said(startHead.parameters, some).forEach((logit, i) => {
      expect(logits(some[i])).toBeCloseTo(logit, 3);
    });
  });

  it('is none before any trial: the head is the same, bit for bit', () => {
    expect(shiftOf([], logits)).toBe(0);
    expect(parametersHash(shiftedHead(startHead.parameters, 0))).toBe(parametersHash(startHead.parameters));
  });

  it('finds how far the trials are off what the head says, beside a prior', () => {
    expect(Math.abs(shiftOf(trials(600, -1, -0.7), logits) + 1)).toBeLessThan(0.3);
  });

  it('stays finite where every grasp fails or holds, and moves towards it', () => {
    for (const [beyond, held] of [
      [-60, 0],
      [60, 1],
    ]) {
      const replay = trials(100, beyond);
      // as if the head were sure of the opposite
      const sure = (): number => 9 * (1 - 2 * held);
      const shift = shiftOf(replay, sure);
      // where the slope of the posterior is zero
      const p = 1 / (1 + Math.exp(-(sure() + shift)));
      expect(100 * (p - held) + shift / 1.5 ** 2).toBeCloseTo(0, 6);
    }
  });

  it('makes a head that says the shifted logit', () => {
    const some = trials(8, 0);
    const after = said(shiftedHead(startHead.parameters, 1.3), some);
    said(startHead.parameters, some).forEach((logit, i) => {
      expect(after[i]).toBeCloseTo(logit + 1.3, 3);
    });
  });
});

describe('a learner that starts from pretraining', () => {
  const settings = { ...LEARNER_DEFAULTS, batchSize: 16 };
  const plan: LearnerPlan = {
    regime: 'pretrained',
    shapeCount: shapes.length,
    settings,
    start: { ...backbone, startHead },
    seed: 3,
  };
  const meanSaid = ({ head }: LearnerState, samples: readonly StoredSample[]): number =>
    said(head, samples).reduce((sum, logit) => sum + 1 / (1 + Math.exp(-logit)), 0) / samples.length;

  it('predicts what its trials held after some of them, and did not without calibration', async () => {
    const [own, others] = [trials(48, -2), trials(48, -2)];
    const heldOf = (samples: readonly StoredSample[]): number => samples.filter((s) => s.held).length / samples.length;
    const errorIf = async (calibrate: boolean): Promise<number> => {
      const state = createLearner({ ...plan, settings: { ...settings, calibrate } });
      await learn(engine.tf, state, { ...settings, calibrate }, own, 3);
      return Math.abs(meanSaid(state, others) - heldOf(others));
    };
    const [calibrated, not] = [await errorIf(true), await errorIf(false)];
    expect(calibrated).toBeLessThan(0.1);
    expect(not).toBeGreaterThan(2 * calibrated);
  });

  it('by technique `none` moves all its logits alike, to what its trials held, and nothing else', async () => {
    const [own, others] = [trials(48, -2), trials(48, -2)];
    const still = { ...settings, technique: 'none' } as const;
    const state = createLearner({ ...plan, settings: still });
    const before = said(state.head, others);
    expect(await learn(engine.tf, state, still, own, 3)).toBeUndefined();
    const moved = said(state.head, others).map((logit, i) => logit - before[i]);
    expect(moved[0]).toBeLessThan(-0.5);
    for (const by of moved) expect(by).toBeCloseTo(moved[0], 4);
    expect(parametersHash(state.trunk)).toBe(parametersHash(backbone.parameters));
    expect(state.updates).toBe(0);
  });

  it('goes on from a checkpoint as if it had never stopped, levers and all', async () => {
    const [first, second] = [trials(24, -1, -0.123456789), trials(24, 1)];
    const state = createLearner(plan);
    await learn(engine.tf, state, settings, first, 3);
    const bytes = encodeTensors(checkpointTensors({ state, trials: 24 }));
    const again = restoreCheckpoint(decodeTensors(bytes, 'c'), 'c', plan).state;
    for (const each of [state, again]) await learn(engine.tf, each, settings, second, 3);
    const end = (each: LearnerState): Uint8Array => encodeTensors(checkpointTensors({ state: each, trials: 48 }));
    expect(Buffer.from(end(again)).equals(Buffer.from(end(state)))).toBe(true);
  });
});
