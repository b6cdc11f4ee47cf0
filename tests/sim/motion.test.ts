import { describe, expect, it } from 'vitest';
import { approachAxis, type Grasp, topDownGrasp } from '../../sim/grasp.ts';
import {
  add,
  axisAngle,
  dot,
  multiply,
  norm,
  normalize,
  type Pose,
  randomQuat,
  rotate,
  scale,
  subtract,
  transform,
  type Vec3,
} from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { carryPath, carrySeconds, clearPose, extentAlong, MOTION_DEFAULTS, nearest } from '../../sim/motion.ts';
import { boxMesh, type Mesh } from '../../sim/objects/mesh.ts';
import type { Scene } from '../../sim/scene.ts';
import { CUBE, sceneOf } from '../support/scenes.ts';

const rng = rngStream(0, 'test/motion');

const vertices = ({ positions: p }: Mesh, pose: Pose): Vec3[] =>
  Array.from({ length: p.length / 3 }, (_, i) => transform(pose, [p[3 * i], p[3 * i + 1], p[3 * i + 2]]));

/** Cubes strewn about. */
function strewn(count: number): Scene {
  const objects = Array.from({ length: count }, () => {
    const position: Vec3 = [rng.range(-0.1, 0.1), rng.range(-0.1, 0.1), rng.range(0.02, 0.1)];
    return sceneOf(CUBE, position, { quaternion: randomQuat(rng) }).objects[0];
  });
  return { objects, tableFriction: 0.6 };
}

/** A grasp somewhere in a scene whose approach leans. */
function leaning(): Grasp {
  const { pose, opening } = topDownGrasp([rng.range(-0.1, 0.1), rng.range(-0.1, 0.1), 0.02], rng.range(0, 3), 0.08);
  const lean = axisAngle(normalize([rng.normal(), rng.normal(), 0]), rng.range(0, 0.6));
  return { pose: { ...pose, quaternion: multiply(lean, pose.quaternion) }, opening };
}

describe('the clear pose', () => {
  it('lies back along the approach, 8 mm before the first corner of the scene or 1 cm before the grasp', () => {
    for (let i = 0; i < 30; i++) {
      const [scene, grasp] = [strewn(3), leaning()];
      const approach = approachAxis(grasp);
      const along = (p: Vec3): number => dot(subtract(p, grasp.pose.position), approach);
      const first = Math.min(...scene.objects.flatMap(({ model, pose }) => vertices(model.mesh, pose).map(along)));
      const { position, quaternion } = clearPose(scene, grasp);
      const back = Math.max(0.01, 0.008 - first);
      expect(quaternion).toEqual(grasp.pose.quaternion);
      expect(norm(subtract(position, subtract(grasp.pose.position, scale(approach, back))))).toBeLessThan(1e-7);
    }
  });

  it('clears the walls of a bin, and what collides rather than what is drawn', () => {
    const empty: Scene = { objects: [], tableFriction: 0.6 };
    const grasp = topDownGrasp([0, 0, 0.02], 0, 0.08);
    expect(clearPose(empty, grasp).position[2]).toBeCloseTo(0.03, 12);
    expect(clearPose({ ...empty, bin: { halfWidth: 0.1, height: 0.07 } }, grasp).position[2]).toBeCloseTo(0.078, 6);
    const { objects } = sceneOf(CUBE, [0, 0, 0.02]);
    const tall = { ...objects[0].model, collision: boxMesh([0.02, 0.02, 0.08]) };
    expect(clearPose({ ...empty, objects: [{ ...objects[0], model: tall }] }, grasp).position[2]).toBeCloseTo(0.108, 6);
  });
});

describe('the nearest object', () => {
  it('is the one with the corner nearest to the grasp', () => {
    for (let i = 0; i < 30; i++) {
      const [scene, grasp] = [strewn(5), leaning()];
      const distances = scene.objects.map(({ model, pose }) =>
        Math.min(...vertices(model.mesh, pose).map((v) => norm(subtract(v, grasp.pose.position)))),
      );
      expect(nearest(scene, grasp)).toBe(distances.indexOf(Math.min(...distances)));
    }
  });
});

