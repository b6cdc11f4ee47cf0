import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openForeign } from '../../../agent/backbones/foreign.ts';
import { type Backbone, loadBackbone } from '../../../agent/backbones/own.ts';
import { foreignTrunkOf, openBackbone, ownTrunkOf } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { cachedFeatures, paddedCrop } from '../../../agent/learner/augmentation.ts';
import { createLearner, currentModel } from '../../../agent/learner/learner.ts';
import { isFrozen, REGIME_NAMES, type REGIMES } from '../../../agent/learner/regimes.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { learn } from '../../../agent/learner/update.ts';
import { architectureTaps, layersOf } from '../../../agent/network/architecture.ts';
import { featureLength } from '../../../agent/network/features.ts';
import { encodeTensors } from '../../../agent/network/safetensors.ts';
import type { Trunk } from '../../../agent/network/trunk.ts';
import { initTrunk, LAYERS, type Layer } from '../../../agent/network/trunk-layers.ts';
import { ACTION_DEFAULTS, objectCells } from '../../../agent/policy/action-space.ts';
import { createScorer } from '../../../agent/policy/scorer.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { writeLayerNetwork } from '../../support/learner/networks.ts';

let engine: Engine;
let maps: readonly Heightmap[];
const action = { ...ACTION_DEFAULTS, depths: [0.035] };
const folder = mkdtempSync(join(tmpdir(), 'graft-backbones-'));

beforeAll(async () => {
  engine = await loadEngine();
  await loadPhysics();
  const { scenario } = loadScenario('tabletop');
  maps = [3, 4].map((i) => sceneAndView(scenario, 0, 'training', i).observation.heightmap);
});

/** Weights and card of a network of graft's own kind. */
function writeOwn(name: string, layers: readonly Layer[], card: object = {}): string {
  const path = join(folder, `${name}.safetensors`);
  const parameters = initTrunk(rngStream(7, 'test/own'), layers);
  writeFileSync(path, encodeTensors({ parameters, metadata: {} }));
  const listed = layers.map(({ inputs: _, ...layer }) => layer);
  writeFileSync(join(folder, `${name}.model.json`), JSON.stringify({ layers: listed, summary: 'small', ...card }));
  return path;
}

const SMALL: readonly Layer[] = [
  { name: 'a', inputs: 7, outputs: 4, stride: 2, tap: false },
  { name: 'b', inputs: 4, outputs: 6, stride: 2, tap: true },
  { name: 'c', inputs: 6, outputs: 5, stride: 2, tap: true },
];

const trunkOf = async (backbone: Backbone): Promise<Trunk> =>
  (await foreignTrunkOf(engine.tf, backbone)) ??
  ownTrunkOf(engine.tf, { architecture: backbone.architecture, trunk: backbone.parameters });

/** Thirty-two labelled grasps: on the object, and beside it. */
const grasps = (map: Heightmap) => {
  const cells = objectCells(map, action);
  return Array.from({ length: 32 }, (_, i) => {
    const held = i % 2 === 0;
    const cell = held ? cells[(i * 7) % cells.length] : ((i * 131) % (map.size - 40)) * map.size + 20;
    return { tried: { cell, angle: i % 12, shape: 0 }, held };
  });
};

/** Learns a separable task from a backbone, then scores a map. @returns logits of the object's cells. */
async function learnAndScore(backbone: Backbone, arm: keyof typeof REGIMES): Promise<Float32Array> {
  const [map] = maps;
  const endToEnd = { ...LEARNER_DEFAULTS.endToEnd, batchSize: 4, updatesPerTrial: 0.25 };
  const settings = { ...LEARNER_DEFAULTS, endToEnd };
  const state = createLearner({ regime: arm, shapeCount: 1, settings, start: backbone, seed: 3 });
  const before = engine.tf.memory().numTensors;
  const trunk = await trunkOf(backbone);
  const samples = grasps(map).map(({ tried, held }, i) => ({
    data: isFrozen(arm, settings)
      ? cachedFeatures(trunk, map, tried, action, rngStream(i, 'test/j'))
      : paddedCrop(map, tried, action),
    shape: 0,
    held,
  }));
  const first = (await learn(engine.tf, state, settings, samples, 3))!;
  const second = (await learn(engine.tf, state, settings, samples, 3))!;
  expect(second).toBeLessThan(first);
  const model = currentModel(state)!;
  const own = backbone.architecture.kind === 'own' ? ownTrunkOf(engine.tf, model) : trunk;
  const scorer = createScorer(engine.tf, own, model);
  const { logits, cells } = scorer.score(map, action);
  expect(logits.length).toBe(12 * cells.length * action.depths.length);
  scorer.dispose();
  for (const t of new Set([own, trunk])) t.dispose();
  expect(engine.tf.memory().numTensors).toBe(before);
  return logits;
}

