/** Grasps of a policy that differ: its best ones lie side by side. */
import type { Action } from '../../../agent/policy/action.ts';
import { type ActionSettings, graspShapes } from '../../../agent/policy/action-space.ts';
import { type QMap, rankedActions } from '../../../agent/policy/q-map.ts';
import { hypot } from '../../../sim/math/trigonometry.ts';

/** Actions among which those that differ are sought. */
const LOOKED_AT = 3000;

/** The best actions of a Q map of which no two are nearly the same, best first. @param size of the heightmap, cells. */
export function bestThatDiffer(qMap: QMap, settings: ActionSettings, size: number, most: number): Action[] {
  const near = (a: Action, b: Action): boolean => {
    const rows = Math.floor(a.cell / size) - Math.floor(b.cell / size);
    const turn = Math.abs(a.angle - b.angle);
    const turned = Math.min(turn, settings.angles - turn);
    return a.shape === b.shape && turned <= 1 && hypot((a.cell % size) - (b.cell % size), rows) < 2.5;
  };
  const chosen: Action[] = [];
  for (const { action } of rankedActions(qMap, graspShapes(settings).length, LOOKED_AT)) {
    if (chosen.length === most) break;
    if (!chosen.some((other) => near(action, other))) chosen.push(action);
  }
  return chosen;
}
