/**
 * Flat faces of a scanned hull: a box from a scan bulges by a millimetre, stands on one facet, and rocks for ever in a rigid
 * contact. What is meant to be a plane is made one.
 */
import { cross, dot, norm, normalize, scale, subtract, type Vec3 } from '../../sim/math/pose.ts';
import { hullMesh } from '../../sim/objects/mesh.ts';

/** Facets of one face turn no farther from its normal: cosine of 8 degrees. */
const ALIGNED = 0.990268;
/** Least share of the surface: more than facets so aligned can have of a cylinder (16 / 360). */
const SHARE = 0.06;
/** Points of a face lie no farther from its plane, as a share of the hull's longest extent. */
const DEPTH = 0.02;
/** Largest facets around which faces are looked for. */
const SEEDS = 16;
/** A face whose points lie as near to its plane is flat already, metres. */
const FLAT = 1e-5;
/** Points at an edge or corner are projected on two or three planes in turn; at right angles once would do. */
const TURNS = 20;

interface Facet {
  /** Numbers of points. */
  readonly corners: readonly [number, number, number];
  readonly normal: Vec3;
  readonly area: number;
}

/** A plane: normal . p = offset. */
interface Face {
  readonly normal: Vec3;
  readonly offset: number;
  readonly points: ReadonlySet<number>;
}

/**
 * The corners of a convex piece with its nearly flat faces made flat; the same list of points if it has none. A face's plane
 * leaves the volume about as it is: it goes through the mean of its facets.
 * @param points metres.
 */
export function flattened(points: readonly Vec3[]): readonly Vec3[] {
  const hull = hullMesh(points);
  const corners = Array.from({ length: hull.positions.length / 3 }, (_, i): Vec3 => {
    const [x, y, z] = hull.positions.subarray(3 * i, 3 * i + 3);
    return [x, y, z];
  });
  const faces = facesOf(corners, hull.indices);
  if (faces.length === 0) return points;
  return corners.map((corner, i) => {
    const planes = faces.filter((face) => face.points.has(i));
    let p = corner;
    for (let turn = 0; turn < (planes.length > 1 ? TURNS : 1); turn++)
      for (const { normal, offset } of planes) p = subtract(p, scale(normal, dot(normal, p) - offset));
    return p;
  });
}

/** Faces, the largest first; no facet is part of two. */
function facesOf(points: readonly Vec3[], indices: Uint32Array): Face[] {
  let left = facetsOf(points, indices).sort((a, b) => b.area - a.area);
  const whole = left.reduce((sum, { area }) => sum + area, 0);
  const depth = DEPTH * extent(points);
  const faces: Face[] = [];
  for (;;) {
    const best = left
      .slice(0, SEEDS)
      .map((seed) => alignedWith(seed.normal, left))
      .reduce((a, b) => (areaOf(b) > areaOf(a) ? b : a), [] as readonly Facet[]);
    if (areaOf(best) < SHARE * whole) return faces;
    const taken = new Set(best);
    left = left.filter((facet) => !taken.has(facet));
    const face = planeThrough(best, points);
    const away = (i: number): number => Math.abs(dot(face.normal, points[i]) - face.offset);
    const near = [...face.points].filter((i) => away(i) < depth);
    if (near.some((i) => away(i) > FLAT)) faces.push({ ...face, points: new Set(near) });
  }
}

const alignedWith = (normal: Vec3, facets: readonly Facet[]): readonly Facet[] =>
  facets.filter((facet) => dot(facet.normal, normal) > ALIGNED);

const areaOf = (facets: readonly Facet[]): number => facets.reduce((sum, { area }) => sum + area, 0);

function planeThrough(facets: readonly Facet[], points: readonly Vec3[]): Face {
  const sum = (f: (facet: Facet, axis: number) => number): Vec3 =>
    [0, 1, 2].map((axis) => facets.reduce((s, facet) => s + facet.area * f(facet, axis), 0)) as unknown as Vec3;
  const normal = normalize(sum((facet, axis) => facet.normal[axis]));
  const middle = scale(
    sum(({ corners }, axis) => corners.reduce((s, c) => s + points[c][axis] / 3, 0)),
    1 / areaOf(facets),
  );
  return { normal, offset: dot(normal, middle), points: new Set(facets.flatMap(({ corners }) => corners)) };
}

function facetsOf(points: readonly Vec3[], indices: Uint32Array): Facet[] {
  return Array.from({ length: indices.length / 3 }, (_, t) => {
    const corners = [indices[3 * t], indices[3 * t + 1], indices[3 * t + 2]] as const;
    const [a, b, c] = corners.map((i) => points[i]);
    const doubled = cross(subtract(b, a), subtract(c, a));
    return { corners, normal: normalize(doubled), area: norm(doubled) / 2 };
  }).filter(({ area }) => area > 0);
}

const extent = (points: readonly Vec3[]): number =>
  Math.max(
    ...[0, 1, 2].map((k) => {
      const values = points.map((p) => p[k]);
      return Math.max(...values) - Math.min(...values);
    }),
  );
