import { beforeAll, describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS } from '../../../agent/policy/action-space.ts';
import { antipodalPolicy, depthPcaPolicy, randomPolicy } from '../../../agent/policy/heuristics.ts';
import type { PolicyInput } from '../../../agent/policy/proposal.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { trialSettings } from '../../../scenarios/trials/scene.ts';
import { observe } from '../../../sim/camera/observation.ts';
import { closingAxis } from '../../../sim/grasp.ts';
import { axisAngle } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { Scene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { sceneOf } from '../../support/scenes.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('tabletop');
const input = (scene: Scene, key = 0): PolicyInput => ({
  observation: observe(scene, scenario.sensor, rngStream(key, 'test/observe')),
  rng: rngStream(key, 'test/policy'),
  action: ACTION_DEFAULTS,
  hand: scenario.gripper,
});
/** A bar 12 x 3 x 3 cm, turned by `angle`. */
const bar = (angle: number): Scene =>
  sceneOf({ kind: 'box', half: [0.06, 0.015, 0.015] }, [0.03, -0.02, 0.015], {
    quaternion: axisAngle([0, 0, 1], angle),
  });

describe('heuristics', () => {
  for (const angle of [0, 0.6, 1.3, 2.4]) {
    it(`depth-pca and antipodal close across a bar turned by ${angle} rad`, () => {
      for (const policy of [depthPcaPolicy, antipodalPolicy]) {
        const { grasp } = policy(input(bar(angle)))!;
        const [x, y] = closingAxis(grasp);
        // the bar's long axis is at `angle`: the closing axis must be at right angles, within 20 degrees
        expect(Math.abs(x * Math.cos(angle) + y * Math.sin(angle))).toBeLessThan(Math.sin(0.35));
        expect(runTrial(bar(angle), grasp, trialSettings(scenario)).outcome).toBe('held');
      }
    });
  }

  it('take the tip of the highest object when there are several, and propose nothing on an empty table', () => {
    const empty: Scene = { objects: [], tableFriction: 0.6 };
    for (const policy of [randomPolicy, depthPcaPolicy, antipodalPolicy]) expect(policy(input(empty))).toBeUndefined();
  });

  it('random grasps are on the object', () => {
    const scene = bar(0.4);
    for (let i = 0; i < 20; i++) {
      const [x, y] = randomPolicy(input(scene, i))!.grasp.pose.position;
      const [dx, dy] = [x - 0.03, y + 0.02];
      expect(Math.abs(Math.cos(0.4) * dx + Math.sin(0.4) * dy)).toBeLessThan(0.068);
      expect(Math.abs(Math.cos(0.4) * dy - Math.sin(0.4) * dx)).toBeLessThan(0.023);
    }
  });
});
