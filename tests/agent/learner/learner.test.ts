import { beforeAll, describe, expect, it } from 'vitest';
import { parametersHash } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { cachedFeatures, paddedCrop } from '../../../agent/learner/augmentation.ts';
import { createLearner, currentModel } from '../../../agent/learner/learner.ts';
import { isFrozen, REGIME_NAMES } from '../../../agent/learner/regimes.ts';
import type { Sample } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { learn } from '../../../agent/learner/update.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import { ACTION_DEFAULTS, objectCells } from '../../../agent/policy/action-space.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { openTrunk, parameters, tabletopMap } from '../../support/learner/trunks.ts';

let engine: Engine;
let map: Heightmap;
const pretrained = { name: 'test', architecture: OWN_ARCHITECTURE, parameters };

const action = ACTION_DEFAULTS;

beforeAll(async () => {
  engine = await loadEngine();
  await loadPhysics();
  map = tabletopMap();
});

/** Samples that a learner can tell apart: held where the grasp is on the object, not where it is beside it. */
function samples(keep: 'features' | 'crop', count: number): Sample[] {
  const trunk = openTrunk(engine.tf);
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
    batchSize: 16,
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
    const data = samples('features', 32);
    const hash = async (seed: number) => {
      const state = createLearner({ regime: 'pretrained', shapeCount: 1, settings, start: pretrained, seed });
      await learn(engine.tf, state, settings, data, seed);
      return parametersHash(state.head);
    };
    const one = await hash(1);
    expect(await hash(1)).toBe(one);
    expect(await hash(2)).not.toBe(one);
  });
});
