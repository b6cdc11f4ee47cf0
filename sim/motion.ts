/** How a hand moves during a trial, whatever its kind and the engine. */
import { binMeshes } from './bin.ts';
import { approachAxis, type Grasp } from './grasp.ts';
import { add, conjugate, dot, invert, type Pose, rotate, scale, subtract, transform, type Vec3 } from './math/pose.ts';
import { sin } from './math/trigonometry.ts';
import type { Mesh } from './objects/mesh.ts';
import { collisionMesh } from './objects/object.ts';
import type { Scene } from './scene.ts';

/** The motion around a grasp. Lengths in metres, times in seconds. */
export interface MotionSettings {
  readonly descentSpeed: number;
  /** Force on the gripper that stops the descent, N. */
  readonly stopForce: number;
  /** Height through which the object is lifted. */
  readonly lift: number;
  readonly liftTime: number;
  readonly holdTime: number;
  readonly shakeTime: number;
  /** Amplitude of the shake along each axis. */
  readonly shakeAmplitude: number;
  readonly shakeHz: number;
}

/** Gentle, as a careful robot moves near objects: where a thing flies that was struck hard, no two engines agree. */
export const MOTION_DEFAULTS: MotionSettings = {
  descentSpeed: 0.15,
  stopForce: 1,
  lift: 0.2,
  liftTime: 0.6,
  holdTime: 0.25,
  shakeTime: 0.5,
  shakeAmplitude: 0.012,
  shakeHz: 4,
};

/** Phases of a trial in the order in which they happen; recordings have an index into this list. */
export const PHASES = ['descend', 'close', 'lift', 'hold', 'shake'] as const;
export type Phase = (typeof PHASES)[number];

/** How slow the fingers must be, m/s, and for how long, to count as stalled. */
export const STALL_SPEED = 0.001;
export const STALL_SECONDS = 0.1;
/** How long nothing must have been in the grip to count as lost. */
export const LOST_SECONDS = 0.1;

/** The pose along the approach at which the tips clear every object, or 1 cm before the grasp if that is higher. */
export function clearPose(scene: Scene, grasp: Grasp): Pose {
  const approach = approachAxis(grasp);
  let back = 0.01;
  const clear = (mesh: Mesh, pose: Pose): void => {
    back = Math.max(back, 0.008 - rangeAlong(mesh, pose, approach, grasp.pose.position).least);
  };
  for (const { model, pose } of scene.objects) clear(collisionMesh(model), pose);
  for (const { mesh, pose } of binMeshes(scene)) clear(mesh, pose);
  return { ...grasp.pose, position: subtract(grasp.pose.position, scale(approach, back)) };
}

/** Least and greatest coordinate of a mesh along an axis, measured from a point. */
function rangeAlong({ positions: p }: Mesh, pose: Pose, axis: Vec3, from: Vec3): { least: number; most: number } {
  const [x, y, z] = rotate(conjugate(pose.quaternion), axis); // in the mesh's frame: nothing to allocate per vertex
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < p.length; i += 3) {
    const d = p[i] * x + p[i + 1] * y + p[i + 2] * z;
    if (d < least) least = d;
    if (d > most) most = d;
  }
  const offset = dot(subtract(pose.position, from), axis);
  return { least: least + offset, most: most + offset };
}

/** The object whose surface comes nearest to the grasp. */
export function nearest(scene: Scene, grasp: Grasp): number {
  let best = 0;
  let bestDistance = Number.POSITIVE_INFINITY;
  scene.objects.forEach(({ model, pose }, i) => {
    const p = collisionMesh(model).positions;
    const [x, y, z] = transform(invert(pose), grasp.pose.position);
    for (let v = 0; v < p.length; v += 3) {
      const distance = (p[v] - x) ** 2 + (p[v + 1] - y) ** 2 + (p[v + 2] - z) ** 2;
      if (distance < bestDistance) {
        bestDistance = distance;
        best = i;
      }
    }
  });
  return best;
}

/** Width of a mesh along an axis, metres. */
export function extentAlong(mesh: Mesh, pose: Pose, axis: Vec3): number {
  const { least, most } = rangeAlong(mesh, pose, axis, pose.position);
  return most - least;
}

/** Seconds from the start of the lift to the end of the shake. */
export const carrySeconds = ({ liftTime, holdTime, shakeTime }: MotionSettings): number =>
  liftTime + holdTime + shakeTime;

/** The path after the grasp has closed at `from`: up, still, and shaken; T_world_tcp `time` seconds after the lift began. */
export function carryPath(motion: MotionSettings, from: Pose, time: number): { phase: Phase; pose: Pose } {
  const t = Math.min(time / motion.liftTime, 1);
  const shaking = time - motion.liftTime - motion.holdTime;
  const offset: Vec3 = shaking > 0 ? shakeOffset(motion, shaking) : [0, 0, 0];
  const position = add(add(from.position, [0, 0, motion.lift * t * t * (3 - 2 * t)]), offset);
  return { phase: shaking > 0 ? 'shake' : t < 1 ? 'lift' : 'hold', pose: { ...from, position } };
}

/** Time in which the shake swells, and ebbs, seconds. */
const SWELL_SECONDS = 0.15;

/** Along all three world axes at once, out of step; starts and ends at rest. */
function shakeOffset(motion: MotionSettings, time: number): Vec3 {
  const swell = Math.min(SWELL_SECONDS, motion.shakeTime / 2);
  const t = Math.min(1, time / swell, Math.max((motion.shakeTime - time) / swell, 0));
  const w = 2 * Math.PI * motion.shakeHz * time;
  const a = motion.shakeAmplitude * t * t * (3 - 2 * t);
  return [a * sin(w), a * sin(w + 2.1), a * sin(w + 4.2)];
}
