import { beforeAll, describe, expect, it } from 'vitest';
import { topDownGrasp } from '../../sim/grasp.ts';
import { FAMILIES } from '../../sim/objects/families.ts';
import { loadPhysics, PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import { recordTrial } from '../../sim/recording/trajectory.ts';
import { type SceneSettings, sampleScene } from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../support/scenes.ts';

beforeAll(loadPhysics);

const SETTINGS: SceneSettings = {
  families: FAMILIES,
  objectCount: 1,
  arrangement: 'drop',
  ranges: { scale: [0.85, 1.25], density: [200, 1000], friction: [0.25, 0.8] },
  dropHalfWidth: 0.07,
  workspaceHalfWidth: 0.13,
  tableFriction: 0.6,
};

describe('a trial', () => {
  it('is the same bit for bit, whatever ran before it', () => {
    const scene = sampleScene(SETTINGS, PHYSICS_DEFAULTS, 5, 'training', 1);
    const [x, y, z] = scene.objects[0].pose.position;
    const grasp = topDownGrasp([x, y, Math.max(z - 0.01, 0.004)], 0.7, 0.08);
    const first = runTrial(scene, grasp, TRIAL).stateHash;
    for (let i = 0; i < 5; i++) runTrial(sampleScene(SETTINGS, PHYSICS_DEFAULTS, 6, 'training', i), grasp, TRIAL);
    expect(runTrial(scene, grasp, TRIAL).stateHash).toBe(first);
  });

  it('is not changed by being recorded', () => {
    const scene = sceneOf(CUBE, [0, 0, 0.02]);
    const grasp = topDownGrasp([0, 0, 0.015], 0, 0.08);
    const recorded = recordTrial(scene, grasp, TRIAL);
    expect(recorded.result.stateHash).toBe(runTrial(scene, grasp, TRIAL).stateHash);
    expect(recorded.poses.length).toBe(recorded.phases.length * 4 * 7);
    expect(new Set(recorded.phases).size).toBe(5);
    expect(() => recordTrial(scene, grasp, TRIAL, 0)).toThrow(/hz > 0/);
  });

  it('is reported as invalid when the simulation diverges', () => {
    const wild = { ...TRIAL, gripper: { ...TRIAL.gripper, force: 1e9, closingSpeed: 500 } };
    expect(runTrial(sceneOf(CUBE, [0, 0, 0.02]), topDownGrasp([0.004, 0, 0.015], 0.3, 0.08), wild).outcome).toBe(
      'invalid',
    );
  });
});
