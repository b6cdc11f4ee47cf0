/** Lever: what a grasp far from an object's middle costs. No picture shows how heavy an object is; what is heavy turns in the hand. */
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { handGeometry } from '../../../sim/hand/geometry.ts';
import type { HandSettings } from '../../../sim/hand/settings.ts';
import { cos, hypot, sin } from '../../../sim/math/trigonometry.ts';
import type { Action } from '../action.ts';
import { type ActionSettings, components, objectCells, yawOf } from '../action-space.ts';
import type { QMap } from '../q-map.ts';

/** Smaller patches are specks, cells. */
const SMALLEST = 12;
/** A shorter object counts as this long, metres. */
const SHORTEST = 0.01;
/** What is longer is no single object, metres. */
const LONGEST = 0.25;

/** How long a lever is at a cell. */
type LeverAt = (cell: number) => number;

/** {@link leversOn} a map. */
export interface Levers {
  /** By angle. */
  readonly levers: readonly LeverAt[];
  /** `action.leverCost`: logits that a lever of 1 takes off. */
  readonly cost: number;
}

/**
 * How long levers are on the object of a map, one function an angle. Only of an object that is alone: where several touch, nobody
 * knows the middle of one. @returns undefined where levers cost nothing.
 */
export function leversOn(map: Heightmap, action: ActionSettings, hand: HandSettings): Levers | undefined {
  const { angles, leverCost = 0 } = action;
  if (leverCost === 0) return undefined;
  const [object, another] = components(map, objectCells(map, action)).filter((patch) => patch.length >= SMALLEST);
  if (!object || another) return undefined;
  const { round } = handGeometry(hand);
  const levers: LeverAt[] = [];
  for (let angle = 0; angle < angles; angle++) {
    const leverAt = round ? cupLever(map, object, hand.stroke) : jawLever(map, object, yawOf(angle, action));
    if (!leverAt) return undefined;
    levers.push(leverAt);
  }
  return { levers, cost: leverCost };
}

/** What the lever of an action adds to its logit: nothing, or less. */
export const leverLogit = (on: Levers | undefined, { angle, cell }: Pick<Action, 'angle' | 'cell'>): number =>
  on ? -on.cost * on.levers[angle](cell) : 0;

/** The Q map less what levers cost. */
export function leveredQMap(qMap: QMap, on: Levers | undefined): QMap {
  if (!on) return qMap;
  const { cells } = qMap;
  const shapes = qMap.logits.length / (on.levers.length * cells.length);
  const logits = Float32Array.from(qMap.logits);
  for (const angle of on.levers.keys()) {
    for (const [i, cell] of cells.entries()) {
      const first = (angle * cells.length + i) * shapes;
      const lever = leverLogit(on, { angle, cell });
      for (let shape = 0; shape < shapes; shape++) logits[first + shape] += lever;
    }
  }
  return { cells, logits };
}

/** From the plane in which jaws close to the middle of the volume that the camera shows, as a share of the object's length. */
function jawLever(map: Heightmap, object: readonly number[], yaw: number): LeverAt | undefined {
  const across = acrossAt(map, yaw);
  const { centre, length } = spread(map, object, across);
  if (length > LONGEST) return undefined;
  return (cell) => Math.abs(across(cell) - centre) / Math.max(length, SHORTEST);
}

/** From a cup's middle to that of the volume, as a share of the cup's diameter, metres: what it holds a moment with. */
function cupLever(map: Heightmap, object: readonly number[], diameter: number): LeverAt | undefined {
  const [x, y] = [acrossAt(map, -Math.PI / 2), acrossAt(map, 0)];
  const [alongX, alongY] = [spread(map, object, x), spread(map, object, y)];
  if (Math.max(alongX.length, alongY.length) > LONGEST) return undefined;
  return (cell) => hypot(x(cell) - alongX.centre, y(cell) - alongY.centre) / diameter;
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
