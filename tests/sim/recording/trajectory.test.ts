import { beforeAll, describe, expect, it } from 'vitest';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { loadPhysics, PHYSICS_DEFAULTS } from '../../../sim/physics.ts';
import { recordTrial } from '../../../sim/recording/trajectory.ts';
import { type Scene, sampleScene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { SCENE_SETTINGS, TRIAL_SETTINGS } from '../../support/episodes.ts';

let scene: Scene;

beforeAll(async () => {
  await loadPhysics();
  scene = sampleScene(SCENE_SETTINGS, PHYSICS_DEFAULTS, 0, 'training', 1);
});

describe('recording a trial', () => {
  it('changes nothing about it, to the bit', () => {
    const [x, y] = scene.objects[0].pose.position;
    const grasp = topDownGrasp([x, y, 0.01], 0.4, 0.08);
    const { result, poses, phases, hz } = recordTrial(scene, grasp, TRIAL_SETTINGS);
    expect(result).toEqual(runTrial(scene, grasp, TRIAL_SETTINGS));
    let frames = 0;
    runTrial(scene, grasp, TRIAL_SETTINGS, () => frames++);
    expect(frames).toBeGreaterThan(result.steps); // the free motion is not simulated, but shown
    expect(phases.length).toBe(Math.ceil(frames / 4));
    expect(poses.length).toBe(phases.length * 7 * (3 + scene.objects.length));
    expect(hz).toBe(60);
  });

  it('starts with the objects where they rest', () => {
    const { poses } = recordTrial(scene, topDownGrasp([0.15, 0.15, 0.02], 0, 0.08), TRIAL_SETTINGS);
    scene.objects.forEach(({ pose }, i) => {
      const at = poses.slice((3 + i) * 7, (3 + i) * 7 + 3);
      for (let k = 0; k < 3; k++) expect(Math.abs(at[k] - pose.position[k])).toBeLessThan(0.001);
    });
  });

  it('refuses a rate that is not positive', () => {
    const grasp = topDownGrasp([0, 0, 0.1], 0, 0.08);
    expect(() => recordTrial(scene, grasp, TRIAL_SETTINGS, 0)).toThrow('expected hz > 0, got 0');
  });
});
