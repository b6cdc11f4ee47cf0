/** Mass properties: moments of meshes and bodies, and their principal axes. */
import { add, cross, dot, fromAxes, scale, subtract, type Vec3 } from '../math/pose.ts';
import { type Mesh, meshVolume } from './mesh.ts';
import type { MassProperties } from './object.ts';

/** Volume, centre and inertia of a solid of density 1. `inertia` is about the centre: xx, yy, zz, xy, xz, yz. */
export interface Moments {
  readonly mass: number;
  readonly centre: Vec3;
  readonly inertia: Tensor;
}

/** A symmetric tensor: xx, yy, zz, xy, xz, yz. */
export type Tensor = readonly [number, number, number, number, number, number];

/** Moments of a point mass at an offset: the parallel-axis term. */
const offsetTensor = (mass: number, [x, y, z]: Vec3): Tensor => [
  mass * (y * y + z * z),
  mass * (x * x + z * z),
  mass * (x * x + y * y),
  -mass * x * y,
  -mass * x * z,
  -mass * y * z,
];

const plus = (a: Tensor, b: Tensor, sign = 1): Tensor => [
  a[0] + sign * b[0],
  a[1] + sign * b[1],
  a[2] + sign * b[2],
  a[3] + sign * b[3],
  a[4] + sign * b[4],
  a[5] + sign * b[5],
];

/**
 * Moments of the solid that a closed mesh bounds, with density 1: the sum of signed tetrahedra
 * (F. Tonon, Explicit exact formulas for the 3-D tetrahedron inertia tensor, 2005).
 */
export function meshMoments(mesh: Mesh): Moments {
  const { positions: p, indices } = mesh;
  const about: Vec3 = [p[0], p[1], p[2]];
  const corner = (i: number): Vec3 =>
    subtract([p[3 * indices[i]], p[3 * indices[i] + 1], p[3 * indices[i] + 2]], about);
  let mass = 0;
  let first: Vec3 = [0, 0, 0];
  const second = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [corner(i), corner(i + 1), corner(i + 2)];
    const volume = dot(a, cross(b, c)) / 6;
    const s = add(add(a, b), c);
    mass += volume;
    first = add(first, scale(s, volume / 4));
    PAIRS.forEach(([j, k], n) => {
      second[n] += (volume / 20) * (a[j] * a[k] + b[j] * b[k] + c[j] * c[k] + s[j] * s[k]);
    });
  }
  const centre = scale(first, 1 / mass);
  const [xx, yy, zz, xy, xz, yz] = second;
  const inertia = plus([yy + zz, xx + zz, xx + yy, -xy, -xz, -yz], offsetTensor(mass, centre), -1);
  return { mass, centre: add(centre, about), inertia };
}

const PAIRS = [
  [0, 0],
  [1, 1],
  [2, 2],
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

/** Several bodies as one rigid body. */
export function sumMoments(bodies: readonly Moments[]): Moments {
  const mass = bodies.reduce((m, b) => m + b.mass, 0);
  const centre = bodies.reduce<Vec3>((c, b) => add(c, scale(b.centre, b.mass / mass)), [0, 0, 0]);
  const inertia = bodies.reduce<Tensor>(
    (sum, b) => plus(plus(sum, b.inertia), offsetTensor(b.mass, subtract(b.centre, centre))),
    [0, 0, 0, 0, 0, 0],
  );
  return { mass, centre, inertia };
}

/** The same shape with another mass. */
export const withMass = ({ mass: before, centre, inertia }: Moments, mass: number): Moments => {
  const f = mass / before;
  const [xx, yy, zz, xy, xz, yz] = inertia;
  return { mass, centre, inertia: [xx * f, yy * f, zz * f, xy * f, xz * f, yz * f] };
};

/** Principal axes by Jacobi rotations (exact for a diagonal tensor). */
export function massProperties({ mass, centre, inertia }: Moments): MassProperties {
  const [xx, yy, zz, xy, xz, yz] = inertia;
  const m = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  const axes = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < 30; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ]) {
      if (Math.abs(m[p][q]) > 1e-14 * (Math.abs(m[p][p]) + Math.abs(m[q][q]))) rotateTowardsDiagonal(m, axes, p, q);
    }
  }
  const column = (k: number): Vec3 => [axes[0][k], axes[1][k], axes[2][k]];
  const [x, y] = [column(0), column(1)];
  return { mass, centre, inertia: [m[0][0], m[1][1], m[2][2]], frame: fromAxes(x, y, cross(x, y)) };
}

/** One Jacobi rotation that makes m[p][q] zero; `axes` collects the rotations as columns. */
function rotateTowardsDiagonal(m: number[][], axes: number[][], p: number, q: number): void {
  const theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < 3; k++) [m[k][p], m[k][q]] = [c * m[k][p] - s * m[k][q], s * m[k][p] + c * m[k][q]];
  for (let k = 0; k < 3; k++) [m[p][k], m[q][k]] = [c * m[p][k] - s * m[q][k], s * m[p][k] + c * m[q][k]];
  for (let k = 0; k < 3; k++)
    [axes[k][p], axes[k][q]] = [c * axes[k][p] - s * axes[k][q], s * axes[k][p] + c * axes[k][q]];
}

/** Whether some rigid body could have it: positive moments, none above the sum of the other two. */
export function isPhysical({ inertia: [a, b, c], mass }: MassProperties): boolean {
  const least = 1e-12 * mass;
  const slack = 1e-3 * (a + b + c);
  return a > least && b > least && c > least && a + b + slack >= c && b + c + slack >= a && a + c + slack >= b;
}

/** Moments of the union of meshes, as if they did not overlap. */
export const meshesMoments = (meshes: readonly Mesh[]): Moments =>
  sumMoments(meshes.filter((mesh) => meshVolume(mesh) > 0).map(meshMoments));
