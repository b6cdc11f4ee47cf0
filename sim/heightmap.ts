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
}

export interface HeightmapSettings {
  readonly size: number;
  readonly cell: number;
}

export const HEIGHTMAP_DEFAULTS: HeightmapSettings = { size: 96, cell: 0.004 };

/** Depth steps larger than this between neighbouring pixels are edges: nothing is filled in across them, metres. */
const MAX_STEP = 0.012;

/**
 * Reprojects a frame's depth to a heightmap (orthographic, highest point wins). Pixels are joined to their right and lower
 * neighbours by interpolated points, so that a surface seen at the map's resolution leaves no holes.
 */
export function buildHeightmap(frame: Frame, { size, cell }: HeightmapSettings): Heightmap {
  const { widthPx: width, heightPx: rows } = frame.camera.intrinsics;
  const points = deproject(frame.camera, frame.depth);
  const height = new Float32Array(size * size);
  const colour = new Float32Array(size * size * 3);
  const observed = new Uint8Array(size * size);
  const half = (size * cell) / 2;

  const splat = (x: number, y: number, z: number, pixel: number): void => {
    const col = Math.floor((x + half) / cell);
    const row = Math.floor((y + half) / cell);
    if (!(col >= 0 && row >= 0 && col < size && row < size)) return;
    const at = row * size + col;
    if (observed[at] && z <= height[at]) return;
    observed[at] = 1;
    height[at] = z;
    for (let c = 0; c < 3; c++) colour[at * 3 + c] = frame.colour[pixel * 3 + c] / 255;
  };

  for (let v = 0, i = 0; v < rows; v++) {
    for (let u = 0; u < width; u++, i++) {
      const a = i * 3;
      if (Number.isNaN(points[a])) continue;
      splat(points[a], points[a + 1], points[a + 2], i);
      const neighbours = [
        u + 1 < width ? i + 1 : -1,
        v + 1 < rows ? i + width : -1,
        u + 1 < width && v + 1 < rows ? i + width + 1 : -1,
      ];
      for (const n of neighbours) {
        if (n < 0 || !(Math.abs(frame.depth[n] - frame.depth[i]) < MAX_STEP)) continue;
        const b = n * 3;
        splat((points[a] + points[b]) / 2, (points[a + 1] + points[b + 1]) / 2, (points[a + 2] + points[b + 2]) / 2, i);
      }
    }
  }
  return { size, cell, height, colour, observed };
}

/** World x and y of a cell's centre, metres. */
export function cellCentre(map: Pick<Heightmap, 'size' | 'cell'>, row: number, col: number): readonly [number, number] {
  const half = (map.size * map.cell) / 2;
  return [(col + 0.5) * map.cell - half, (row + 0.5) * map.cell - half];
}
