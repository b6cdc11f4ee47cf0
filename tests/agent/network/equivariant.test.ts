import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { paddedCrop } from '../../../agent/learner/augmentation.ts';
import { createLearner, type LearnerState } from '../../../agent/learner/learner.ts';
import { checkRegime, type Regime } from '../../../agent/learner/regimes.ts';
import type { Sample } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS, type LearnerSettings } from '../../../agent/learner/settings.ts';
import { TECHNIQUE_NAMES } from '../../../agent/learner/techniques/registry.ts';
import { learn } from '../../../agent/learner/update.ts';
import { layersOf, OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import { equivariantLayers } from '../../../agent/network/equivariant.ts';
import { featureLength, writeFeatures } from '../../../agent/network/features.ts';
import { headLogits } from '../../../agent/network/head.ts';
import { toTensors } from '../../../agent/network/tensors.ts';
import { CROP, LAYERS, type Layer, runTrunk } from '../../../agent/network/trunk-layers.ts';
import { INPUT_CHANNELS, type Window, writeInput } from '../../../agent/network/window.ts';
import { ACTION_DEFAULTS, objectCells } from '../../../agent/policy/action-space.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { loadPhysics } from '../../../sim/physics.ts';

const SHAPES = 3;
const { rows, cols } = CROP;
const backbone = loadBackbone('passive');
const settings: LearnerSettings = {
  ...LEARNER_DEFAULTS,
  endToEnd: { ...LEARNER_DEFAULTS.endToEnd, batchSize: 8, updatesPerTrial: 0.5, learningRate: 0.01 },
};

let engine: Engine;
let map: Heightmap;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  map = sceneAndView(loadScenario('tabletop').scenario, 0, 'training', 3).observation.heightmap;
});

/** Crops on the object and beside it. */
const samples = (count: number): Sample[] => {
  const cells = objectCells(map, ACTION_DEFAULTS);
  return Array.from({ length: count }, (_, i) => {
    const held = i % 2 === 0;
    const cell = held ? cells[(i * 7) % cells.length] : ((i * 131) % (map.size - 40)) * map.size + 20;
    return { data: paddedCrop(map, { cell, angle: i % 12, shape: 0 }, ACTION_DEFAULTS), shape: i % SHAPES, held };
  });
};

/** A learner after some updates, so that no weight is as it was drawn. */
async function learned(arm: Regime): Promise<LearnerState> {
  const state = createLearner({ regime: arm, shapeCount: SHAPES, settings, start: backbone, seed: 4 });
  await learn(engine.tf, state, settings, samples(24), 4);
  expect(state.updates).toBe(12);
  return state;
}

const IMAGES = [
  { flipX: false, flipY: false },
  { flipX: true, flipY: false },
  { flipX: false, flipY: true },
  { flipX: true, flipY: true },
];

/** A real window with the grasp off its middle, and its mirror images, with where the grasp is in each. */
function images(colour = (c: number): number => c): { input: Float32Array; points: readonly [number, number][] } {
  const painted = { ...map, colour: map.colour.map(colour) };
  const input = new Float32Array(IMAGES.length * rows * cols * INPUT_CHANNELS);
  const [col, row] = [cols / 2 + 2.3, rows / 2 - 3.1];
  const points = IMAGES.map(({ flipX, flipY }, i): [number, number] => {
    const window: Window = { centre: [0.012, -0.004], yaw: 0.7, rows, cols, flipX, flipY };
    writeInput(painted, window, input, i * rows * cols * INPUT_CHANNELS);
    return [flipX ? cols - col : col, flipY ? rows - row : row];
  });
  return { input, points };
}

/** Logits of every image, [images][shapes * members]. */
function logitsOf(state: LearnerState, { input, points } = images()): Float32Array[] {
  const trunk = ownTrunkOf(engine.tf, state);
  const outputs = trunk.run(input, points.length, rows, cols);
  const length = featureLength(trunk.taps);
  const features = new Float32Array(points.length * length);
  points.forEach(([col, row], i) => {
    writeFeatures(trunk.taps, outputs, i, col, row, features, i * length);
  });
  const head = toTensors(engine.tf, state.head);
  const logits = engine.tf.tidy(() =>
    headLogits(engine.tf, head, engine.tf.tensor2d(features, [points.length, length])),
  );
  const values = logits.dataSync<'float32'>().slice();
  for (const t of [trunk, logits, ...Object.values(head)]) t.dispose();
  const each = values.length / points.length;
  return points.map((_, i) => values.slice(i * each, (i + 1) * each));
}

const difference = (a: Float32Array, b: Float32Array): number => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

