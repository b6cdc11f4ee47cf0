import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../agent/backbones/own.ts';
import { startHeadFor } from '../../../agent/backbones/pretrained-head.ts';
import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import type { Model } from '../../../agent/network/model.ts';
import { graspShapes } from '../../../agent/policy/action-space.ts';
import { predictTried } from '../../../agent/policy/prediction.ts';
import { createScorer } from '../../../agent/policy/scorer.ts';
import { parseScenario } from '../../../scenarios/load.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';
import { loadPhysics } from '../../../sim/physics.ts';

let engine: Engine;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
});

/** The shipped policy for the scenario's depths and openings. */
function policy(action: string) {
  const scenario = parseScenario(`action: ${action}`, 'test');
  const backbone = loadBackbone('grasp-passive');
  const start = startHeadFor(backbone, { ...GRIPPER_DEFAULTS, kind: 'jaws' }, graspShapes(scenario.action));
  const { parameters: head, standardization } = start;
  const model: Model = { architecture: backbone.architecture, trunk: backbone.parameters, head, standardization };
  return { scenario, model, map: sceneAndView(scenario, 2, 'training', 0).observation.heightmap };
}

describe('predictions of tried grasps', () => {
  it('are of the depth and opening that was tried', () => {
    const { tf } = engine;
    const { scenario, model, map } = policy('{ depths: [0.02, 0.035], openings: [0.6, 1] }');
    const trunk = ownTrunkOf(tf, model);
    const cell = map.height.indexOf(Math.max(...map.height));
    const tried = [3, 0, 2, 1].map((shape) => ({ map, action: { cell, angle: shape, shape } }));
    const together = predictTried(tf, trunk, model, tried, scenario.action);
    tried.forEach((one, i) => {
      expect(together[i]).toBeCloseTo(predictTried(tf, trunk, model, [one], scenario.action)[0], 4);
    });
    expect(new Set(together).size).toBe(4);
    trunk.dispose();
  });

  it('can be made of as many depths and openings as a scenario may have', () => {
    const { tf } = engine;
    const depths = [10, 15, 20, 25, 30, 35, 40, 45].map((mm) => mm / 1000);
    const { scenario, model, map } = policy(`{ depths: [${depths}], openings: [0.4, 0.6, 0.8, 1] }`);
    const trunk = ownTrunkOf(tf, model);
    const scorer = createScorer(tf, trunk, model);
    const { cells, logits } = scorer.score(map, scenario.action);
    expect(logits.length).toBe(scenario.action.angles * cells.length * 32);
    expect(logits.every(Number.isFinite)).toBe(true);
    scorer.dispose();
    trunk.dispose();
  });
});
