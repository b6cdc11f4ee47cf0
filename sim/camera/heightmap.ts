/** Heightmap: how depth becomes heights over the table, and how the table is brought back to 0. */
import { deproject } from './camera.ts';
import type { Frame } from './render.ts';

/**
 * The workspace seen from straight above, centred on the world origin. Cell (row, col) covers the square around
 * x = (col + 0.5) * cell - half, y = (row + 0.5) * cell - half, with half = size * cell / 2: columns run along world +X and
 * rows along world +Y.
 */
export interface Heightmap {
  /** Cells along each side. */
  readonly size: number;
  /** Side of a cell, metres. */
  readonly cell: number;
  /** [size, size] metres above the table; 0 where nothing was seen. */
  readonly height: Float32Array;
  /** [size, size, 3] linear in sRGB value, 0..1; 0 where nothing was seen. */
  readonly colour: Float32Array;
  /** [size, size]: 1 where some depth fell, else 0 (occluded, or no return). */
  readonly observed: Uint8Array;
  /** [size, size]: 0 where no grasp is wanted; left out where any is welcome. */
  readonly graspable?: Uint8Array;
}

export interface HeightmapSettings {
  readonly size: number;
  readonly cell: number;
}

export const HEIGHTMAP_DEFAULTS: HeightmapSettings = { size: 96, cell: 0.004 };

/** Depth steps larger than this between neighbouring pixels are edges: nothing is filled in across them, metres. */
const MAX_STEP = 0.012;

/**
 * Reprojects the depth of one or several frames to a heightmap (orthographic, highest point wins). Pixels are joined to their right and lower
 * neighbours by interpolated points, so that a surface seen at the map's resolution leaves no holes.
 */
export function buildHeightmap(frames: Frame | readonly Frame[], { size, cell }: HeightmapSettings): Heightmap {
  const map = {
    ...{ size, cell, height: new Float32Array(size * size), colour: new Float32Array(size * size * 3) },
    observed: new Uint8Array(size * size),
  };
  map.height.fill(Number.NEGATIVE_INFINITY);
  for (const frame of Array.isArray(frames) ? (frames as readonly Frame[]) : [frames as Frame])
    colourCells(map, frame, splatFrame(map, frame));
  for (let at = 0; at < size * size; at++) if (map.observed[at] === 0) map.height[at] = 0;
  return map;
}

/**
 * Raises a map to every pixel with a return, and to the points halfway to its right, lower and diagonal neighbours on the same
 * surface. One loop over plain numbers: it sees four points for each pixel.
 * @returns [size, size] pixel that a cell shows, -1 where this frame raised nothing.
 */
function splatFrame({ size, cell, height }: Heightmap, frame: Frame): Int32Array {
  const { depth } = frame;
  const { widthPx: width, heightPx: rows } = frame.camera.intrinsics;
  const [half, last] = [(size * cell) / 2, width - 1];
  const shown = new Int32Array(size * size).fill(-1);
  const p = deproject(frame.camera, depth);

  const splat = (x: number, y: number, z: number, pixel: number): void => {
    const col = (x + half) / cell;
    const row = (y + half) / cell;
    if (!(col >= 0 && row >= 0 && col < size && row < size)) return;
    const at = (row | 0) * size + (col | 0);
    if (z <= height[at]) return;
    height[at] = z;
    shown[at] = pixel;
  };
  for (let v = 0, i = 0; v < rows; v++) {
    for (let u = 0; u < width; u++, i++) {
      const [d, a, b] = [depth[i], i * 3, (i + width) * 3];
      const x = p[a];
      const y = p[a + 1];
      const z = p[a + 2];
      if (Number.isNaN(x)) continue;
      splat(x, y, z, i);
      if (u < last && Math.abs(depth[i + 1] - d) < MAX_STEP)
        splat((x + p[a + 3]) / 2, (y + p[a + 4]) / 2, (z + p[a + 5]) / 2, i);
      if (v === rows - 1) continue;
      if (Math.abs(depth[i + width] - d) < MAX_STEP) splat((x + p[b]) / 2, (y + p[b + 1]) / 2, (z + p[b + 2]) / 2, i);
      if (u < last && Math.abs(depth[i + width + 1] - d) < MAX_STEP)
        splat((x + p[b + 3]) / 2, (y + p[b + 4]) / 2, (z + p[b + 5]) / 2, i);
    }
  }
  return shown;
}