describe('the extent of a mesh along an axis', () => {
  it('of a box is the sum of its sides seen along it', () => {
    const half: Vec3 = [0.01, 0.02, 0.03];
    for (let i = 0; i < 20; i++) {
      const pose: Pose = { position: [1, 2, 3], quaternion: randomQuat(rng) };
      const axis = normalize([rng.normal(), rng.normal(), rng.normal()]);
      const sides = (
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ] as const
      ).map((a) => Math.abs(dot(rotate(pose.quaternion, a), axis)));
      expect(extentAlong(boxMesh(half), pose, axis)).toBeCloseTo(2 * sides.reduce((s, c, k) => s + c * half[k], 0), 7);
    }
  });
});

describe('the way of a carried object', () => {
  const from = topDownGrasp([0.1, 0.05, 0.03], 0.4, 0.08).pose;
  const { lift, liftTime, holdTime, shakeTime, shakeAmplitude, shakeHz } = MOTION_DEFAULTS;
  const whole = carrySeconds(MOTION_DEFAULTS);
  const at = (time: number) => carryPath(MOTION_DEFAULTS, from, time);
  const speed = (time: number): number =>
    norm(scale(subtract(at(time + 1e-5).pose.position, at(time - 1e-5).pose.position), 5e4));

  it('begins where it was grasped and ends a lift above, at rest at both ends and while it is held', () => {
    expect(whole).toBe(liftTime + holdTime + shakeTime);
    expect(at(0).pose).toEqual(from);
    const top = add(from.position, [0, 0, lift]);
    for (const time of [liftTime, liftTime + holdTime / 2, whole])
      expect(norm(subtract(at(time).pose.position, top))).toBeLessThan(1e-9);
    for (const time of [2e-5, liftTime, liftTime + holdTime / 2, whole - 2e-5]) expect(speed(time)).toBeLessThan(0.01);
  });

  it('is smooth: nowhere a jump, in place or in speed', () => {
    const step = whole / 4000;
    // the greatest accelerations: of the lift, and of the shake as it swells
    const most = 6 * (lift / liftTime ** 2) + 4 * shakeAmplitude * (2 * Math.PI * shakeHz) ** 2 + 60;
    for (let i = 1; i < 3999; i++) {
      const [a, b, c] = [i - 1, i, i + 1].map((k) => at(k * step).pose.position);
      expect(norm(subtract(b, a))).toBeLessThan(0.002);
      const bend = subtract(add(a, c), scale(b, 2));
      expect(norm(bend) / step ** 2).toBeLessThan(most);
    }
  });

  it('goes through lift, hold and shake, and shakes along every axis within its amplitude', () => {
    const times = Array.from({ length: 500 }, (_, i) => (whole * (i + 0.5)) / 500);
    const phases = times.map((t) => at(t).phase);
    expect(phases.filter((p, i) => p !== phases[i - 1])).toEqual(['lift', 'hold', 'shake']);
    const top = add(from.position, [0, 0, lift]);
    const shaken = times.filter((t) => t > liftTime + holdTime).map((t) => subtract(at(t).pose.position, top));
    for (const k of [0, 1, 2]) {
      const most = Math.max(...shaken.map((s) => Math.abs(s[k])));
      expect(most).toBeLessThanOrEqual(shakeAmplitude);
      expect(most).toBeGreaterThan(0.9 * shakeAmplitude);
      // no two axes in step
      expect(Math.max(...shaken.map((s) => Math.abs(s[k] - s[(k + 1) % 3])))).toBeGreaterThan(shakeAmplitude);
    }
  });

  it('without a shake just holds', () => {
    const still = { ...MOTION_DEFAULTS, shakeTime: 0 };
    expect(carrySeconds(still)).toBe(liftTime + holdTime);
    expect(carryPath(still, from, liftTime + holdTime).phase).toBe('hold');
  });
});
