import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { startHeadFor } from '../../../agent/backbones/pretrained-head.ts';
import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { createLearner } from '../../../agent/learner/learner.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { OWN_ARCHITECTURE } from '../../../agent/network/architecture.ts';
import { featureLength } from '../../../agent/network/features.ts';
import { identityStandardization } from '../../../agent/network/standardization.ts';
import { TAPS } from '../../../agent/network/trunk-layers.ts';
import { ACTION_DEFAULTS } from '../../../agent/policy/action-space.ts';
import { createScorer } from '../../../agent/policy/scorer.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { openTrunk, parameters, tabletopMap } from '../../support/learner/trunks.ts';

let engine: Engine;
let map: Heightmap;
const pretrained = { name: 'test', architecture: OWN_ARCHITECTURE, parameters };
const FEATURE_LENGTH = featureLength(TAPS);

const action = ACTION_DEFAULTS;

beforeAll(async () => {
  engine = await loadEngine();
  await loadPhysics();
  map = tabletopMap();
});

describe('a scorer', () => {
  it('scores every object cell at every angle and shape', () => {
    const state = createLearner({
      regime: 'random',
      shapeCount: 2,
      settings: LEARNER_DEFAULTS,
      start: pretrained,
      seed: 0,
    });
    const trunk = openTrunk(engine.tf);
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

  it('of a pretrained head says of each of several depths what it says of that one alone', () => {
    const backbone = loadBackbone('grasp-passive');
    const trunk = ownTrunkOf(engine.tf, {
      architecture: backbone.architecture,
      trunk: backbone.parameters,
    });
    const score = (depths: readonly number[]): Float32Array => {
      const { parameters: head, standardization } = startHeadFor(
        backbone,
        { ...GRIPPER_DEFAULTS, kind: 'jaws' },
        depths.map((depth) => ({ depth, opening: 1 })),
      );
      const scorer = createScorer(engine.tf, trunk, { head, standardization });
      const { logits } = scorer.score(map, { ...action, depths });
      scorer.dispose();
      return logits;
    };
    const before = engine.tf.memory().numTensors;
    const all = score([0.02, 0.035, 0.05]);
    expect(engine.tf.memory().numTensors).toBe(before);
    [0.02, 0.035, 0.05].forEach((depth, k) => {
      const alone = score([depth]);
      expect(all.length).toBe(3 * alone.length);
      alone.forEach((logit, i) => {
        expect(all[3 * i + k]).toBeCloseTo(logit, 4);
      });
    });
    trunk.dispose();
  });
});
