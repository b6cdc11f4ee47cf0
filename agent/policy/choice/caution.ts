/** Caution: what speaks against a grasp besides its score, by what the camera shows, what it hides, and what has just failed. */
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { filledUpTo } from '../../../sim/camera/shadow.ts';
import type { Grasp } from '../../../sim/grasp.ts';
import { type Reach, reachOf } from '../../../sim/hand/clearance.ts';
import { dot, norm, type Pose, rotate, subtract, type Vec3 } from '../../../sim/math/pose.ts';
import type { Action } from '../action.ts';
import { graspOf, graspShapes } from '../action-space.ts';
import type { PolicyInput } from '../proposal.ts';
import { type QMap, rankedActions } from '../q-map.ts';

/** A hand that reaches no further into what was seen is clear: cells are 4 mm wide, and edges are smeared. Metres. */
export const CLEAR = 0.006;
/** Actions that are looked at. */
export const LOOKED_AT = 600;
/** What reaching into the shadow costs, logits a metre beyond the free depth, metres; chosen by `tests/bench/caution.ts`. */
const SHADOW = { free: 0.012, cost: 70, most: 0.04 } as const;
/** A grasp as near to one that failed, metres and cosine between closing axes, is the same again; what that costs, logits. */
const SAME = { distance: 0.02, axis: 0.85, cost: 3 } as const;

/** What reaching into the shadow costs. @returns logits. */
export const shadowCost = ({ hidden }: Reach): number =>
  SHADOW.cost * Math.min(Math.max(hidden - SHADOW.free, 0), SHADOW.most);

const closing = ({ quaternion }: Pose): Vec3 => rotate(quaternion, [1, 0, 0]);

/** What trying the same again costs. @param failed poses in the same frame. @returns logits. */
export function repeatCost(pose: Pose, failed: readonly Pose[]): number {
  const same = (other: Pose): boolean =>
    norm(subtract(pose.position, other.position)) < SAME.distance &&
    Math.abs(dot(closing(pose), closing(other))) > SAME.axis;
  return failed.some(same) ? SAME.cost : 0;
}

/** Looks at how far a hand would reach at a grasp. @param eye of the camera, in the map's frame. */
export function reachIn(map: Heightmap, eye: Vec3, hand: PolicyInput['hand']): (grasp: Grasp) => Reach {
  const filled = filledUpTo(map, eye);
  return (grasp) => reachOf(map, filled, grasp, hand);
}

/**
 * The most promising action after what speaks against it; the least blocked one if none is clear.
 * @returns its own logit; undefined if there is nothing to grasp.
 */
export function bestCarefulAction(
  qMap: QMap,
  { observation: { frame, heightmap }, action: settings, hand, failed = [] }: PolicyInput,
): { action: Action; logit: number } | undefined {
  const look = reachIn(heightmap, frame.camera.pose.position, hand);
  const tried = failed.map(({ pose }) => pose);
  let best: { action: Action; logit: number; rank: number } | undefined;
  let leastBlocked: { action: Action; logit: number; seen: number } | undefined;
  for (const { action, logit } of rankedActions(qMap, graspShapes(settings).length, LOOKED_AT)) {
    // nothing speaks for a grasp but its score
    if (best && logit <= best.rank) break;
    const grasp = graspOf(heightmap, action, hand.stroke, settings);
    const reach = look(grasp);
    if (reach.seen > CLEAR) {
      if (!leastBlocked || reach.seen < leastBlocked.seen) leastBlocked = { action, logit, seen: reach.seen };
      continue;
    }
    const rank = logit - shadowCost(reach) - repeatCost(grasp.pose, tried);
    if (!best || rank > best.rank) best = { action, logit, rank };
  }
  const chosen = best ?? leastBlocked;
  return chosen && { action: chosen.action, logit: chosen.logit };
}
