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
  for (const frame of Array.isArray(frames) ? (frames as readonly Frame[]) : [frames as Frame]) splatFrame(map, frame);
  return map;
}

/** Every pixel with a return, and the points halfway to its right, lower and diagonal neighbours on the same surface. */
function splatFrame({ size, cell, height, colour, observed }: Heightmap, frame: Frame): void {
  const { depth } = frame;
  const { widthPx: width, heightPx: rows } = frame.camera.intrinsics;
  const half = (size * cell) / 2;
  /** [size, size] pixel that a cell shows, -1 for none of this frame. */
  const shown = new Int32Array(size * size).fill(-1);
  const p = deproject(frame.camera, depth);

  const splat = (x: number, y: number, z: number, pixel: number): void => {
    const col = (x + half) / cell;
    const row = (y + half) / cell;
    if (!(col >= 0 && row >= 0 && col < size && row < size)) return;
    const at = (row | 0) * size + (col | 0);
    if (observed[at] === 1 && z <= height[at]) return;
    observed[at] = 1;
    height[at] = z;
    shown[at] = pixel;
  };
  const join = (i: number, n: number): void => {
    if (!(Math.abs(depth[n] - depth[i]) < MAX_STEP)) return;
    const [a, b] = [i * 3, n * 3];
    splat((p[a] + p[b]) / 2, (p[a + 1] + p[b + 1]) / 2, (p[a + 2] + p[b + 2]) / 2, i);
  };
  for (let v = 0, i = 0; v < rows; v++) {
    const below = v + 1 < rows;
    for (let u = 0; u < width; u++, i++) {
      const a = i * 3;
      if (Number.isNaN(p[a])) continue;
      splat(p[a], p[a + 1], p[a + 2], i);
      const right = u + 1 < width;
      if (right) join(i, i + 1);
      if (below) join(i, i + width);
      if (right && below) join(i, i + width + 1);
    }
  }
  // once for each cell: most are hit by several points
  for (let at = 0; at < shown.length; at++) {
    if (shown[at] < 0) continue;
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