/** Colours the cells that a frame raised. */
function colourCells({ colour, observed }: Heightmap, frame: Frame, shown: Int32Array): void {
  for (let at = 0; at < shown.length; at++) {
    if (shown[at] < 0) continue;
    observed[at] = 1;
    for (let c = 0; c < 3; c++) colour[at * 3 + c] = frame.colour[shown[at] * 3 + c] / 255;
  }
}

/** Finest step in which {@link tableHeight} looks for the table, and how far from z = 0, metres. */
const LEVEL_STEP = 0.001;
const LEVEL_REACH = 0.12;

/** Where a map shows the table, metres: at the most frequent height. 0 if nothing was seen. */
function tableHeight(map: Heightmap): number {
  const bins = new Int32Array(Math.round((2 * LEVEL_REACH) / LEVEL_STEP));
  const binOf = (z: number): number => Math.floor((z + LEVEL_REACH) / LEVEL_STEP);
  map.height.forEach((z, i) => {
    if (map.observed[i] && Math.abs(z) < LEVEL_REACH) bins[binOf(z)]++;
  });
  const smooth = bins.map(
    (n, i) => n + (bins[i - 1] ?? 0) + (bins[i + 1] ?? 0) + (bins[i - 2] ?? 0) + (bins[i + 2] ?? 0),
  );
  const top = smooth.indexOf(smooth.reduce((a, b) => Math.max(a, b), 0));
  let [sum, count] = [0, 0];
  map.height.forEach((z, i) => {
    if (map.observed[i] && Math.abs(binOf(z) - top) <= 4) {
      sum += z;
      count++;
    }
  });
  return count > 0 ? sum / count : 0;
}

/** The same map with the table moved to height 0. For sensors whose error moves the whole picture. */
export function levelled(map: Heightmap): Heightmap {
  const table = tableHeight(map);
  return { ...map, height: map.height.map((z, i) => (map.observed[i] ? z - table : 0)) };
}

/**
 * The same frame with its depths divided by the one factor that brings the table to height 0. For sensors whose error is such
 * a factor: seen at a slant, everything has moved sideways as well, which {@link levelled} cannot take back.
 */
export function rescaled(frame: Frame, settings: HeightmapSettings): Frame {
  // a point of the table at depth d, seen at factor * d, appears at (1 - factor) * (height of the camera)
  const factor = 1 - tableHeight(buildHeightmap(frame, settings)) / frame.camera.pose.position[2];
  return { ...frame, depth: frame.depth.map((d) => d / factor) };
}

/** World x and y of a cell's centre, metres. */
export function cellCentre(map: Pick<Heightmap, 'size' | 'cell'>, row: number, col: number): readonly [number, number] {
  const half = (map.size * map.cell) / 2;
  return [(col + 0.5) * map.cell - half, (row + 0.5) * map.cell - half];
}

/** Highest point of the 3 x 3 cells around one, metres. */
export function localTop({ size, height }: Pick<Heightmap, 'size' | 'height'>, cell: number): number {
  const [row, col] = [Math.floor(cell / size), cell % size];
  let top = 0;
  for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, size - 1); r++) {
    for (let c = Math.max(col - 1, 0); c <= Math.min(col + 1, size - 1); c++) top = Math.max(top, height[r * size + c]);
  }
  return top;
}

/** The heightmap's cell under a point, metres; its border is no place for a grasp. */
export function cellAt(map: Pick<Heightmap, 'size' | 'cell'>, x: number, y: number): number {
  const at = (v: number): number => Math.floor((v + (map.size * map.cell) / 2) / map.cell);
  const [row, col] = [y, x].map((v) => Math.min(Math.max(at(v), 1), map.size - 2));
  return row * map.size + col;
}
