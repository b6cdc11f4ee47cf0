/** Mesh check: welding, closedness, winding and volume of meshes from files. */
import { MeshFileError } from '../files/mesh-file.ts';
import type { Vec3 } from '../math/pose.ts';
import { type Mesh, meshVolume } from './mesh.ts';

/** The mesh with equal vertices made one, and without triangles that name a vertex twice. */
export function weld({ positions, indices }: Mesh): Mesh {
  const vertices = positions.length / 3;
  const size = 2 ** Math.ceil(Math.log2(2 * vertices + 2));
  const slots = new Int32Array(size).fill(-1);
  const kept = new Float32Array(positions.length);
  const bits = new Int32Array(kept.buffer);
  const renamed = new Uint32Array(vertices);
  let count = 0;
  for (let v = 0; v < vertices; v++) {
    // + 0 makes -0 and 0 the same
    for (let k = 0; k < 3; k++) kept[3 * count + k] = positions[3 * v + k] + 0;
    let h = Math.imul(bits[3 * count], 73856093) ^ Math.imul(bits[3 * count + 1], 19349663);
    h = Math.imul(h ^ Math.imul(bits[3 * count + 2], 83492791), 0x85ebca6b);
    let slot = (h ^ (h >>> 15)) & (size - 1);
    while (slots[slot] >= 0 && !sameVertex(bits, slots[slot], count)) slot = (slot + 1) & (size - 1);
    if (slots[slot] < 0) slots[slot] = count++;
    renamed[v] = slots[slot];
  }
  const corners = new Uint32Array(indices.length);
  let end = 0;
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [renamed[indices[i]], renamed[indices[i + 1]], renamed[indices[i + 2]]];
    if (a === b || b === c || c === a) continue;
    corners.set([a, b, c], end);
    end += 3;
  }
  return { positions: kept.slice(0, 3 * count), indices: corners.slice(0, end) };
}

const sameVertex = (bits: Int32Array, a: number, b: number): boolean =>
  bits[3 * a] === bits[3 * b] && bits[3 * a + 1] === bits[3 * b + 1] && bits[3 * a + 2] === bits[3 * b + 2];

/** The triangles [first, end) with only the vertices they use. */
export const subMesh = (mesh: Mesh, first: number, end: number): Mesh =>
  selected(
    mesh,
    Array.from({ length: end - first }, (_, i) => first + i),
  );

/** Every triangle the other way round. */
export const flipped = ({ positions, indices }: Mesh): Mesh => ({
  positions,
  indices: indices.map((_, i) => indices[i % 3 === 0 ? i : i % 3 === 1 ? i + 1 : i - 1]),
});

/** Edges of a welded mesh that no neighbour runs along the other way: 0 for a closed, consistently wound surface. */
export function openEdges({ positions, indices }: Mesh): number {
  const vertices = positions.length / 3;
  const there = new Float64Array(indices.length);
  const back = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const [a, b] = [indices[i], indices[i % 3 === 2 ? i - 2 : i + 1]];
    there[i] = a * vertices + b;
    back[i] = b * vertices + a;
  }
  there.sort();
  back.sort();
  let [matched, k] = [0, 0];
  for (const edge of there) {
    while (k < back.length && back[k] < edge) k++;
    if (back[k] === edge) {
      matched++;
      k++;
    }
  }
  return indices.length - matched;
}

interface Bounds {
  readonly min: Vec3;
  readonly max: Vec3;
}

/** Axis-aligned bounds of the vertices. */
export function bounds({ positions: p }: Mesh): Bounds {
  const min: [number, number, number] = [Infinity, Infinity, Infinity];
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < p.length; i++) {
    min[i % 3] = Math.min(min[i % 3], p[i]);
    max[i % 3] = Math.max(max[i % 3], p[i]);
  }
  return { min, max };
}

/** Least share of its bounding box that a solid fills. */
const LEAST_FILL = 1e-5;

export interface SoundMesh {
  readonly mesh: Mesh;
  /** Closed and consistently wound: its volume is exact. */
  readonly closed: boolean;
  readonly warnings: readonly string[];
}

/**
 * A mesh that can be drawn and weighed: welded, facing outwards. A closed mesh that is inside out is turned, with a warning;
 * an open one with holes is let pass with a warning.
 * @param file named in errors and warnings.
 * @throws MeshFileError if it has no volume, or is open and inside out.
 */
