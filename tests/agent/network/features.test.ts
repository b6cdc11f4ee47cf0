import { beforeAll, describe, expect, it } from 'vitest';
import { ownTrunkOf } from '../../../agent/backbones/backbones.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import { featureLength, samplingMatrices, writeFeatures } from '../../../agent/network/features.ts';
import { sampleFeatures, toTensors } from '../../../agent/network/tensors.ts';
import { CROP, initTrunk, runTrunk, TAPS } from '../../../agent/network/trunk-layers.ts';
import { INPUT_CHANNELS, writeInput } from '../../../agent/network/window.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';

let engine: Engine;
let map: Heightmap;
const parameters = initTrunk(rngStream(2, 'test/trunk'));
const FEATURE_LENGTH = featureLength(TAPS);

/** The trunk of these tests on the engine; whoever asks disposes. */
const openTrunk = () => ownTrunkOf(engine.tf, { architecture: OWN_ARCHITECTURE, trunk: parameters });

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
});
