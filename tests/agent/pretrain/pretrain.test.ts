import { beforeAll, describe, expect, it } from 'vitest';
import { descriptorKeys, graspDescriptor } from '../../../agent/backbones/descriptor.ts';
import { loadBackbone, parametersHash } from '../../../agent/backbones/own.ts';
import { handBias, headFor, type PretrainedHead } from '../../../agent/backbones/pretrained-head.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { headLogits, MEMBERS } from '../../../agent/network/head.ts';
import { copyParameters, type Parameters } from '../../../agent/network/parameters.ts';
import { standardize } from '../../../agent/network/standardization.ts';
import { toTensors } from '../../../agent/network/tensors.ts';
import { begin } from '../../../agent/pretrain/grow.ts';
import { pretrainStep, standardizedHead } from '../../../agent/pretrain/pretrain.ts';
import {
  createPretraining,
  handModel,
  headOf,
  type Pretraining,
  type PretrainSettings,
  trunkOf,
} from '../../../agent/pretrain/pretraining.ts';
import { areaUnderCurve, probePretraining } from '../../../agent/pretrain/probe.ts';
import { packScene, type SourceScene, sourceMap, sourceTruth } from '../../../agent/pretrain/source-data.ts';
import { SOURCE_NAMES } from '../../../agent/pretrain/sources.ts';
import { TRUNK_SIZE_NAMES, TRUNK_SIZES } from '../../../agent/pretrain/trunk-sizes.ts';
import { runSourceJob } from '../../../scenarios/experiments/pretrain/source-job.ts';
import { createSourcePool, type SourcePool } from '../../../scenarios/experiments/pretrain/source-pool.ts';
import { sourceScenario } from '../../../scenarios/experiments/pretrain/source-scenario.ts';
import { CUP_PRESETS, GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';
import type { SuctionSettings } from '../../../sim/hand/settings.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { SOURCE_FAMILIES } from '../../../sim/objects/families.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { bitsOf } from '../../support/source-scenes.ts';

let engine: Engine;
let scenes: SourceScene[];

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  scenes = runSourceJob(engine, { seed: 3, hand: 'jaws', split: 'training', first: 0, count: 10, grasps: 6 });
}, 600_000);

const settings = (more: Partial<PretrainSettings> = {}): PretrainSettings => ({
  ...{
    source: 'grasp+passive',
    hand: 'jaws',
    frozen: false,
    layers: TRUNK_SIZES.small,
    seed: 1,
    batchSize: 12,
    questions: 4,
  },
  // the first steps of the warm-up: a high rate stands for the many that follow
  ...{ learningRate: 2e-2, weightDecay: 1e-3, steps: 60 },
  ...more,
});

const hand = (stroke: number, depth: number): Float32Array => graspDescriptor({ ...GRIPPER_DEFAULTS, stroke }, depth);

/** [count, shapes, MEMBERS] */
function logitsOf(head: Parameters, features: Float32Array, count: number, bias?: Float32Array): Float32Array {
  const { tf } = engine;
  return tf.tidy(() => {
    const rows = tf.tensor2d(features, [count, features.length / count]);
    return headLogits(tf, toTensors(tf, head), rows, bias && tf.tensor1d(bias)).dataSync<'float32'>();
  });
}

describe('the descriptor of a hand', () => {
  it('is zero for the usual hand and grows with the logarithm of a value', () => {
    expect([...hand(0.08, 0.03)].every((v) => Math.abs(v) < 1e-6)).toBe(true);
    expect(hand(0.16, 0.03)[descriptorKeys('jaws').indexOf('opening')]).toBeCloseTo(Math.LN2, 6);
    expect(hand(0.08, 0.015)[descriptorKeys('jaws').indexOf('depth')]).toBeCloseTo(-Math.LN2, 6);
  });
});

