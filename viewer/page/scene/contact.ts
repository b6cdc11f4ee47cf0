/** Contact points: found from the pads and the mesh, for recordings have forces alone. */
import { type ContactFace, handGeometry } from '../../../sim/hand/geometry.ts';
import {
  add,
  conjugate,
  cross,
  dot,
  type Pose,
  rotate,
  scale,
  subtract,
  transform,
  type Vec3,
} from '../../../sim/math/pose.ts';
import type { Mesh } from '../../../sim/objects/mesh.ts';
import { GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';

/**
 * Where a finger touches an object. A recording has how hard it presses, not where; the pad and the mesh tell: rays from a
 * grid of points on the pad's face, along the closing direction, meet the mesh within a hair where the two touch.
 */
interface Touch {
  /** Middle of what touches, world frame, metres. */
  readonly point: Vec3;
  /** The way the finger presses, world frame. */
  readonly direction: Vec3;
}

/** Points across and along a face. */
const GRID = [5, 7] as const;
/** Rays start this far inside the finger, and count this far outside: contacts give a little, metres. */
const SLACK = 0.004;

function poseAt(poses: Float32Array, body: number): Pose {
  const [x, y, z, ...q] = poses.subarray(body * 7, body * 7 + 7);
  return { position: [x, y, z], quaternion: q as [number, number, number, number] };
}

/** @param side 1: the finger on +X, which presses towards -X; -1: the other. A cup has one face, its lip. */
export function touchedPoint(
  { gripper }: EpisodeInfo,
  mesh: Mesh,
  poses: Float32Array,
  object: number,
  side: 1 | -1,
): Touch {
  const [first, second = first] = handGeometry(gripper).faces;
  const face = side === 1 ? first : second;
  const { inward } = face;
  const finger = poseAt(poses, face.body);
  const target = poseAt(poses, GRIPPER_BODIES + object);
  const direction = rotate(finger.quaternion, inward);
  const toObject = conjugate(target.quaternion);
  const ray = rotate(toObject, direction);
  const hits: Vec3[] = [];
  for (const point of facePoints(face)) {
    const start = transform(finger, subtract(point, scale(inward, SLACK)));
    const t = firstHit(mesh, rotate(toObject, subtract(start, target.position)), ray);
    if (t <= 2 * SLACK) hits.push(add(start, scale(direction, t)));
  }
  if (hits.length === 0) return { point: transform(finger, face.middle), direction };
  return { point: scale(hits.reduce(add), 1 / hits.length), direction };
}

/** A grid of points on a face, in the finger's frame. */
function facePoints({ middle, across, along }: ContactFace): Vec3[] {
  const [wide, long] = GRID;
  const share = (i: number, n: number): number => (i + 0.5) / n - 0.5;
  return Array.from({ length: wide * long }, (_, k) =>
    add(middle, add(scale(across, share(k % wide, wide)), scale(along, share(Math.floor(k / wide), long)))),
  );
}

/** Distance to the first triangle along a ray (T. Moeller and B. Trumbore, 1997); infinite if there is none. */
function firstHit({ positions: p, indices }: Mesh, origin: Vec3, ray: Vec3): number {
  let nearest = Number.POSITIVE_INFINITY;
  const at = (i: number): Vec3 => [p[3 * i], p[3 * i + 1], p[3 * i + 2]];
  for (let i = 0; i < indices.length; i += 3) {
    const a = at(indices[i]);
    const [ab, ac] = [subtract(at(indices[i + 1]), a), subtract(at(indices[i + 2]), a)];
    const normal = cross(ray, ac);
    const determinant = dot(ab, normal);
    if (Math.abs(determinant) < 1e-14) continue;
    const from = subtract(origin, a);
    const u = dot(from, normal) / determinant;
    const q = cross(from, ab);
    const v = dot(ray, q) / determinant;
    const t = dot(ac, q) / determinant;
    if (u >= 0 && v >= 0 && u + v <= 1 && t >= 0) nearest = Math.min(nearest, t);
  }
  return nearest;
}