export function soundMesh(raw: Mesh, file: string): SoundMesh {
  const welded = weld(raw);
  if (welded.indices.length === 0)
    throw new MeshFileError(`${file}: expected triangles with an area, got degenerate ones only`);
  const whole = subMesh(welded, 0, welded.indices.length / 3);
  const open = openEdges(whole);
  const { mesh, warnings } = open === 0 ? outwards(whole, file) : { mesh: whole, warnings: [] };
  const { min, max } = bounds(mesh);
  const box = (max[0] - min[0]) * (max[1] - min[1]) * (max[2] - min[2]);
  const volume = meshVolume(centred(mesh, min, max));
  if (!(Math.abs(volume) > LEAST_FILL * box) || box === 0)
    throw new MeshFileError(`${file}: expected a solid, got a surface with a volume of 0`);
  if (volume < 0)
    throw new MeshFileError(
      `${file}: expected triangles that face outwards, got an open mesh that is inside out (${open} open edges)`,
    );
  if (open === 0) return { mesh, closed: true, warnings };
  const warning = `${file}: not watertight (${open} open edges): drawn as it is, weighed by its hulls`;
  return { mesh, closed: false, warnings: [warning] };
}

/** Turns each closed surface that is inside out; one that lies within another is a cavity and stays. */
function outwards(mesh: Mesh, file: string): { mesh: Mesh; warnings: string[] } {
  const shells = shellsOf(mesh).map((triangles) => {
    const surface = selected(mesh, triangles);
    const box = bounds(surface);
    return { triangles, box, volume: meshVolume(centred(surface, box.min, box.max)) };
  });
  const within = (a: Bounds, b: Bounds): boolean =>
    a !== b && [0, 1, 2].every((k) => a.min[k] > b.min[k] && a.max[k] < b.max[k]);
  const turned = shells.filter(
    ({ volume, box }) => volume < 0 && !shells.some((other) => other.volume > 0 && within(box, other.box)),
  );
  if (turned.length === 0) return { mesh, warnings: [] };
  const indices = mesh.indices.slice();
  for (const { triangles } of turned)
    for (const t of triangles) [indices[3 * t + 1], indices[3 * t + 2]] = [indices[3 * t + 2], indices[3 * t + 1]];
  const which = turned.length === shells.length ? '' : ` (${turned.length} of ${shells.length} surfaces)`;
  return { mesh: { positions: mesh.positions, indices }, warnings: [`${file}: inside out${which}; turned`] };
}

/** Triangles of each connected surface of a welded mesh. */
function shellsOf({ positions, indices }: Mesh): number[][] {
  const parent = Uint32Array.from({ length: positions.length / 3 }, (_, i) => i);
  const root = (v: number): number => {
    let r = v;
    while (parent[r] !== r) {
      parent[r] = parent[parent[r]];
      r = parent[r];
    }
    return r;
  };
  for (let i = 0; i < indices.length; i += 3) {
    parent[root(indices[i + 1])] = root(indices[i]);
    parent[root(indices[i + 2])] = root(indices[i]);
  }
  const shells = new Map<number, number[]>();
  for (let t = 0; t < indices.length / 3; t++) {
    const shell = root(indices[3 * t]);
    if (!shells.has(shell)) shells.set(shell, []);
    shells.get(shell)!.push(t);
  }
  return [...shells.values()];
}

/** Some triangles with only the vertices they use. */
function selected({ positions, indices }: Mesh, triangles: readonly number[]): Mesh {
  const names = new Map<number, number>();
  const corners = new Uint32Array(3 * triangles.length);
  for (let i = 0; i < corners.length; i++) {
    const v = indices[3 * triangles[Math.floor(i / 3)] + (i % 3)];
    if (!names.has(v)) names.set(v, names.size);
    corners[i] = names.get(v)!;
  }
  const used = new Float32Array(3 * names.size);
  for (const [v, at] of names) used.set(positions.subarray(3 * v, 3 * v + 3), 3 * at);
  return { positions: used, indices: corners };
}

/** The mesh about the middle of its bounds, where single precision is finest. */
function centred({ positions, indices }: Mesh, min: Vec3, max: Vec3): Mesh {
  return { positions: positions.map((x, i) => x - (min[i % 3] + max[i % 3]) / 2), indices };
}
