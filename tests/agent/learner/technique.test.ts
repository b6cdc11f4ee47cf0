import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { createLearner, frozenWeights, type LearnerState } from '../../../agent/learner/learner.ts';
import type { Sample } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS, type LearnerSettings } from '../../../agent/learner/settings.ts';
import { TECHNIQUE_NAMES, type TechniqueName } from '../../../agent/learner/techniques/registry.ts';
import { pacesOf } from '../../../agent/learner/techniques/schedule.ts';
import { END_TO_END_DEFAULTS, type EndToEndSettings } from '../../../agent/learner/techniques/settings.ts';
import { blocksOf } from '../../../agent/learner/techniques/technique.ts';
import { learn } from '../../../agent/learner/update.ts';
import { copyParameters, type Parameters } from '../../../agent/network/parameters.ts';
import { LAYERS } from '../../../agent/network/trunk-layers.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { triedGrasps } from '../../support/learner/experience.ts';

const SHAPES = 4;
const backbone = loadBackbone('passive');

let engine: Engine;
let tried: Readonly<Record<'features' | 'crop', readonly Sample[]>>;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const runner = new JobRunner(engine, NODE_HOST);
  tried = { features: await triedGrasps(runner, 8, 'features'), crop: await triedGrasps(runner, 8, 'crop') };
  runner.dispose();
});

const settingsFor = (technique: TechniqueName, endToEnd: Partial<EndToEndSettings> = {}): LearnerSettings => ({
  ...LEARNER_DEFAULTS,
  technique,
  endToEnd: { ...END_TO_END_DEFAULTS, batchSize: 4, updatesPerTrial: 1, ...endToEnd },
});

const start = (settings: LearnerSettings): LearnerState =>
  createLearner({ regime: 'pretrained', shapeCount: SHAPES, settings, start: backbone, seed: 4 });

const samplesOf = (technique: TechniqueName): readonly Sample[] => tried[technique === 'head' ? 'features' : 'crop'];

const bits = ({ values }: Parameters[string]): Buffer =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** Names of the weights that differ in any bit. */
const moved = (before: Parameters, after: Parameters): string[] =>
  Object.keys(after).filter((key) => !bits(after[key]).equals(bits(before[key])));

const network = ({ trunk, head }: LearnerState): Parameters => ({ ...trunk, ...head });

const weightsOf = (...layers: string[]): string[] => layers.flatMap((l) => [`${l}/kernel`, `${l}/bias`]);
const HEAD = weightsOf('head/hidden', 'head/logit');
const TRUNK = weightsOf(...LAYERS.map((l) => l.name));
const KERNELS = TRUNK.filter((name) => name.endsWith('kernel'));

/** Weights of the network that a technique promises to move within a few updates, all of them; `none` makes no update. */
const PROMISED: Readonly<Record<TechniqueName, readonly string[]>> = {
  head: HEAD,
  adapter: [...KERNELS, ...HEAD],
  'last-block': [...weightsOf('conv4', 'conv5', 'conv6'), ...HEAD],
  full: [...TRUNK, ...HEAD],
  'l2-sp': [...TRUNK, ...HEAD],
  gradual: HEAD,
  none: [],
};

/** Distance between two sets of weights, over those named. */
const distance = (a: Parameters, b: Parameters, names: readonly string[]): number =>
  Math.hypot(...names.flatMap((n) => [...a[n].values].map((v, i) => v - b[n].values[i])));

describe.each(TECHNIQUE_NAMES.filter((name) => name !== 'none'))('technique %s', (technique) => {
  it('moves exactly the promised weights, and brings the loss down on real trials', async () => {
    // half the updates, each twice as long
    const settings = settingsFor(technique, { updatesPerTrial: 0.5, learningRate: 2e-3 });
    const state = start(settings);
    const before = copyParameters(network(state));
    const kept = copyParameters(frozenWeights(state));
    const samples = samplesOf(technique);
    expect(samples.filter((s) => s.held).length).toBeGreaterThan(5);
    expect(samples.filter((s) => !s.held).length).toBeGreaterThan(5);
    await learn(engine.tf, state, settings, samples.slice(0, 16), 4);
    expect(moved(before, network(state)).toSorted()).toEqual(PROMISED[technique].toSorted());
    const tensors = engine.tf.memory().numTensors;
    const first = (await learn(engine.tf, state, settings, samples.slice(16), 4))!;
    let last = first;
    for (let pass = 0; pass < 3; pass++) last = (await learn(engine.tf, state, settings, samples.slice(0, 24), 4))!;
    expect(engine.tf.memory().numTensors).toBe(tensors);
    expect(last).toBeLessThan(0.6 * first);
    expect(moved(kept, frozenWeights(state))).toEqual([]);
  });
});

