import { isSuction } from '../../../sim/hand/kind.ts';
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
import type { EpisodeInfo } from '../../protocol.ts';

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

/** Points along the pad's width and length. */
const GRID = [5, 7] as const;
/** Rays start this far inside the finger, and count this far outside: contacts give a little, metres. */
const SLACK = 0.004;

function poseAt(poses: Float32Array, body: number): Pose {
  const [x, y, z, ...q] = poses.subarray(body * 7, body * 7 + 7);
  return { position: [x, y, z], quaternion: q as [number, number, number, number] };
}

/** @param side 1: the finger on +X, which presses towards -X; -1: the other. A cup presses along +Z with its lip. */
export function touchedPoint(
  { gripper }: EpisodeInfo,
  mesh: Mesh,
  poses: Float32Array,
  object: number,
  side: 1 | -1,
): Touch {
  const cup = isSuction(gripper);
  const finger = poseAt(poses, cup || side === 1 ? 1 : 2);
  const target = poseAt(poses, GRIPPER_BODIES + object);
  const inward: Vec3 = cup ? [0, 0, 1] : [-side, 0, 0];
  const direction = rotate(finger.quaternion, inward);
  const toObject = conjugate(target.quaternion);
  const ray = rotate(toObject, direction);
  const hits: Vec3[] = [];
  for (const face of facePoints(gripper, cup)) {
    const start = transform(finger, subtract(face, scale(inward, SLACK)));
    const t = firstHit(mesh, rotate(toObject, subtract(start, target.position)), ray);
    if (t <= 2 * SLACK) hits.push(add(start, scale(direction, t)));
  }
  if (hits.length === 0)
    return { point: transform(finger, facePoints(gripper, cup)[Math.floor((GRID[0] * GRID[1]) / 2)]), direction };
  return { point: scale(hits.reduce(add), 1 / hits.length), direction };
}

/** Points on the face that touches, in the finger's frame: the pad, or a square within the lip. */
function facePoints({ fingerWidth, fingerLength }: EpisodeInfo['gripper'], cup: boolean): Vec3[] {
  const [across, along] = GRID;
  const share = (i: number, n: number): number => (i + 0.5) / n;
  return Array.from({ length: across * along }, (_, k): Vec3 => {
    const y = (share(k % across, across) - 0.5) * fingerWidth;
    const u = share(Math.floor(k / across), along);
    return cup ? [(u - 0.5) * fingerWidth, y, 0] : [0, y, -u * fingerLength];
  });
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
