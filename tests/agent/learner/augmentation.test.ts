import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { augmentCrop, cachedFeatures, PADDED_LENGTH } from '../../../agent/learner/augmentation.ts';
import { featureLength, writeFeatures } from '../../../agent/network/features.ts';
import { CROP, TAPS } from '../../../agent/network/trunk-layers.ts';
import { INPUT_CHANNELS, toWindow, writeInput } from '../../../agent/network/window.ts';
import { ACTION_DEFAULTS, objectCells, yawOf } from '../../../agent/policy/action-space.ts';
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { openTrunk, tabletopMap } from '../../support/learner/trunks.ts';

let engine: Engine;
let map: Heightmap;
const FEATURE_LENGTH = featureLength(TAPS);

const action = ACTION_DEFAULTS;

beforeAll(async () => {
  engine = await loadEngine();
  await loadPhysics();
  map = tabletopMap();
});

describe('augmentation', () => {
  it('leaves the first of the cached features as they are: they agree with what the dense scan sees there', () => {
    const trunk = openTrunk(engine.tf);
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

  it('keeps the grasp in a crop where it says it is, under every shift and mirror', () => {
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