describe('the worlds that trunks are pretrained in', () => {
  it('leave out the families, stroke, fingers and depth that the shipped scenarios use', () => {
    const polar: number[] = [];
    const [counts, noises] = [new Set<number>(), new Set<string>()];
    for (let i = 0; i < 200; i++) {
      const { training, evaluation, gripper, action, sensor, scene } = sourceScenario(0, 'training', i);
      expect([training.families, evaluation.families]).toEqual([SOURCE_FAMILIES, SOURCE_FAMILIES]);
      expect(Math.abs(gripper.stroke - GRIPPER_DEFAULTS.stroke)).toBeGreaterThan(0.005);
      expect(Math.abs(gripper.fingerWidth - GRIPPER_DEFAULTS.fingerWidth)).toBeGreaterThan(0.001);
      for (const depth of action.depths) expect(Math.abs(depth - 0.035)).toBeGreaterThan(0.001);
      const [x, y, z] = sensor.eye;
      polar.push((Math.atan2(Math.hypot(x, y), z) * 180) / Math.PI);
      counts.add(scene.objectCount);
      noises.add(sensor.noise.model);
    }
    expect(Math.min(...polar)).toBeLessThan(5);
    expect(Math.max(...polar)).toBeGreaterThan(70);
    expect(Math.max(...polar)).toBeLessThan(76);
    expect(counts).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(noises).toEqual(new Set(['gaussian-field', 'gamma-gp', 'quantised', 'stereo']));
  });

  it('have cups between those of the presets', () => {
    const radii = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const { gripper, scene, sensor } = sourceScenario(0, 'training', i, 'suction');
      const cup = gripper as SuctionSettings;
      expect(cup.kind).toBe('suction');
      radii.add(cup.cupRadius);
      for (const { cupRadius } of Object.values(CUP_PRESETS))
        expect(Math.abs(cup.cupRadius / cupRadius - 1)).toBeGreaterThan(0.04);
      // the same worlds as those of jaws
      const { scene: jaws, sensor: eyes } = sourceScenario(0, 'training', i);
      expect([scene, sensor]).toEqual([jaws, eyes]);
    }
    expect(radii.size).toBe(100);
    expect(Math.max(...radii)).toBeGreaterThan(0.016);
    expect(Math.min(...radii)).toBeLessThan(0.0055);
  });

  it('differ between the splits and are the same for the same key', () => {
    expect(sourceScenario(0, 'training', 4)).toEqual(sourceScenario(0, 'training', 4));
    expect(sourceScenario(0, 'training', 4)).not.toEqual(sourceScenario(0, 'evaluation', 4));
  });

  it('are probed on the same families, in scenes of another split', () => {
    const [probed] = runSourceJob(engine, {
      seed: 3,
      hand: 'jaws',
      split: 'evaluation',
      first: 0,
      count: 1,
      grasps: 0,
    });
    expect(probed.families.every((f) => f >= 0)).toBe(true);
    expect(probed.height).not.toEqual(scenes[0].height);
  });

  it('are full of grasps that held and grasps that did not', () => {
    const grasps = scenes.flatMap((s) => s.grasps);
    expect(grasps.length).toBeGreaterThan(40);
    expect(new Set(grasps.map((g) => g.held)).size).toBe(2);
  });

  it('come out the same whoever draws them, in whatever portions', () => {
    const job = { seed: 3, hand: 'jaws', split: 'training', grasps: 6 } as const;
    const portions = [
      { first: 0, count: 1 },
      { first: 1, count: 3 },
    ].flatMap((portion) => runSourceJob(engine, { ...job, ...portion }));
    expect(bitsOf(portions)).toBe(bitsOf(scenes.slice(0, 4)));
  });

  it('let the model of the moment choose most grasps', () => {
    const job = { seed: 3, hand: 'jaws', split: 'training', first: 0, count: 1, grasps: 6 } as const;
    const chosenBy = (sign: number): SourceScene[] => {
      const { layers, parameters } = createPretraining(settings());
      const rng = rngStream(1, 'test/logits');
      parameters['head/logit/kernel'].values.forEach((_, i, all) => {
        all[i] = sign * rng.normal();
      });
      return runSourceJob(engine, { ...job, model: { layers, parameters } });
    };
    const [one, other] = [chosenBy(1), chosenBy(-1)];
    expect(one.map((s) => s.height)).toEqual([scenes[0].height]);
    expect(one.map((s) => s.grasps)).not.toEqual(other.map((s) => s.grasps));
  });
});

