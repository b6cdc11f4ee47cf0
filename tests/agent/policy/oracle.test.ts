import { describe, expect, it } from 'vitest';
import { fairOraclePolicy, oraclePolicy } from '../../../agent/policy/oracle.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView, trialSettings, trueState } from '../../../scenarios/trials/scene.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import type { ObjectModel } from '../../../sim/objects/object.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { Scene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';

await loadPhysics();

const { scenario } = loadScenario('tabletop');

const { action, gripper } = scenario;
const trial = trialSettings(scenario);

describe('the oracle', () => {
  it('holds what it says it holds', () => {
    for (let i = 0; i < 6; i++) {
      const { scene, observation } = sceneAndView(scenario, 2, 'evaluation', i);
      const seen = { observation, action, hand: gripper, rng: rngStream(i, 'test/policy') };
      expect(runTrial(scene, oraclePolicy(seen, trueState(scenario, scene))!.grasp, trial).outcome).toBe('held');
    }
  });
});

describe('the fair oracle', () => {
  const { scene, observation } = sceneAndView(scenario, 2, 'evaluation', 0);
  const choice = (of: Scene, unseen = scenario.scene) => {
    const seen = { observation, action, hand: gripper, rng: rngStream(0, 'test/policy') };
    return fairOraclePolicy(seen, { scene: of, unseen, trial })!.grasp;
  };
  const made = (matter: Partial<ObjectModel>): Scene => ({
    ...scene,
    objects: scene.objects.map((object) => ({ ...object, model: { ...object.model, ...matter } })),
  });

  it('chooses the same grasp whatever the object is made of', () => {
    expect(choice(made({ density: 2500, friction: 0.1 }))).toEqual(choice(scene));
  });

  it('chooses by what it could be made of', () => {
    const slippery = choice(scene, { ...scenario.scene, friction: [0.05, 0.06], density: [2000, 2500] });
    expect(slippery).not.toEqual(choice(scene));
  });

  it('holds what holds in every world it thinks of', () => {
    const grasp = choice(scene);
    for (const friction of scenario.scene.friction)
      expect(runTrial(made({ friction }), grasp, trial).outcome).toBe('held');
  });
});
