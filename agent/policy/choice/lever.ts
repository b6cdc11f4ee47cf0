/** Lever: what a grasp far from an object's middle costs. No picture shows how heavy an object is; what is heavy turns in the jaws. */
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { cos, sin } from '../../../sim/math/trigonometry.ts';
import { type ActionSettings, components, objectCells, yawOf } from '../action-space.ts';
import type { QMap } from '../q-map.ts';

/** Smaller patches are specks, cells. */
const SMALLEST = 12;
/** A shorter object counts as this long, metres. */
const SHORTEST = 0.01;
/** What is longer is no single object, metres. */
const LONGEST = 0.25;

/**
 * The Q map less what levers cost: `action.leverCost` times the share of the object's length that lies between the plane in which
 * the jaws close and the middle of the volume that the camera shows. Only of an object that is alone: where several touch, nobody
 * knows the middle of one.
 */
export function leveredQMap(map: Heightmap, qMap: QMap, action: ActionSettings): QMap {
  const { angles, leverCost = 0 } = action;
  if (leverCost === 0) return qMap;
  const [object, another] = components(map, objectCells(map, action)).filter((patch) => patch.length >= SMALLEST);
  if (!object || another) return qMap;
  const { cells } = qMap;
  const shapes = qMap.logits.length / (angles * cells.length);
  const logits = Float32Array.from(qMap.logits);
  for (let angle = 0; angle < angles; angle++) {
    const across = acrossAt(map, yawOf(angle, action));
    const { centre, length } = spread(map, object, across);
    if (length > LONGEST) return qMap;
    for (const [i, cell] of cells.entries()) {
      const cost = (leverCost * Math.abs(across(cell) - centre)) / Math.max(length, SHORTEST);
      const first = (angle * cells.length + i) * shapes;
      for (let shape = 0; shape < shapes; shape++) logits[first + shape] -= cost;
    }
  }
  return { cells, logits };
}

/** How far a cell lies from the plane through the map's centre in which jaws at a yaw close, metres. */
function acrossAt(map: Heightmap, yaw: number): (cell: number) => number {
  const [c, s] = [cos(yaw), sin(yaw)];
  return (cell) => {
    const [x, y] = cellCentre(map, Math.floor(cell / map.size), cell % map.size);
    return y * c - x * s;
  };
}

/** Where the middle of the volume under a patch lies, and how long it is, metres. */
function spread(
  map: Heightmap,
  patch: readonly number[],
  across: (cell: number) => number,
): { readonly centre: number; readonly length: number } {
  let [low, high, volume, moment] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const cell of patch) {
    const [at, height] = [across(cell), map.height[cell]];
    [low, high] = [Math.min(low, at), Math.max(high, at)];
    volume += height;
    moment += height * at;
  }
  return { centre: moment / volume, length: high - low };
}