describe("graft's own trunk", () => {
  it('may be of any size: its model card lists the layers', async () => {
    const backbone = await openBackbone(writeOwn('small', SMALL));
    expect(architectureTaps(backbone.architecture)).toEqual([
      { name: 'b', stride: 4, channels: 6, shift: 0 },
      { name: 'c', stride: 8, channels: 5, shift: 0 },
    ]);
    for (const arm of REGIME_NAMES) await learnAndScore(backbone, arm);
  });

  it('is read at other layers if the scenario says so, and only as far as the last of them', async () => {
    const { architecture, parameters } = await openBackbone('passive', ['conv2', 'conv4']);
    expect(architectureTaps(architecture).map((t) => [t.name, t.stride, t.channels])).toEqual([
      ['conv2', 2, 24],
      ['conv4', 4, 48],
    ]);
    expect(Object.keys(parameters).at(-1)).toBe('conv4/bias');
    expect(layersOf(architecture).length).toBe(4);
    await expect(openBackbone('passive', ['conv9'])).rejects.toThrow(
      /^backbone 'passive': expected taps among conv1, .*, conv6, got 'conv9'$/,
    );
  });

  it('is the same from the registry as by default', async () => {
    const opened = await openBackbone('passive');
    expect(opened).toEqual(loadBackbone('passive'));
    expect(layersOf(opened.architecture)).toEqual(LAYERS);
  });

  it('can be drawn, the same every time', async () => {
    const [a, b] = await Promise.all([openBackbone('random'), openBackbone('random')]);
    expect(a.hash).toBe(b.hash);
    expect(a.hash).not.toBe((await openBackbone('passive')).hash);
    await learnAndScore(a, 'pretrained');
  });

  it('is refused if its card lists layers that do not fit', async () => {
    const wide = [{ ...SMALL[0], outputs: 8 }, { ...SMALL[1], inputs: 8 }, SMALL[2]];
    const path = writeOwn('wide', SMALL, { layers: wide });
    await expect(openBackbone(path)).rejects.toThrow(
      /wide.safetensors: expected tensor 'a\/kernel' of shape \[3,3,7,8\], got \[3,3,7,4\]/,
    );
    const deep = writeOwn('deep', [...SMALL, { name: 'd', inputs: 5, outputs: 5, stride: 2, tap: true }]);
    await expect(openBackbone(deep)).rejects.toThrow(
      /deep.model.json: expected strides whose product divides 32 and 56, got 16/,
    );
    const blind = writeOwn('blind', SMALL, { layers: SMALL.map((l) => ({ ...l, tap: false })) });
    await expect(openBackbone(blind)).rejects.toThrow(
      /blind.model.json: layers: expected at least one layer with tap: true/,
    );
  });
});

describe('a foreign network', () => {
  const tiny = (): string => writeLayerNetwork(folder, 'tiny');

  it('learns as a frozen trunk, and the same twice', async () => {
    const backbone = await openBackbone(tiny());
    expect(backbone.parameters).toEqual({});
    const [a, b] = [await learnAndScore(backbone, 'pretrained'), await learnAndScore(backbone, 'pretrained')];
    expect(a).toEqual(b);
    expect(a.some((v) => v !== a[0])).toBe(true);
  });

  it.each(REGIME_NAMES.filter((arm) => arm !== 'pretrained'))('is refused as the start of arm %s', async (arm) => {
    const backbone = await openBackbone(tiny());
    expect(() =>
      createLearner({ regime: arm, shapeCount: 1, settings: LEARNER_DEFAULTS, start: backbone, seed: 0 }),
    ).toThrow(
      `arm '${arm}': expected one of graft's own trunks as learner.backbone, got the foreign network 'tiny', which can only be used frozen, by arm 'pretrained'`,
    );
  });

  it('is refused once it is no longer the one that a policy was trained on', async () => {
    const { architecture, hash } = await openBackbone(tiny());
    (await foreignTrunkOf(engine.tf, { architecture }))!.dispose();
    writeLayerNetwork(folder, 'tiny', { passes: ['height', 'colour', 'normals'] });
    await expect(foreignTrunkOf(engine.tf, { architecture })).rejects.toThrow(
      new RegExp(`tiny.json': expected the network with hash ${hash} \\(the policy's own\\), got [0-9a-f]{64}`),
    );
  });
});

const MOBILENET = 'mobilenet_v2_1.0_224';

describe.skipIf(!process.env.GRAFT_BACKBONES)(`${MOBILENET} in GRAFT_BACKBONES`, () => {
  it('is read at strides 4, 8 and 16, narrow layers, three passes each', async () => {
    const { architecture, card } = await openBackbone(MOBILENET);
    expect(architectureTaps(architecture)).toEqual([
      { name: 'block03.add', stride: 4, channels: 3 * 24, shift: 1.5 },
      { name: 'block06.add', stride: 8, channels: 3 * 32, shift: 3.5 },
      { name: 'block13.add', stride: 16, channels: 3 * 96, shift: 7.5 },
    ]);
    expect(card).toMatch(/MobileNetV2.*Apache-2.0/);
  });

  it('learns as a frozen trunk, and the same twice', async () => {
    const backbone = await openBackbone(MOBILENET);
    const [a, b] = [await learnAndScore(backbone, 'pretrained'), await learnAndScore(backbone, 'pretrained')];
    expect(a).toEqual(b);
  });

  it('sees objects: the mean features of one scene tell object from table in another', async () => {
    const trunk = await openForeign(engine.tf, MOBILENET);
    const length = featureLength(trunk.taps);
    const sets = maps.map((map) =>
      grasps(map).map(({ tried, held }, i) => ({
        held,
        x: cachedFeatures(trunk, map, tried, action, rngStream(i, 'test/j')).subarray(0, length),
      })),
    );
    const mean = (held: boolean): Float32Array => {
      const chosen = sets[0].filter((s) => s.held === held);
      return Float32Array.from({ length }, (_, f) => chosen.reduce((sum, { x }) => sum + x[f], 0) / chosen.length);
    };
    const [on, off] = [mean(true), mean(false)];
    const away = (x: Float32Array, m: Float32Array): number => x.reduce((sum, v, f) => sum + (v - m[f]) ** 2, 0);
    const right = sets[1].filter(({ x, held }) => away(x, on) < away(x, off) === held).length;
    expect(right / sets[1].length).toBeGreaterThan(0.9);
    expect(sets.flat().every(({ x }) => x.every(Number.isFinite))).toBe(true);
    trunk.dispose();
  });
});
