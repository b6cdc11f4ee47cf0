/** Hulls of a mesh: whether one will do or it must be cut, and which points are kept. */
import { MeshFileError } from '../../sim/files/mesh-file.ts';
import { cross, dot, normalize, subtract, type Vec3 } from '../../sim/math/pose.ts';
import { hullMesh, type Mesh, meshVolume } from '../../sim/objects/mesh.ts';
import { bounds, openEdges, weld } from '../../sim/objects/mesh-check.ts';
import { convexPieces, DECOMPOSITION_DEFAULTS } from '../../sim/physics.ts';

/** Cuts meshes into convex pieces. */
export interface HullCutter {
  /** Vertices of the pieces; none if the mesh has no volume. */
  pieces(mesh: Mesh): readonly (readonly Vec3[])[];
}

/**
 * Cuts a mesh. Needs the physics to be loaded.
 * @throws MeshFileError if the decomposition gives up.
 */
export function cutMesh(mesh: Mesh): Vec3[][] {
  try {
    return convexPieces(mesh, DECOMPOSITION_DEFAULTS);
  } catch (error) {
    // a panic of the native code, which happens on meshes that bound nothing
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw new MeshFileError(`expected a mesh that can be cut into convex pieces, got: ${error.message}`);
  }
}

/** Hulls with more points than this are thinned: each contact query looks at all of them. */
export const MAX_HULL_POINTS = 160;
/** Share of its hull that a closed mesh fills if it counts as convex. */
const CONVEX_FILL = 0.97;
/** An open mesh counts as convex if no vertex lies deeper below its hull than this share of its longest side. */
const FLUSH = 0.01;

/**
 * Points of the convex pieces of a mesh: one hull if it is convex, else a decomposition.
 * @param isPiece one of several: an open one is taken for convex.
 */
export function convexParts(raw: Mesh, isPiece: boolean, file: string, cache: HullCutter): Vec3[][] {
  const mesh = weld(raw);
  const points = vertices(mesh);
  const hull = hullOf(points, file);
  const closed = openEdges(mesh) === 0;
  const convex = closed
    ? Math.abs(meshVolume(mesh)) > CONVEX_FILL * meshVolume(hull)
    : isPiece || farthestInside(points, hull) < FLUSH * longest(mesh);
  if (convex) return [vertices(hull)];
  // a flat sliver left over by the decomposition bounds nothing
  const pieces = cache.pieces(mesh).flatMap((p) => (spans(p) ? [[...p]] : []));
  if (pieces.length === 0)
    throw new MeshFileError(`${file}: expected a solid that can be cut into convex pieces, got none`);
  return pieces;
}

/** Distance from the surface of a convex hull to the innermost of its points. */
function farthestInside(points: readonly Vec3[], hull: Mesh): number {
  const corners = vertices(hull);
  const faces = Array.from({ length: hull.indices.length / 3 }, (_, t) => {
    const [a, b, c] = [0, 1, 2].map((k) => corners[hull.indices[3 * t + k]]);
    const normal = normalize(cross(subtract(b, a), subtract(c, a)));
    return { normal, offset: dot(normal, a) };
  });
  // a sample will do: what is hollow is so in many places
  const stride = Math.max(1, Math.floor(points.length / 2000));
  let deepest = 0;
  for (let i = 0; i < points.length; i += stride)
    deepest = Math.max(deepest, Math.min(...faces.map(({ normal, offset }) => offset - dot(normal, points[i]))));
  return deepest;
}

const vertices = ({ positions: p }: Mesh): Vec3[] =>
  Array.from({ length: p.length / 3 }, (_, i): Vec3 => [p[3 * i], p[3 * i + 1], p[3 * i + 2]]);

function hullOf(points: readonly Vec3[], file: string): Mesh {
  const hull = tryHull(points.length > 4 * DIRECTIONS ? extremes(points, DIRECTIONS) : points);
  if (!hull) throw new MeshFileError(`${file}: expected points that span a volume, got flat ones`);
  return hull;
}

const spans = (points: readonly Vec3[]): boolean => tryHull(points) !== undefined;

/** quickhull3d throws a plain error where the points are flat. */
function tryHull(points: readonly Vec3[]): Mesh | undefined {
  try {
    const hull = hullMesh(points);
    return meshVolume(hull) > 0 ? hull : undefined;
  } catch {
    return undefined;
  }
}

const DIRECTIONS = 1000;

/** The points farthest along `count` directions (a Fibonacci sphere), each once. */
function extremes(points: readonly Vec3[], count: number): Vec3[] {
  const kept = new Set<Vec3>();
  for (let k = 0; k < count; k++) {
    const z = 1 - (2 * k + 1) / count;
    const [r, a] = [Math.sqrt(1 - z * z), k * Math.PI * (3 - Math.sqrt(5))];
    const [x, y] = [r * Math.cos(a), r * Math.sin(a)];
    let [best, farthest] = [points[0], Number.NEGATIVE_INFINITY];
    for (const p of points) {
      const reach = x * p[0] + y * p[1] + z * p[2];
      if (reach > farthest) [best, farthest] = [p, reach];
    }
    kept.add(best);
  }
  return [...kept];
}

function longest(mesh: Mesh): number {
  const { min, max } = bounds(mesh);
  return Math.max(...subtract(max, min));
}

/** At most {@link MAX_HULL_POINTS} of the points of a convex piece; the same list if it has no more. */
export const outermost = (points: readonly Vec3[]): readonly Vec3[] =>
  points.length > MAX_HULL_POINTS ? extremes(points, MAX_HULL_POINTS) : points;
