/** Meshes: hulls and basic shapes, merging, volume and bounds. */
import QuickHull from 'quickhull3d';
import { type Pose, transform, type Vec3 } from '../math/pose.ts';
import { cos, sin } from '../math/trigonometry.ts';

/** Indexed triangles, counter-clockwise seen from outside. */
export interface Mesh {
  /** [vertices, 3] metres, object frame. */
  readonly positions: Float32Array;
  /** [triangles, 3] */
  readonly indices: Uint32Array;
}

const TAU = 2 * Math.PI;

/**
 * A convex mesh from points: their hull, an open sheet if they lie in one plane.
 * @throws Error from quickhull3d if they lie on one line.
 */
export function hullMesh(points: readonly Vec3[]): Mesh {
  const faces = QuickHull(
    points.map((p) => [...p]),
    { skipTriangulation: false },
  );
  // Keep the used vertices only, in order of first use: the mesh is what is drawn and what collides.
  const order = new Map<number, number>();
  const indices: number[] = [];
  for (const face of faces) {
    for (const vertex of face) {
      if (!order.has(vertex)) order.set(vertex, order.size);
      indices.push(order.get(vertex)!);
    }
  }
  const positions = new Float32Array(order.size * 3);
  for (const [vertex, at] of order) positions.set(points[vertex], at * 3);
  return { positions, indices: Uint32Array.from(indices) };
}

/** Axis-aligned box. @param half half extents, metres. */
export function boxMesh(half: Vec3): Mesh {
  const positions = new Float32Array(24);
  for (let i = 0; i < 8; i++) {
    positions.set([i & 1 ? half[0] : -half[0], i & 2 ? half[1] : -half[1], i & 4 ? half[2] : -half[2]], i * 3);
  }
  // biome-ignore format: two triangles a side
  const indices = Uint32Array.from([
    0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5,
  ]);
  return { positions, indices };
}

/**
 * Surface of revolution about +Z. @param profile [radius, z] from the bottom pole to the top pole; both ends have radius 0.
 */
export function latheMesh(profile: readonly (readonly [number, number])[], segments: number): Mesh {
  const rings = profile.slice(1, -1);
  const positions: number[] = [0, 0, profile[0][1]];
  for (const [radius, z] of rings) {
    for (let s = 0; s < segments; s++) {
      positions.push(radius * cos((TAU * s) / segments), radius * sin((TAU * s) / segments), z);
    }
  }
  positions.push(0, 0, profile[profile.length - 1][1]);
  const top = positions.length / 3 - 1;
  const at = (ring: number, s: number): number => 1 + ring * segments + (s % segments);
  const indices: number[] = [];
  for (let s = 0; s < segments; s++) {
    indices.push(0, at(0, s + 1), at(0, s));
    for (let r = 0; r + 1 < rings.length; r++) {
      indices.push(at(r, s), at(r, s + 1), at(r + 1, s), at(r, s + 1), at(r + 1, s + 1), at(r + 1, s));
    }
    indices.push(at(rings.length - 1, s), at(rings.length - 1, s + 1), top);
  }
  return { positions: Float32Array.from(positions), indices: Uint32Array.from(indices) };
}

/** Cylinder about +Z. */
export const cylinderMesh = (radius: number, halfHeight: number, segments = 28): Mesh =>
  latheMesh(
    [
      [0, -halfHeight],
      [radius, -halfHeight],
      [radius, halfHeight],
      [0, halfHeight],
    ],
    segments,
  );

/** Capsule about +Z; `halfHeight` is half the length of its straight part (0 gives a sphere). */
export function capsuleMesh(radius: number, halfHeight: number, segments = 24, rings = 6): Mesh {
  const profile: [number, number][] = [];
  for (let i = 0; i <= rings; i++) {
    const a = -Math.PI / 2 + (i * Math.PI) / 2 / rings;
    profile.push([i === 0 ? 0 : radius * cos(a), -halfHeight + radius * sin(a)]);
  }
  for (let i = halfHeight > 0 ? 0 : 1; i <= rings; i++) {
    const a = (i * Math.PI) / 2 / rings;
    profile.push([i === rings ? 0 : radius * cos(a), halfHeight + radius * sin(a)]);
  }
  return latheMesh(profile, segments);
}

/** The meshes as one, each placed by its pose. */
export function mergeMeshes(placed: readonly { readonly mesh: Mesh; readonly pose: Pose }[]): Mesh {
  const positions = new Float32Array(placed.reduce((n, p) => n + p.mesh.positions.length, 0));
  const indices = new Uint32Array(placed.reduce((n, p) => n + p.mesh.indices.length, 0));
  let vertex = 0;
  let index = 0;
  for (const { mesh, pose } of placed) {
    const first = vertex / 3;
    for (let i = 0; i < mesh.positions.length; i += 3) {
      positions.set(transform(pose, [mesh.positions[i], mesh.positions[i + 1], mesh.positions[i + 2]]), vertex);
      vertex += 3;
    }
    for (const i of mesh.indices) indices[index++] = first + i;
  }
  return { positions, indices };
}

/** Signed volume, m^3: positive if the triangles face outwards. */
export function meshVolume({ positions: p, indices }: Mesh): number {
  let six = 0;
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [indices[i] * 3, indices[i + 1] * 3, indices[i + 2] * 3];
    six +=
      p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) -
      p[a + 1] * (p[b] * p[c + 2] - p[b + 2] * p[c]) +
      p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c]);
  }
  return six / 6;
}

/** Axis-aligned bounds of the mesh under a pose. */
export function meshBounds(mesh: Mesh, pose: Pose): { readonly min: Vec3; readonly max: Vec3 } {
  const min: [number, number, number] = [Infinity, Infinity, Infinity];
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  const p = mesh.positions;
  for (let i = 0; i < p.length; i += 3) {
    const v = transform(pose, [p[i], p[i + 1], p[i + 2]]);
    for (let axis = 0; axis < 3; axis++) {
      if (v[axis] < min[axis]) min[axis] = v[axis];
      if (v[axis] > max[axis]) max[axis] = v[axis];
    }
  }
  return { min, max };
}
