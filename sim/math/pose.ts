/** Vectors, quaternions and poses, and their arithmetic. */
import type { Rng } from './rng.ts';
import { cos, hypot, sin } from './trigonometry.ts';

/** Metres (positions) or unitless (directions), right-handed, world +Z up. */
export type Vec3 = readonly [number, number, number];
/** Unit quaternion [x, y, z, w]. */
export type Quat = readonly [number, number, number, number];
/** `T_a_b`: maps coordinates in frame b to frame a, p_a = rotate(quaternion, p_b) + position. */
export interface Pose {
  readonly position: Vec3;
  readonly quaternion: Quat;
}

export const IDENTITY_QUAT: Quat = [0, 0, 0, 1];
export const IDENTITY_POSE: Pose = { position: [0, 0, 0], quaternion: IDENTITY_QUAT };

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a: Vec3, s: number): Vec3 => [a[0] * s, a[1] * s, a[2] * s];
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const norm = (a: Vec3): number => Math.sqrt(dot(a, a));
export const normalize = (a: Vec3): Vec3 => scale(a, 1 / norm(a));

/** Hamilton product: the rotation b followed by the rotation a. */
export function multiply(a: Quat, b: Quat): Quat {
  return [
    a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
    a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
    a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
    a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
  ];
}

export function rotate(q: Quat, v: Vec3): Vec3 {
  const u: Vec3 = [q[0], q[1], q[2]];
  const t = scale(cross(u, v), 2);
  return add(add(v, scale(t, q[3])), cross(u, t));
}

export const conjugate = (q: Quat): Quat => [-q[0], -q[1], -q[2], q[3]];

/** T_a_c = T_a_b * T_b_c. */
export function compose(ab: Pose, bc: Pose): Pose {
  return { position: transform(ab, bc.position), quaternion: multiply(ab.quaternion, bc.quaternion) };
}

/** p_a = T_a_b * p_b. */
export const transform = (ab: Pose, p: Vec3): Vec3 => add(rotate(ab.quaternion, p), ab.position);

/** T_b_a from T_a_b. */
export function invert(ab: Pose): Pose {
  const quaternion = conjugate(ab.quaternion);
  return { position: scale(rotate(quaternion, ab.position), -1), quaternion };
}

/** Rotation of `angle` radians about a unit axis. */
export function axisAngle(axis: Vec3, angle: number): Quat {
  const s = sin(angle / 2);
  return [axis[0] * s, axis[1] * s, axis[2] * s, cos(angle / 2)];
}

/** The rotation whose columns are the given orthonormal, right-handed axes (Shepperd's method). */
export function fromAxes(x: Vec3, y: Vec3, z: Vec3): Quat {
  const trace = x[0] + y[1] + z[2];
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1);
    return [(y[2] - z[1]) / s, (z[0] - x[2]) / s, (x[1] - y[0]) / s, s / 4];
  }
  if (x[0] > y[1] && x[0] > z[2]) {
    const s = 2 * Math.sqrt(1 + x[0] - y[1] - z[2]);
    return [s / 4, (y[0] + x[1]) / s, (z[0] + x[2]) / s, (y[2] - z[1]) / s];
  }
  if (y[1] > z[2]) {
    const s = 2 * Math.sqrt(1 + y[1] - x[0] - z[2]);
    return [(y[0] + x[1]) / s, s / 4, (z[1] + y[2]) / s, (z[0] - x[2]) / s];
  }
  const s = 2 * Math.sqrt(1 + z[2] - x[0] - y[1]);
  return [(z[0] + x[2]) / s, (z[1] + y[2]) / s, s / 4, (x[1] - y[0]) / s];
}

/** Uniform over rotations (normalised 4-d Gaussian). */
export function randomQuat(rng: Rng): Quat {
  for (;;) {
    const q = [rng.normal(), rng.normal(), rng.normal(), rng.normal()] as const;
    const n = hypot(...q);
    if (n > 1e-6) return [q[0] / n, q[1] / n, q[2] / n, q[3] / n];
  }
}
