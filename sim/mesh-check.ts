import { type Mesh, meshVolume } from './mesh.ts';
import { MeshFileError } from './mesh-file.ts';
import type { Vec3 } from './pose.ts';

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
export function subMesh({ positions, indices }: Mesh, first: number, end: number): Mesh {
  const names = new Map<number, number>();
  const corners = indices.slice(3 * first, 3 * end).map((v) => {
    if (!names.has(v)) names.set(v, names.size);
    return names.get(v)!;
  });
  const used = new Float32Array(3 * names.size);
  for (const [v, at] of names) used.set(positions.subarray(3 * v, 3 * v + 3), 3 * at);
  return { positions: used, indices: corners };
}

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

/** Axis-aligned bounds of the vertices. */
export function bounds({ positions: p }: Mesh): { readonly min: Vec3; readonly max: Vec3 } {
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
  const mesh = weld(raw);
  if (mesh.indices.length === 0)
    throw new MeshFileError(`${file}: expected triangles with an area, got degenerate ones only`);
  const { min, max } = bounds(mesh);
  const box = (max[0] - min[0]) * (max[1] - min[1]) * (max[2] - min[2]);
  const volume = meshVolume(centred(mesh, min, max));
  if (!(Math.abs(volume) > LEAST_FILL * box) || box === 0)
    throw new MeshFileError(`${file}: expected a solid, got a surface with a volume of 0`);
  const open = openEdges(mesh);
  const closed = open === 0;
  const warnings = closed ? [] : [`${file}: not watertight (${open} open edges): drawn as it is, weighed by its hulls`];
  if (volume > 0) return { mesh, closed, warnings };
  if (!closed)
    throw new MeshFileError(
      `${file}: expected triangles that face outwards, got an open mesh that is inside out (${open} open edges)`,
    );
  return { mesh: flipped(mesh), closed, warnings: [`${file}: inside out; turned`] };
}

/** The mesh about the middle of its bounds, where single precision is finest. */
function centred({ positions, indices }: Mesh, min: Vec3, max: Vec3): Mesh {
  return { positions: positions.map((x, i) => x - (min[i % 3] + max[i % 3]) / 2), indices };
}
