import { beforeAll, describe, expect, it } from 'vitest';
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
});
