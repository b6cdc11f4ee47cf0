/** Leaning: a heightmap as it looks along an approach that leans. */

import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { axisAngle, invert, type Pose, rotate, subtract, transform, type Vec3 } from '../../../sim/math/pose.ts';
import { cos, sin } from '../../../sim/math/trigonometry.ts';

/** How an approach leans: turned by `angle` about the horizontal axis at `azimuth` from world +X, radians. */
export interface Lean {
  readonly angle: number;
  readonly azimuth: number;
}

/** What was seen, as a heightmap over a plane at right angles to a leaning approach. */
export interface LeaningView {
  /** In its own frame, whose -Z is the approach. The table is a slope in it; `graspable` where an object's cell shows. */
  readonly map: Heightmap;
  /** T_world_map. */
  readonly pose: Pose;
}

/** Steps to the neighbours that a cell's surface is joined to: each pair once. */
const JOINED = [
  [0, 1],
  [1, 0],
  [1, 1],
  [1, -1],
] as const;
const BESIDE = [
  [0, 1],
  [1, 0],
  [0, -1],
  [-1, 0],
] as const;

/**
 * A heightmap as it looks along an approach that leans. The surface is joined from cell to cell, steps as walls; where a thing
 * hides what is next to it, its wall goes down to the table. Where nothing shows is the table, unobserved.
 * @param pivot world x and y of the point of the table that stays where it is: height 0 in both maps, metres.
 * @param objects cells that show something to grasp.
 */
export function leaningView(
  map: Heightmap,
  { angle, azimuth }: Lean,
  pivot: readonly [number, number],
  objects: ReadonlySet<number>,
): LeaningView {
  const quaternion = axisAngle([cos(azimuth), sin(azimuth), 0], angle);
  const middle: Vec3 = [...pivot, 0];
  const pose = { quaternion, position: subtract(middle, rotate(quaternion, middle)) };
  const canvas = new Canvas(map, invert(pose));
  splatSurface(map, objects, canvas);
  return { map: canvas.finish(middle, objects), pose };
}

function splatSurface(map: Heightmap, objects: ReadonlySet<number>, canvas: Canvas): void {
  const { size, cell, height, observed } = map;
  const step = cell / 2;
  const inside = (row: number, col: number): boolean => row >= 0 && col >= 0 && row < size && col < size;
  for (let row = 0, i = 0; row < size; row++) {
    for (let col = 0; col < size; col++, i++) {
      if (!observed[i]) continue;
      const [x, y] = cellCentre(map, row, col);
      const z = height[i];
      canvas.splat(x, y, z, i);
      for (const [down, right] of JOINED) {
        const other = i + down * size + right;
        if (!inside(row + down, col + right) || !observed[other]) continue;
        const rise = height[other] - z;
        const parts = Math.max(2, Math.ceil((Math.abs(rise) + cell) / step));
        for (let k = 1; k < parts; k++) {
          const t = k / parts;
          canvas.splat(x + right * cell * t, y + down * cell * t, z + rise * t, t < 0.5 ? i : other);
        }
      }
      if (!objects.has(i)) continue;
      for (const [down, right] of BESIDE) {
        if (!inside(row + down, col + right) || observed[i + down * size + right]) continue;
        for (let below = z - step; below > 0; below -= step) canvas.splat(x + right * step, y + down * step, below, i);
      }
    }
  }
}

/** A map that is being drawn. */
class Canvas {
  readonly #from: Heightmap;
  /** T_map_world. */
  readonly #into: Pose;
  readonly #height: Float32Array;
  /** [size, size] cell of the world's map that a cell shows; -1 where none. */
  readonly #shown: Int32Array;
  readonly #axes: readonly [Vec3, Vec3, Vec3];

  constructor(from: Heightmap, into: Pose) {
    this.#from = from;
    this.#into = into;
    const cells = from.size * from.size;
    this.#height = new Float32Array(cells).fill(Number.NEGATIVE_INFINITY);
    this.#shown = new Int32Array(cells).fill(-1);
    const axis = (a: Vec3): Vec3 => rotate(into.quaternion, a);
    this.#axes = [axis([1, 0, 0]), axis([0, 1, 0]), axis([0, 0, 1])];
  }

  /** Raises the map to a point of the world's frame. @param source cell that the point belongs to. */
  splat(x: number, y: number, z: number, source: number): void {
    const { size, cell } = this.#from;
    const [ex, ey, ez] = this.#axes;
    const [ox, oy, oz] = this.#into.position;
    const half = (size * cell) / 2;
    const col = Math.floor((ox + ex[0] * x + ey[0] * y + ez[0] * z + half) / cell);
    const row = Math.floor((oy + ex[1] * x + ey[1] * y + ez[1] * z + half) / cell);
    if (!(col >= 0 && row >= 0 && col < size && row < size)) return;
    const up = oz + ex[2] * x + ey[2] * y + ez[2] * z;
    const at = row * size + col;
    if (up <= this.#height[at]) return;
    this.#height[at] = up;
    this.#shown[at] = source;
  }

  /** @param pivot point of the table, world frame. */
  finish(pivot: Vec3, objects: ReadonlySet<number>): Heightmap {
    const { size, cell, colour: colours } = this.#from;
    const height = this.#height;
    const colour = new Float32Array(3 * size * size);
    const observed = new Uint8Array(size * size);
    const graspable = new Uint8Array(size * size);
    const [px, py, pz] = transform(this.#into, pivot);
    const [, , up] = this.#axes;
    for (let row = 0, at = 0; row < size; row++) {
      for (let col = 0; col < size; col++, at++) {
        const [x, y] = cellCentre(this.#from, row, col);
        const table = pz - (up[0] * (x - px) + up[1] * (y - py)) / up[2];
        const source = this.#shown[at];
        if (source < 0) {
          height[at] = table;
          continue;
        }
        height[at] = Math.max(height[at], table);
        observed[at] = 1;
        graspable[at] = objects.has(source) ? 1 : 0;
        for (let c = 0; c < 3; c++) colour[3 * at + c] = colours[3 * source + c];
      }
    }
    return { ...{ size, cell, height, colour, observed, graspable } };
  }
}
