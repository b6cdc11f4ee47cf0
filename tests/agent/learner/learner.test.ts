import { beforeAll, describe, expect, it } from 'vitest';
import { ownTrunkOf } from '../../../agent/backbones/backbones.ts';
import { parametersHash } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { augmentCrop, cachedFeatures, PADDED_LENGTH, paddedCrop } from '../../../agent/learner/augmentation.ts';
import { createLearner, currentModel } from '../../../agent/learner/learner.ts';
import { isFrozen, REGIME_NAMES } from '../../../agent/learner/regimes.ts';
import type { Sample } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { learn } from '../../../agent/learner/update.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import { featureLength, samplingMatrices, writeFeatures } from '../../../agent/network/features.ts';
import { identityStandardization } from '../../../agent/network/standardization.ts';
import { sampleFeatures, toTensors } from '../../../agent/network/tensors.ts';
import { CROP, initTrunk, runTrunk, TAPS } from '../../../agent/network/trunk-layers.ts';
import { INPUT_CHANNELS, toWindow, writeInput } from '../../../agent/network/window.ts';
import { ACTION_DEFAULTS, objectCells, yawOf } from '../../../agent/policy/action-space.ts';
import { createScorer } from '../../../agent/policy/scorer.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';

let engine: Engine;
let map: Heightmap;
const parameters = initTrunk(rngStream(2, 'test/trunk'));
const pretrained = { name: 'test', architecture: OWN_ARCHITECTURE, parameters };
const FEATURE_LENGTH = featureLength(TAPS);

/** The trunk of these tests on the engine; whoever asks disposes. */
const openTrunk = () => ownTrunkOf(engine.tf, { architecture: OWN_ARCHITECTURE, trunk: parameters });
const action = ACTION_DEFAULTS;

beforeAll(async () => {
  engine = await loadEngine();
  await loadPhysics();
  map = sceneAndView(loadScenario('tabletop').scenario, 0, 'training', 3).observation.heightmap;
});

describe('features', () => {
  it('are the same by interpolation in arrays and by the differentiable matrices', () => {
    const { tf } = engine;
    const [rows, cols] = [CROP.rows, CROP.cols];
    const input = new Float32Array(rows * cols * INPUT_CHANNELS);
    writeInput(map, { centre: [0.01, 0], yaw: 0.4, rows, cols }, input, 0);
    const weights = toTensors(tf, parameters);
    const trunk = openTrunk();
    const outputs = trunk.run(input, 1, rows, cols);
    const points = [
      [
        [20.3, 14.8],
        [28, 16],
        [33.1, 9.2],
      ],
    ] as const;
    const byArrays = new Float32Array(3 * FEATURE_LENGTH);
    for (const [i, [c, r]] of points[0].entries()) writeFeatures(TAPS, outputs, 0, c, r, byArrays, i * FEATURE_LENGTH);
    const byMatrices = tf.tidy(() => {
      const maps = runTrunk(tf, weights, tf.tensor4d(input, [1, rows, cols, INPUT_CHANNELS]));
      return sampleFeatures(tf, maps, samplingMatrices(TAPS, points, rows, cols), 3);
    });
    const values = byMatrices.dataSync<'float32'>();
    expect(Math.max(...byArrays.map((v, i) => Math.abs(v - values[i])))).toBeLessThan(1e-4);
    for (const t of [byMatrices, trunk, ...Object.values(weights)]) t.dispose();
  });

  it('of a mirrored window are those of the mirrored scene', () => {
    const flipped: Heightmap = {
      ...map,
      height: new Float32Array(map.height.length),
      colour: new Float32Array(map.colour.length),
      observed: new Uint8Array(map.observed.length),
    };
    for (let r = 0; r < map.size; r++) {
      for (let c = 0; c < map.size; c++) {
        const [to, from] = [r * map.size + c, r * map.size + map.size - 1 - c];
        flipped.height[to] = map.height[from];
        flipped.observed[to] = map.observed[from];
        for (let k = 0; k < 3; k++) flipped.colour[to * 3 + k] = map.colour[from * 3 + k];
      }
    }
    const window = { centre: [0.02, 0.01] as const, yaw: 0.3, rows: 16, cols: 24 };
    const [a, b] = [new Float32Array(16 * 24 * INPUT_CHANNELS), new Float32Array(16 * 24 * INPUT_CHANNELS)];
    writeInput(map, { ...window, flipX: true }, a, 0);
    writeInput(flipped, { ...window, centre: [-0.02, 0.01], yaw: -0.3 }, b, 0);
    expect(Math.max(...a.map((v, i) => Math.abs(v - b[i])))).toBeLessThan(2e-3);
  });

  it('of the cached, un-augmented grasp agree with what the dense scan sees there', () => {
    const trunk = openTrunk();
    const cells = objectCells(map, action);
    const chosen = { cell: cells[cells.length >> 1], angle: 5, shape: 0 };
    const cached = cachedFeatures(trunk, map, chosen, action, rngStream(0, 'test/jitter')).subarray(0, FEATURE_LENGTH);
    const [x, y] = cellCentre(map, Math.floor(chosen.cell / map.size), chosen.cell % map.size);
    const side = 96;
    const window = { centre: [x, y] as const, yaw: yawOf(5, action), rows: side, cols: side };
    const input = new Float32Array(side * side * INPUT_CHANNELS);
    writeInput(map, window, input, 0);
    const dense = new Float32Array(FEATURE_LENGTH);
    const [col, row] = toWindow(window, map.cell, x, y);
    writeFeatures(TAPS, trunk.run(input, 1, side, side), 0, col, row, dense, 0);
    // the phase against the strided grid differs, so equal only up to interpolation: strongly correlated
    const dot = (p: Float32Array, q: Float32Array) => p.reduce((s, v, i) => s + v * q[i], 0);
    expect(dot(cached, dense) / Math.sqrt(dot(cached, cached) * dot(dense, dense))).toBeGreaterThan(0.97);
    trunk.dispose();
  });

  it('crops keep the grasp where they say it is, under every shift and mirror', () => {
    const spike: Heightmap = {
      ...map,
      height: new Float32Array(map.height.length),
      observed: new Uint8Array(map.observed.length).fill(1),
    };
    const cell = 50 * map.size + 40;
    for (const d of [0, 1, map.size, map.size + 1]) spike.height[cell + d] = 0.05;
    const centre = cellCentre(map, 50.5, 40.5);
    const padded = new Float32Array(PADDED_LENGTH);
    writeInput(spike, { centre, yaw: 0, rows: 40, cols: 64 }, padded, 0);
    const out = new Float32Array(CROP.rows * CROP.cols * INPUT_CHANNELS);
    for (let i = 0; i < 30; i++) {
      const [col, row] = augmentCrop(padded, rngStream(i, 'test/crop'), out, 0);
      const at = (r: number, c: number) => out[(r * CROP.cols + c) * INPUT_CHANNELS];
      expect(at(row - 1, col - 1) + at(row, col) + at(row - 1, col) + at(row, col - 1)).toBeCloseTo(4, 3);
    }
  });
});

