import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { featureLength, samplingMatrices, writeFeatures } from '../../../agent/network/features.ts';
import { sampleFeatures, toTensors } from '../../../agent/network/tensors.ts';
import { CROP, runTrunk, TAPS } from '../../../agent/network/trunk-layers.ts';
import { INPUT_CHANNELS, writeInput } from '../../../agent/network/window.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { openTrunk, parameters, tabletopMap } from '../../support/learner/trunks.ts';

let engine: Engine;
let map: Heightmap;
const FEATURE_LENGTH = featureLength(TAPS);

beforeAll(async () => {
  engine = await loadEngine();
  await loadPhysics();
  map = tabletopMap();
});

describe('features', () => {
  it('are the same by interpolation in arrays and by the differentiable matrices', () => {
    const { tf } = engine;
    const [rows, cols] = [CROP.rows, CROP.cols];
    const input = new Float32Array(rows * cols * INPUT_CHANNELS);
    writeInput(map, { centre: [0.01, 0], yaw: 0.4, rows, cols }, input, 0);
    const weights = toTensors(tf, parameters);
    const trunk = openTrunk(engine.tf);
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
});