describe('gradual unfreezing', () => {
  it('lets one more block move at a time, from the last, and no other weight', async () => {
    const settings = settingsFor('gradual', { unfreezeEvery: 4, updatesPerTrial: 1 });
    const state = start(settings);
    const stages = [
      HEAD,
      [...weightsOf('conv4', 'conv5', 'conv6'), ...HEAD],
      [...weightsOf('conv2', 'conv3', 'conv4', 'conv5', 'conv6'), ...HEAD],
      [...TRUNK, ...HEAD],
      [...TRUNK, ...HEAD],
    ];
    // the standardisation waits for 16 trials; then one update a trial
    const waiting = { ...settings, endToEnd: { ...settings.endToEnd, updatesPerTrial: 0.25, unfreezeEvery: 16 } };
    for (const [stage, names] of stages.entries()) {
      const before = copyParameters(network(state));
      if (stage === 0) await learn(engine.tf, state, waiting, samplesOf('gradual').slice(0, 16), 4);
      else await learn(engine.tf, state, settings, samplesOf('gradual').slice(12 + 4 * stage, 16 + 4 * stage), 4);
      expect(state.updates).toBe(4 * (stage + 1));
      expect(moved(before, network(state)).toSorted(), `stage ${stage}`).toEqual(names.toSorted());
    }
  });

  it('starts the optimiser anew on each block', () => {
    const schedule = { technique: 'gradual', layers: LAYERS, settings: settingsFor('gradual').endToEnd } as const;
    const at = (updates: number) => pacesOf({ ...schedule, pretrained: true }, updates);
    expect(at(31).size).toBe(0);
    expect([...at(32)].map(([name, { step }]) => [name, step])).toEqual([
      ['conv4', 1],
      ['conv5', 1],
      ['conv6', 1],
    ]);
    expect(at(70).get('conv6')!.step).toBe(39);
    expect(at(70).get('conv3')!.step).toBe(7);
    expect(at(70).has('conv1')).toBe(false);
  });
});

describe('discriminative rates', () => {
  const paces = (technique: TechniqueName, pretrained: boolean, endToEnd: Partial<EndToEndSettings> = {}): number[] =>
    [
      ...pacesOf({ technique, pretrained, layers: LAYERS, settings: settingsFor(technique, endToEnd).endToEnd }, 1e6),
    ].map(([, { rateScale }]) => rateScale!);

  it('fall from layer to layer where the trunk is pretrained, unless the scenario says otherwise', () => {
    const falling = LAYERS.map((_, i) => 0.7 ** (6 - i));
    expect(paces('full', true)).toEqual(falling);
    expect(paces('gradual', true).toSorted()).toEqual(falling);
    expect(paces('full', true, { layerDecay: 1 })).toEqual(LAYERS.map(() => 1));
    expect(paces('full', false)).toEqual(LAYERS.map(() => 1));
    expect(paces('full', false, { layerDecay: 0.5 })[0]).toBe(0.5 ** 6);
  });

  it('move early layers less', async () => {
    const settings = settingsFor('full', { layerDecay: 0.5, updatesPerTrial: 0.1 });
    const state = start(settings);
    await learn(engine.tf, state, settings, samplesOf('full').slice(0, 16), 4);
    expect(state.updates).toBe(2);
    // Adam's first steps are as long as the rate, whatever the gradient
    const step = (name: string): number =>
      distance(state.trunk, state.start, [name]) / Math.sqrt(state.trunk[name].values.length);
    for (const [i, { name }] of LAYERS.slice(1).entries())
      expect(step(`${name}/kernel`) / step(`${LAYERS[i].name}/kernel`), name).toBeGreaterThan(1.3);
  });
});

