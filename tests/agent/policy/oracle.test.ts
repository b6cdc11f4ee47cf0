import { beforeAll, expect, it } from 'vitest';
import { oraclePolicy } from '../../../agent/policy/oracle.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView, trialSettings } from '../../../scenarios/trials/scene.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { runTrial } from '../../../sim/trial.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('tabletop');

it('the oracle holds what it says it holds', () => {
  const { action, gripper } = scenario;
  const trial = trialSettings(scenario);
  for (let i = 0; i < 6; i++) {
    const { scene, observation } = sceneAndView(scenario, 2, 'evaluation', i);
    const seen = { observation, action, hand: gripper, rng: rngStream(i, 'test/policy') };
    expect(runTrial(scene, oraclePolicy(seen, { scene, trial })!.grasp, trial).outcome).toBe('held');
  }
});
