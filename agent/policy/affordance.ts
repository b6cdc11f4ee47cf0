/** Affordance: the part of a Q map that people look at, as a picture of the heightmap's size. */
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import { type ActionSettings, graspShapes, objectCells } from './action-space.ts';
import { probabilityOf, type QMap } from './q-map.ts';

/**
 * [size, size] best success probability at each object cell, 0 elsewhere. Cells that were thinned out before scoring show the
 * best of their neighbours.
 * @param angle the only one that counts; all if left out.
 */
export function affordanceMap(
  map: Heightmap,
  { cells, logits }: QMap,
  settings: ActionSettings,
  angle?: number,
): Float32Array {
  const out = new Float32Array(map.size * map.size);
  const shapes = graspShapes(settings).length;
  const each = cells.length * shapes;
  const [start, end] = angle === undefined ? [0, logits.length] : [angle * each, (angle + 1) * each];
  for (let i = start; i < end; i++) {
    const cell = cells[Math.floor(i / shapes) % cells.length];
    out[cell] = Math.max(out[cell], probabilityOf(logits[i]));
  }
  const scored = new Set(cells);
  const open = objectCells(map, settings).filter((cell) => !scored.has(cell));
  const around = (cell: number, values: Float32Array): number =>
    Math.max(...[-1, 1, -map.size, map.size].map((d) => values[cell + d]));
  for (let pass = 0; pass < 2; pass++) {
    const before = out.slice();
    for (const cell of open) if (before[cell] === 0) out[cell] = around(cell, before);
  }
  return out;
}