describe('packed scenes', () => {
  it('keep heights to 10 micrometres, colours to a 255th and everything else exactly', () => {
    const scene = scenes[0];
    const [map, truth] = [sourceMap(scene), sourceTruth(scene)];
    const again = packScene(map, truth, scene.descriptors, scene.grasps);
    expect(again).toEqual(scene);
    const noisy = { ...map, height: map.height.map((z) => z + 3.3e-6) };
    const back = sourceMap(packScene(noisy, truth, scene.descriptors, scene.grasps));
    expect(Math.max(...back.height.map((z, i) => Math.abs(z - noisy.height[i])))).toBeLessThan(5.5e-6);
  });
});

describe('pretraining', () => {
  it.each(SOURCE_NAMES)('on %s lowers its loss and moves only what it trains', async (source) => {
    const own = settings({ source, batchSize: 6, learningRate: 6e-2 });
    const state = createPretraining(own);
    const before = createPretraining(own).parameters;
    const meanLoss = async (steps: number): Promise<number> => {
      let sum = 0;
      for (let i = 0; i < steps; i++) sum += await pretrainStep(engine.tf, state, scenes, own);
      return sum / steps;
    };
    const first = await meanLoss(8);
    await meanLoss(24);
    // the same batches again, so that it does not matter how hard they are
    state.step = 0;
    expect(await meanLoss(8)).toBeLessThan(0.9 * first);
    for (const [name, { values }] of Object.entries(state.parameters)) {
      const trains = name.startsWith('head/')
        ? source !== 'passive'
        : name.startsWith('passive/')
          ? source !== 'grasp'
          : true;
      expect(
        values.some((v, i) => v !== before[name].values[i]),
        name,
      ).toBe(trains);
    }
  });

  it.each(TRUNK_SIZE_NAMES)('trains a %s trunk', async (size) => {
    const own = settings({ layers: TRUNK_SIZES[size], batchSize: 4 });
    const [state, before] = [createPretraining(own), createPretraining(own).parameters];
    // the first step's rate is 0
    for (let i = 0; i < 2; i++) expect(await pretrainStep(engine.tf, state, scenes, own)).toBeGreaterThan(0);
    for (const name of Object.keys(trunkOf(state)).filter((n) => n.endsWith('/kernel')))
      expect(state.parameters[name].values, name).not.toEqual(before[name].values);
  });

  it('is the same for the same seed, whoever computes a part of its gradients', async () => {
    const pool = createSourcePool(1);
    const elsewhere: string[] = [];
    const trained = async (gradients?: SourcePool['gradients']): Promise<string> => {
      const state = createPretraining(settings());
      for (let i = 0; i < 3; i++) await pretrainStep(engine.tf, state, scenes, settings(), gradients);
      return parametersHash(state.parameters);
    };
    const alone = await trained();
    const helped = await trained((part) => {
      const result = pool.gradients(part);
      if (result) elsewhere.push('part');
      return result;
    });
    expect(helped).toBe(alone);
    expect(elsewhere).toHaveLength(3);
    await pool.close();
  });

  it('of a head alone leaves the trunk and its standardisation as they were', async () => {
    const cups = runSourceJob(engine, { seed: 3, hand: 'suction', split: 'training', first: 0, count: 3, grasps: 4 });
    const own = settings({ source: 'grasp', hand: 'suction', frozen: true, batchSize: 8 });
    const [state, backbone] = [createPretraining(own), loadBackbone('grasp-passive')];
    begin(state, backbone, own);
    const before = copyParameters(state.parameters);
    for (let i = 0; i < 3; i++) await pretrainStep(engine.tf, state, cups, own);
    for (const [name, { values }] of Object.entries(state.parameters))
      expect(
        values.some((v, i) => v !== before[name].values[i]),
        name,
      ).toBe(name.startsWith('head/'));
    expect(parametersHash(trunkOf(state))).toBe(backbone.hash);
    const { parameters, standardization } = standardizedHead(engine.tf, state, cups, own);
    expect(standardization).toEqual(backbone.heads.jaws!.standardization);
    expect(parameters['head/descriptor/kernel'].shape[0]).toBe(descriptorKeys('suction').length);
  });

  it('is probed on what it was trained on alone', () => {
    const state = createPretraining(settings());
    const probe = (source: PretrainSettings['source']) =>
      probePretraining(engine.tf, state, scenes, settings({ source, batchSize: 3 }));
    const [passive, grasp] = [probe('passive'), probe('grasp')];
    expect(passive.graspAuc).toBeNull();
    expect(passive.familyAccuracy).toSatisfy(Number.isFinite);
    expect(grasp).toMatchObject({ explained: null, familyAccuracy: null });
    expect(grasp.graspAuc).toSatisfy(Number.isFinite);
  });

  it('ranks by the area under the curve', () => {
    const answers = [0.9, 0.8, 0.3, 0.3].map((score, i) => ({ score, positive: i === 0 || i === 2 }));
    // pairs (0.9, 0.8), (0.9, 0.3), (0.3, 0.8), (0.3, 0.3): 1 + 1 + 0 + 0.5 of 4
    expect(areaUnderCurve(answers)).toBe(0.625);
  });
});

