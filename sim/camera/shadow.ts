/** Shadow: the space behind what a camera saw, of which nothing is known. */
import type { Vec3 } from '../math/pose.ts';
import { cellCentre, type Heightmap } from './heightmap.ts';

/** Steps towards the camera, as shares of a cell. */
const STRIDE = 0.5;

/**
 * How high the space above each cell may be filled for all that a camera saw: where a cell was observed, its height; where
 * something stands between it and the camera, up to the lowest ray that passes over that; elsewhere 0. What is seen is taken
 * to stand on the table.
 * @param eye of the camera, in the map's frame, metres.
 * @returns [size, size] metres above the table, nowhere lower than the map.
 */
export function filledUpTo(map: Heightmap, eye: Vec3): Float32Array {
  const { size, cell, height, observed } = map;
  const out = height.slice();
  const top = height.reduce((a, b) => Math.max(a, b), 0);
  const [x0, y0] = cellCentre(map, 0, 0);
  for (let row = 0, i = 0; row < size; row++) {
    for (let col = 0; col < size; col++, i++) {
      if (!observed[i]) out[i] = Math.max(out[i], shadowAt(map, eye, x0 + col * cell, y0 + row * cell, top));
    }
  }
  return out;
}

/** The highest point over (x, y) that something in the map hides from the camera. @param top of the map. */
function shadowAt({ size, cell, height }: Heightmap, eye: Vec3, x: number, y: number, top: number): number {
  const [dx, dy] = [eye[0] - x, eye[1] - y];
  const distance = Math.sqrt(dx * dx + dy * dy);
  const half = (size * cell) / 2;
  let highest = 0;
  for (let d = cell; d < distance; d += STRIDE * cell) {
    const t = d / distance;
    // the ray from the table here is over everything from there on
    if (eye[2] * t > top) break;
    const col = Math.floor((x + t * dx + half) / cell);
    const row = Math.floor((y + t * dy + half) / cell);
    if (col < 0 || row < 0 || col >= size || row >= size) break;
    // the ray that touches the height there passes over (x, y) at this height
    highest = Math.max(highest, (height[row * size + col] - eye[2] * t) / (1 - t));
  }
  return highest;
}
