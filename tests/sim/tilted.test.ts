import { beforeAll, describe, expect, it } from 'vitest';
import { approachAxis, type Grasp, topDownGrasp } from '../../sim/grasp.ts';
import { axisAngle, dot, multiply, type Quat, subtract, transform, type Vec3 } from '../../sim/math/pose.ts';
import { solidMesh } from '../../sim/objects/object.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { Scene } from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';
import { CUBE, sceneOf, TRIAL } from '../support/scenes.ts';

beforeAll(loadPhysics);

const DEGREE = Math.PI / 180;

/** A grasp whose approach leans by an angle about a world axis. */
function tilted(tip: Vec3, axis: Vec3, degrees: number): Grasp {
  const { pose, opening } = topDownGrasp(tip, 0, TRIAL.gripper.stroke);
  return { pose: { ...pose, quaternion: multiply(axisAngle(axis, degrees * DEGREE), pose.quaternion) }, opening };
}

const STANDING: Scene = sceneOf({ kind: 'cylinder', radius: 0.02, halfHeight: 0.03 }, [0, 0, 0.03]);
const LYING_TURN: Quat = axisAngle([1, 0, 0], Math.PI / 2);
const LYING: Scene = sceneOf({ kind: 'cylinder', radius: 0.02, halfHeight: 0.04 }, [0, 0, 0.02], {
  quaternion: LYING_TURN,
});
const CUBE_SCENE = sceneOf(CUBE, [0, 0, 0.02]);

describe('a tilted approach', () => {
  const closing: Vec3 = [1, 0, 0];

  it.each([
    ['a cube', CUBE_SCENE, 0.016, 20],
    ['a cube', CUBE_SCENE, 0.016, -20],
    ['a cube', CUBE_SCENE, 0.018, 40],
    ['a standing cylinder', STANDING, 0.03, 20],
    ['a standing cylinder', STANDING, 0.035, -35],
    ['a lying cylinder', LYING, 0.018, 20],
  ] as const)('about the closing axis holds %s (%#)', (_, scene, z, degrees) => {
    const { outcome, gap } = runTrial(scene, tilted([0, 0, z], closing, degrees), TRIAL);
    expect(outcome).toBe('held');
    expect(Math.abs(gap - 0.04)).toBeLessThan(0.001);
  });

  it('across the closing axis holds a lying cylinder by its diameter', () => {
    const { outcome, gap } = runTrial(LYING, tilted([0, 0, 0.02], [0, 1, 0], 20), TRIAL);
    expect(outcome).toBe('held');
    expect(Math.abs(gap - 0.04)).toBeLessThan(0.0015);
  });

  it('is straight along the approach and starts clear of the scene; the lift is straight up', () => {
    const grasp = tilted([0, 0, 0.016], closing, 20);
    const approach = approachAxis(grasp);
    const tips: { phase: string; tip: Vec3; force: number }[] = [];
    runTrial(CUBE_SCENE, grasp, TRIAL, ({ phase, hand }) => {
      tips.push({ phase, tip: hand.poses()[0].position, force: hand.contactForce() });
    });
    const of = (phase: string) => tips.filter((t) => t.phase === phase);
    const [first] = of('descend');
    expect(first.force).toBe(0);
    // no corner of the cube has been reached along the approach
    const [{ pose }] = CUBE_SCENE.objects;
    const { positions: p } = solidMesh(CUBE);
    for (let i = 0; i < p.length; i += 3) {
      const corner = transform(pose, [p[i], p[i + 1], p[i + 2]]);
      expect(dot(subtract(corner, first.tip), approach)).toBeGreaterThan(0);
    }
    for (const { tip } of of('descend')) {
      const from = subtract(grasp.pose.position, tip);
      const along = dot(from, approach);
      expect(Math.hypot(...subtract(from, approach.map((a) => a * along) as unknown as Vec3))).toBeLessThan(1e-6);
    }
    const [start, end] = [of('close')[0].tip, of('hold').at(-1)!.tip];
    expect(Math.hypot(end[0] - start[0], end[1] - start[1])).toBeLessThan(1e-6);
    expect(end[2] - start[2]).toBeCloseTo(TRIAL.motion.lift, 4);
  });

  it('misses when it passes beside the object', () => {
    expect(runTrial(CUBE_SCENE, tilted([0, 0.06, 0.016], closing, 20), TRIAL).outcome).toBe('missed');
  });
});