describe('adapters', () => {
  it('start as exactly the pretrained network, keep its weights, and are no more than of their rank', async () => {
    const settings = settingsFor('adapter', { adapterRank: 2 });
    const state = start(settings);
    expect(moved(backbone.parameters, { ...state.trunk, ...state.parametrization!.expand(state.free) })).toEqual([]);
    await learn(engine.tf, state, settings, samplesOf('adapter').slice(0, 16), 4);
    expect(moved(backbone.parameters, frozenWeights(state))).toEqual([]);
    // every 3 x 3 minor of a change of rank 2 vanishes
    const { shape, values } = state.trunk['conv3/kernel'];
    const [columns, change] = [shape[3], values.map((v, i) => v - state.start['conv3/kernel'].values[i])];
    const at = (r: number, c: number): number => change[r * columns + c];
    const size = Math.max(...change.map(Math.abs));
    for (let r = 0; r < 30; r += 3) {
      const [a, b, c] = [0, 1, 2].map((i) => [0, 1, 2].map((j) => at(r + i, (r % 20) + j) / size));
      const minor =
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
      expect(Math.abs(minor)).toBeLessThan(1e-3);
    }
    expect(Math.abs(at(0, 0) * at(1, 1) - at(0, 1) * at(1, 0)) / size ** 2).toBeGreaterThan(0);
  });

  it('have the gradient of their factors', () => {
    const state = start(settingsFor('adapter', { adapterRank: 3 }));
    const parametrization = state.parametrization!;
    const rng = rngStream(1, 'test/adapters');
    const free = Object.fromEntries(
      Object.entries(state.free).map(([k, p]) => [k, { ...p, values: p.values.map(() => rng.range(-1, 1)) }]),
    );
    const weights = Object.fromEntries(
      parametrization.names.map((n) => [n, network(state)[n].values.map(() => rng.range(-1, 1))]),
    );
    const loss = (at: Parameters): number =>
      Object.entries(parametrization.expand(at)).reduce(
        (sum, [n, { values }]) => sum + values.reduce((s, v, i) => s + v * weights[n][i], 0),
        0,
      );
    const gradients = parametrization.pullBack(free, weights);
    for (const name of ['conv2/down', 'conv2/up', 'conv6/down', 'conv6/up']) {
      const i = 7;
      const moved = (by: number): Parameters => ({
        ...free,
        [name]: { ...free[name], values: free[name].values.with(i, free[name].values[i] + by) },
      });
      expect(gradients[name][i] / (loss(moved(0.5)) - loss(moved(-0.5)))).toBeCloseTo(1, 2);
    }
    for (const name of HEAD) expect(gradients[name]).toBe(weights[name]);
  });
});

describe('l2-sp', () => {
  it('stays the nearer to the pretrained weights, the stronger it is', async () => {
    const far = async (l2sp: number): Promise<number> => {
      const settings = settingsFor('l2-sp', { l2sp });
      const state = start(settings);
      await learn(engine.tf, state, settings, samplesOf('l2-sp').slice(0, 16), 4);
      return distance(state.trunk, state.start, TRUNK);
    };
    const [none, some, strong] = [await far(0), await far(30), await far(1000)];
    expect(some).toBeLessThan(0.9 * none);
    // a step's whole distance is taken back: what is left is the last step's
    expect(strong).toBeLessThan(0.2 * none);
    expect(strong).toBeGreaterThan(0);
  });
});

describe('blocks', () => {
  it('begin at strides, and there is always one', () => {
    expect(blocksOf(LAYERS).map((b) => b.map((l) => l.name))).toEqual([
      ['conv1'],
      ['conv2', 'conv3'],
      ['conv4', 'conv5', 'conv6'],
    ]);
    expect(blocksOf(LAYERS.map((l) => ({ ...l, stride: 1 as const }))).length).toBe(1);
    expect(blocksOf(LAYERS.map((l) => ({ ...l, stride: 2 as const }))).length).toBe(6);
  });
});