/** Samples that a learner can tell apart: held where the grasp is on the object, not where it is beside it. */
function samples(keep: 'features' | 'crop', count: number): Sample[] {
  const trunk = openTrunk();
  const cells = objectCells(map, action);
  const out = Array.from({ length: count }, (_, i): Sample => {
    const held = i % 2 === 0;
    const cell = held ? cells[(i * 7) % cells.length] : ((i * 131) % (map.size - 40)) * map.size + 20;
    const tried = { cell, angle: i % 12, shape: 0 };
    const data =
      keep === 'crop'
        ? paddedCrop(map, tried, action)
        : cachedFeatures(trunk, map, tried, action, rngStream(i, 'test/j'));
    return { data, shape: 0, held };
  });
  trunk.dispose();
  return out;
}

describe('learners', () => {
  const settings = {
    ...LEARNER_DEFAULTS,
    endToEnd: { ...LEARNER_DEFAULTS.endToEnd, batchSize: 8, updatesPerTrial: 0.5 },
  };

  for (const arm of REGIME_NAMES) {
    it(`${arm}: learns a separable task, moves exactly the promised weights, and leaks no tensor`, async () => {
      const frozen = isFrozen(arm, settings);
      const state = createLearner({ regime: arm, shapeCount: 1, settings, start: pretrained, seed: 4 });
      const [trunkBefore, headBefore] = [parametersHash(state.trunk), parametersHash(state.head)];
      expect(currentModel(state)).toBeUndefined();
      const data = samples(frozen ? 'features' : 'crop', 32);
      const first = (await learn(engine.tf, state, settings, data, 4))!;
      const tensors = engine.tf.memory().numTensors;
      let last = first;
      for (let i = 0; i < 4; i++) last = (await learn(engine.tf, state, settings, data.slice(0, 16), 4))!;
      expect(engine.tf.memory().numTensors).toBe(tensors);
      expect(last).toBeLessThan(first * 0.8);
      expect(parametersHash(state.trunk) === trunkBefore).toBe(frozen);
      expect(parametersHash(state.head)).not.toBe(headBefore);
    });
  }

  it('are bit-identical from the same data and seed', async () => {
    const hash = async (seed: number) => {
      const state = createLearner({ regime: 'pretrained', shapeCount: 1, settings, start: pretrained, seed });
      await learn(engine.tf, state, settings, samples('features', 32), seed);
      return parametersHash(state.head);
    };
    expect(await hash(1)).toBe(await hash(1));
    expect(await hash(1)).not.toBe(await hash(2));
  });

  it('score every object cell at every angle and shape', () => {
    const state = createLearner({ regime: 'random', shapeCount: 2, settings, start: pretrained, seed: 0 });
    const trunk = openTrunk();
    const scorer = createScorer(engine.tf, trunk, {
      head: state.head,
      standardization: identityStandardization(FEATURE_LENGTH),
    });
    const settings2 = { ...action, depths: [0.02, 0.04] };
    const { cells, logits } = scorer.score(map, settings2);
    expect(cells.length).toBeGreaterThan(10);
    expect(logits.length).toBe(12 * cells.length * 2);
    const empty = scorer.score({ ...map, height: new Float32Array(map.height.length) }, settings2);
    expect(empty.logits.length).toBe(0);
    scorer.dispose();
    trunk.dispose();
  });
});