describe('the equivariant network', () => {
  it('scores a grasp and its mirror images alike after it has learned, as the scratch network does not', async () => {
    const tied = await learned('equivariant');
    const [own, ...mirrored] = logitsOf(tied);
    expect(difference(own, new Float32Array(own.length))).toBeGreaterThan(0.05);
    for (const image of mirrored) expect(difference(image, own)).toBeLessThan(2e-5);
    const [plain, ...others] = logitsOf(await learned('scratch'));
    for (const image of others) expect(difference(image, plain)).toBeGreaterThan(1e-3);
  });

  it('has maps that are mirrored with the window, their copies permuted', async () => {
    const { tf } = engine;
    const tied = await learned('equivariant');
    const weights = toTensors(tf, tied.trunk);
    const maps = tf.tidy(() =>
      runTrunk(
        tf,
        weights,
        tf.tensor4d(images().input, [4, rows, cols, INPUT_CHANNELS]),
        layersOf(tied.architecture),
      ).map((t) => t.clone()),
    );
    for (const tensor of maps) {
      const [, h, w, channels] = tensor.shape;
      const values = tensor.dataSync<'float32'>();
      const at = (image: number, r: number, c: number, k: number): number =>
        values[((image * h + r) * w + c) * channels + k];
      let [worst, largest] = [0, 0];
      for (let image = 1; image < 4; image++)
        for (let r = 0; r < h; r++)
          for (let c = 0; c < w; c++)
            for (let k = 0; k < channels; k++) {
              const there = at(image, image & 2 ? h - 1 - r : r, image & 1 ? w - 1 - c : c, k ^ image);
              worst = Math.max(worst, Math.abs(there - at(0, r, c, k)));
              largest = Math.max(largest, at(0, r, c, k));
            }
      expect(largest).toBeGreaterThan(0.1);
      expect(worst).toBeLessThan(1e-5 * largest);
    }
    for (const t of [...maps, ...Object.values(weights)]) t.dispose();
  });

  it('does not see colour, bit for bit', async () => {
    const tied = await learned('equivariant');
    expect(
      logitsOf(
        tied,
        images((c) => 1 - c),
      ),
    ).toEqual(logitsOf(tied));
    const height = images();
    height.input.forEach((v, i) => {
      if (i % INPUT_CHANNELS === 0) height.input[i] = 1.2 * v;
    });
    expect(logitsOf(tied, height)).not.toEqual(logitsOf(tied));
  });

  it('learns, tied: its gradient is that of the weights it is made of', () => {
    const { parametrization, free } = createLearner({
      regime: 'equivariant',
      shapeCount: SHAPES,
      settings,
      start: backbone,
      seed: 1,
    });
    // <expand(a), b> = <a, pullBack(b)>: the one is the other's transpose
    const network = parametrization!.expand(free);
    const ones = Object.fromEntries(Object.entries(network).map(([k, p]) => [k, p.values.map((_, i) => Math.sin(i))]));
    const back = parametrization!.pullBack(free, ones);
    for (const [name, { values }] of Object.entries(free)) {
      const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, v, i) => sum + v * b[i], 0);
      expect(dot(values, back[name])).toBeCloseTo(dot(network[name].values, ones[name]), 2);
    }
    const count = (p: typeof free): number => Object.values(p).reduce((n, { values }) => n + values.length, 0);
    expect(count(free) / count(network)).toBeLessThan(0.27);
  });

  it('costs about what the scratch network does', () => {
    const multiplications = (layers: readonly Layer[]): number => {
      let cells = rows * cols;
      return layers.reduce((sum, { inputs, outputs, stride, size = 3 }) => {
        cells /= stride ** 2;
        return sum + cells * size ** 2 * inputs * outputs;
      }, 0);
    };
    const ratio = multiplications(equivariantLayers(1)) / multiplications(LAYERS);
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });
});

describe('learner.width', () => {
  const wide = (arm: Regime, width: number): readonly number[] =>
    layersOf(
      createLearner({ regime: arm, shapeCount: 1, settings: { ...settings, width }, start: backbone, seed: 0 })
        .architecture,
    ).map((l) => l.outputs);

  it('makes the layers of the arms that start from nothing wider or narrower', () => {
    expect(wide('scratch', 1)).toEqual(layersOf(OWN_ARCHITECTURE).map((l) => l.outputs));
    expect(wide('scratch', 1.5)).toEqual([24, 36, 36, 72, 72, 72]);
    expect(wide('random', 0.5)).toEqual([8, 12, 12, 24, 24, 24]);
    expect(wide('equivariant', 1)).toEqual([16, 24, 24, 40, 40, 40]);
    expect(wide('equivariant', 1.5)).toEqual([24, 36, 36, 60, 60, 60]);
  });

  it('learns and scores at any width', async () => {
    for (const arm of ['scratch', 'equivariant'] as const) {
      const narrow = { ...settings, width: 0.5 };
      const state = createLearner({ regime: arm, shapeCount: SHAPES, settings: narrow, start: backbone, seed: 4 });
      const first = (await learn(engine.tf, state, narrow, samples(16), 4))!;
      expect((await learn(engine.tf, state, narrow, samples(32), 4))!).toBeLessThan(first);
      expect(logitsOf(state)[0].length).toBeGreaterThan(0);
    }
  });

  it('is refused where the trunk is pretrained', () => {
    for (const arm of ['pretrained', 'finetuned'] as const)
      expect(() => checkRegime(arm, backbone, { head: 'fresh', width: 2 })).toThrow(
        `learner.width: expected 1 for arm '${arm}', whose trunk is as wide as it was pretrained, got 2`,
      );
    for (const technique of TECHNIQUE_NAMES.filter((t) => t !== 'full'))
      expect(() => checkRegime('equivariant', backbone, { head: 'fresh', width: 1, technique })).toThrow(
        `learner.technique: expected 'full' for arm 'equivariant', whose weights are tied to one another, got '${technique}'`,
      );
  });
});
