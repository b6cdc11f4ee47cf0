/** Seal: the surface under a cup's lip, and whether the lip closes on it. */
import { binMeshes } from '../bin.ts';
import { compose, invert, type Pose, rotate, transform } from '../math/pose.ts';
import { atan, cos, hypot, sin } from '../math/trigonometry.ts';
import type { Mesh } from '../objects/mesh.ts';
import type { Scene } from '../scene.ts';
import type { SuctionSettings } from './settings.ts';

/** What a cup meets on its way along the approach; distances from where it starts, metres. */
export interface SealContact {
  /** The object that the lip closes on; the object touched first if it does not close; -1 for table and walls. */
  readonly object: number;
  /** Way to where the lip rests: the middle of the plane under it if it closes, else the first touch. */
  readonly distance: number;
  readonly sealed: boolean;
}

/** Points under the lip at which the surface is looked at: the rim, a ring half-way, and the middle. */
const RIM = 16;
const INNER = 8;

/** A point of the cup's plane and the surface found below it. Cup frame: +Z along the approach. */
interface Sample {
  readonly x: number;
  readonly y: number;
  /** Distance to the nearest surface, metres. */
  z: number;
  object: number;
  /** Cosine of the angle between the face and the lip. */
  facing: number;
}

function samplesOf(radius: number): Sample[] {
  const ring = (r: number, count: number): Sample[] =>
    Array.from({ length: count }, (_, i) => {
      const a = (2 * Math.PI * i) / count;
      return { x: r * cos(a), y: r * sin(a), z: Number.POSITIVE_INFINITY, object: -1, facing: 0 };
    });
  return [...ring(radius, RIM), ...ring(radius / 2, INNER), ...ring(0, 1)];
}

/**
 * What a cup at `from` (T_world_tcp) meets when it moves along its approach. The surface is that of the objects' meshes.
 * The lip closes if all it covers is one object, faces it within `sealAngle`, strays from the plane through the rim by no more
 * than `sealFlatness`, and if the lip can give way enough to lie on that plane.
 * @returns undefined if there is nothing below.
 */
export function findSeal(scene: Scene, from: Pose, cup: SuctionSettings): SealContact | undefined {
  const samples = samplesOf(cup.cupRadius);
  const world = invert(from);
  scene.objects.forEach(({ model, pose }, object) => {
    project(samples, cup.cupRadius, model.mesh, compose(world, pose), object);
  });
  for (const { mesh, pose } of binMeshes(scene)) project(samples, cup.cupRadius, mesh, compose(world, pose), -1);
  projectTable(samples, from);
  const first = samples.reduce((a, b) => (b.z < a.z ? b : a));
  if (first.z === Number.POSITIVE_INFINITY) return undefined;
  const plane = rimPlane(samples.slice(0, RIM), cup.cupRadius);
  if (closes(samples, plane, cup)) return { object: first.object, distance: plane.middle, sealed: true };
  return { object: first.object, distance: first.z, sealed: false };
}

/** Keeps, at every sample, the nearest point of a mesh. @param pose T_cup_mesh. */
function project(samples: readonly Sample[], radius: number, mesh: Mesh, pose: Pose, object: number): void {
  const p = mesh.positions;
  const v = new Float64Array(p.length);
  for (let i = 0; i < p.length; i += 3) v.set(transform(pose, [p[i], p[i + 1], p[i + 2]]), i);
  for (let i = 0; i < mesh.indices.length; i += 3) {
    const [a, b, c] = [3 * mesh.indices[i], 3 * mesh.indices[i + 1], 3 * mesh.indices[i + 2]];
    const beside = (axis: 0 | 1): boolean =>
      Math.min(v[a + axis], v[b + axis], v[c + axis]) > radius ||
      Math.max(v[a + axis], v[b + axis], v[c + axis]) < -radius;
    if (!beside(0) && !beside(1)) projectTriangle(samples, v, a, b, c, object);
  }
}

function projectTriangle(s: readonly Sample[], v: Float64Array, a: number, b: number, c: number, object: number): void {
  const [ux, uy, uz] = [v[b] - v[a], v[b + 1] - v[a + 1], v[b + 2] - v[a + 2]];
  const [wx, wy, wz] = [v[c] - v[a], v[c + 1] - v[a + 1], v[c + 2] - v[a + 2]];
  // the face's normal; faces seen edge-on have no area in the cup's plane
  const [nx, ny, nz] = [uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx];
  if (Math.abs(nz) < 1e-15) return;
  const facing = Math.abs(nz) / hypot(nx, ny, nz);
  for (const sample of s) {
    const [dx, dy] = [sample.x - v[a], sample.y - v[a + 1]];
    const [r, t] = [(dx * wy - dy * wx) / nz, (dy * ux - dx * uy) / nz];
    if (r < -1e-9 || t < -1e-9 || r + t > 1 + 1e-9) continue;
    const z = v[a + 2] + r * uz + t * wz;
    if (z >= 0 && z < sample.z) Object.assign(sample, { z, object, facing });
  }
}

/** The table's plane z = 0. */
function projectTable(samples: readonly Sample[], from: Pose): void {
  const [, , down] = rotate(from.quaternion, [0, 0, 1]);
  if (down > -1e-6) return;
  for (const sample of samples) {
    const z = -transform(from, [sample.x, sample.y, 0])[2] / down;
    if (z >= 0 && z < sample.z) Object.assign(sample, { z, object: -1, facing: -down });
  }
}

/** The plane through the rim's points, least squares: z = middle + slopeX x + slopeY y. */
interface Plane {
  readonly middle: number;
  readonly slopeX: number;
  readonly slopeY: number;
}

function rimPlane(rim: readonly Sample[], radius: number): Plane {
  const mean = (of: (s: Sample) => number): number => rim.reduce((sum, s) => sum + of(s), 0) / rim.length;
  // on a circle of evenly spaced points x, y and 1 are orthogonal, and the mean of x^2 is half the squared radius
  const square = radius ** 2 / 2;
  return {
    middle: mean((s) => s.z),
    slopeX: mean((s) => s.z * s.x) / square,
    slopeY: mean((s) => s.z * s.y) / square,
  };
}

function closes(samples: readonly Sample[], plane: Plane, cup: SuctionSettings): boolean {
  const { object } = samples[0];
  const { middle, slopeX, slopeY } = plane;
  return (
    object >= 0 &&
    samples.every((s) => s.object === object) &&
    atan(hypot(slopeX, slopeY)) <= cup.sealAngle &&
    samples.every((s) => s.facing >= cos(cup.sealAngle)) &&
    samples.every((s) => Math.abs(s.z - middle - slopeX * s.x - slopeY * s.y) <= cup.sealFlatness) &&
    samples.every((s) => Math.abs(s.z - middle) <= cup.lipTravel)
  );
}