describe('the pretrained head', () => {
  const own = settings({ batchSize: 6 });
  let state: Pretraining;
  let pretrained: PretrainedHead;

  beforeAll(async () => {
    state = createPretraining(own);
    for (let i = 0; i < 5; i++) await pretrainStep(engine.tf, state, scenes, own);
    pretrained = standardizedHead(engine.tf, state, scenes, own);
  });

  it('says the same on standardised features as on features as they come', () => {
    const { parameters, standardization } = pretrained;
    const length = standardization.mean.length;
    const rng = rngStream(5, 'test');
    const count = 4;
    // features that never moved carry nothing in either head
    const features = Float32Array.from({ length: count * length }, (_, i) =>
      standardization.scale[i % length] > 0 ? Math.abs(rng.normal()) : standardization.mean[i % length],
    );
    const descriptor = hand(0.06, 0.02);
    const before = logitsOf(headOf(state), features, count, handBias(headOf(state), descriptor));
    const scaled = features.slice();
    standardize(scaled, standardization);
    const after = logitsOf(parameters, scaled, count, handBias(parameters, descriptor));
    expect(before.some((v) => Math.abs(v) > 0.003)).toBe(true);
    after.forEach((v, i) => {
      expect(v).toBeCloseTo(before[i], 4);
    });
  });

  it('becomes a head of several depths and openings that says exactly what it says of each', () => {
    const descriptors = [hand(0.08, 0.02), hand(0.08, 0.04), hand(0.05, 0.02)];
    const head = headFor(pretrained, descriptors);
    const length = pretrained.standardization.mean.length;
    const rng = rngStream(6, 'test');
    const count = 5;
    const features = Float32Array.from({ length: count * length }, () => rng.normal());
    const all = logitsOf(head, features, count);
    descriptors.forEach((descriptor, k) => {
      const one = logitsOf(pretrained.parameters, features, count, handBias(pretrained.parameters, descriptor));
      for (let i = 0; i < count; i++)
        for (let m = 0; m < MEMBERS; m++)
          expect(all[(i * descriptors.length + k) * MEMBERS + m]).toBeCloseTo(one[i * MEMBERS + m], 4);
    });
    expect(all[0]).not.toBe(all[MEMBERS]);
  });

  it('explores as a policy for one hand', () => {
    const model = handModel(state, [hand(0.06, 0.02)]);
    expect(Object.keys(model.head).sort()).toEqual([
      'head/hidden/bias',
      'head/hidden/kernel',
      'head/logit/bias',
      'head/logit/kernel',
    ]);
    expect(Object.keys(model.trunk).some((name) => name.includes('passive') || name.includes('head'))).toBe(false);
  });
});
