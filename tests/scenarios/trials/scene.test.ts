import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../../scenarios/load.ts';
import { sceneAndView, splitSettings, trialSettings } from '../../../scenarios/trials/scene.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('quick');

describe('a scene of a scenario', () => {
  it('is of the families of its side', () => {
    expect(splitSettings(scenario, 'training', undefined).families).toEqual(scenario.training.families);
    expect(splitSettings(scenario, 'evaluation', undefined).families).toEqual(scenario.evaluation.families);
  });

  it('is the same for the same key, another for another seed, side or index', () => {
    const heights = (...key: [number, 'training' | 'evaluation', number]) =>
      sceneAndView(scenario, ...key).observation.heightmap.height.join();
    const one = heights(1, 'training', 0);
    expect(heights(1, 'training', 0)).toBe(one);
    for (const other of [heights(2, 'training', 0), heights(1, 'evaluation', 0), heights(1, 'training', 1)])
      expect(other).not.toBe(one);
  });

  it('asks for the objects of a scenario that draws from files', () => {
    const drawn = {
      ...scenario,
      objects: { path: 'here', unit: 'm', density: 500, scaleToGripper: false, split: false },
    };
    expect(() => splitSettings(drawn as typeof scenario, 'training', undefined)).toThrow(
      'scene: expected the objects of here to be loaded, got none',
    );
  });

  it('is tried with the hand, motion and physics of the scenario, and nothing else', () => {
    const { physics, gripper, motion } = scenario;
    expect(trialSettings(scenario)).toEqual({ physics, gripper, motion });
  });
});
