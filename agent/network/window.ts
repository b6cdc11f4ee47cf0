/** Window: a turned rectangle of the heightmap, the network's input. */
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import { cos, sin } from '../../sim/math/trigonometry.ts';

/** Channels of the network's input: height, two components of the surface normal, red, green, blue, observed. */
export const INPUT_CHANNELS = 7;

/**
 * A rotated rectangle of the heightmap: the network's input frame. Columns run along the closing axis (at `yaw` from world
 * +X), rows at right angles to it. `flipX` and `flipY` mirror it: a parallel-jaw grasp and its mirror image are equally good.
 */
export interface Window {
  /** World x and y of the middle, metres. */
  readonly centre: readonly [number, number];
  /** Radians. */
  readonly yaw: number;
  readonly rows: number;
  readonly cols: number;
  readonly flipX?: boolean;
  readonly flipY?: boolean;
}

/** Heights are divided by this before they enter the network, metres. */
export const HEIGHT_UNIT = 0.05;

/** Bilinear samples of height, colour and observedness at the window's cells: [rows, cols, 5]. Outside the map: the table. */
function resample(map: Heightmap, window: Window): Float32Array {
  const { rows, cols } = window;
  const { size, cell, height, colour, observed } = map;
  const [c, s] = [cos(window.yaw), sin(window.yaw)];
  const [sx, sy] = [window.flipX ? -1 : 1, window.flipY ? -1 : 1];
  const half = size / 2 - 0.5;
  const [ox, oy] = [window.centre[0] / cell + half, window.centre[1] / cell + half];
  const out = new Float32Array(rows * cols * 5);
  for (let r = 0, o = 0; r < rows; r++) {
    const y = sy * (r + 0.5 - rows / 2);
    for (let k = 0; k < cols; k++, o += 5) {
      const x = sx * (k + 0.5 - cols / 2);
      const mx = ox + c * x - s * y;
      const my = oy + s * x + c * y;
      if (mx < 0 || my < 0) continue;
      const x0 = mx | 0;
      const y0 = my | 0;
      if (x0 + 1 >= size || y0 + 1 >= size) continue;
      const fx = mx - x0;
      const fy = my - y0;
      const w00 = (1 - fx) * (1 - fy);
      const w01 = fx * (1 - fy);
      const w10 = (1 - fx) * fy;
      const w11 = fx * fy;
      const a = y0 * size + x0;
      const d = a + size;
      out[o] = w00 * height[a] + w01 * height[a + 1] + w10 * height[d] + w11 * height[d + 1];
      out[o + 4] = w00 * observed[a] + w01 * observed[a + 1] + w10 * observed[d] + w11 * observed[d + 1];
      for (let i = 1, p = 3 * a, q = 3 * d; i <= 3; i++, p++, q++)
        out[o + i] = w00 * colour[p] + w01 * colour[p + 3] + w10 * colour[q] + w11 * colour[q + 3];
    }
  }
  return out;
}

/**
 * The network's input for one window, written into `out` at `offset`.
 * @param out [..., rows, cols, {@link INPUT_CHANNELS}]
 */
export function writeInput(map: Heightmap, window: Window, out: Float32Array, offset: number): void {
  const { rows, cols } = window;
  const sampled = resample(map, window);
  const slope = 1 / (2 * map.cell);
  for (let r = 0, o = offset; r < rows; r++) {
    const up = Math.min(r + 1, rows - 1) * cols;
    const down = Math.max(r - 1, 0) * cols;
    for (let k = 0; k < cols; k++, o += INPUT_CHANNELS) {
      const i = (r * cols + k) * 5;
      const right = k + 1 < cols ? i + 5 : i;
      const left = k > 0 ? i - 5 : i;
      const gx = (sampled[right] - sampled[left]) * slope;
      const gy = (sampled[(up + k) * 5] - sampled[(down + k) * 5]) * slope;
      const n = 1 / Math.sqrt(1 + gx * gx + gy * gy);
      out[o] = sampled[i] / HEIGHT_UNIT;
      out[o + 1] = -gx * n;
      out[o + 2] = -gy * n;
      for (let c = 1; c <= 4; c++) out[o + 2 + c] = sampled[i + c] - 0.5;
    }
  }
}

/** Column and row (cell centres at half integers) of a world point in a window. */
export const toWindow = (window: Window, cell: number, x: number, y: number): readonly [number, number] =>
  intoWindow(window, cell)(x, y);

/** {@link toWindow} for many points of one window. */
export function intoWindow(window: Window, cell: number): (x: number, y: number) => readonly [number, number] {
  const [c, s] = [cos(window.yaw), sin(window.yaw)];
  const [sx, sy] = [window.flipX ? -1 : 1, window.flipY ? -1 : 1];
  return (x, y) => {
    const [dx, dy] = [(x - window.centre[0]) / cell, (y - window.centre[1]) / cell];
    return [sx * (c * dx + s * dy) + window.cols / 2, sy * (c * dy - s * dx) + window.rows / 2];
  };
}
