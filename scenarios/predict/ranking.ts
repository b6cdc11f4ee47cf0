/** Ranking: which of the grasps that a policy would try come first, and how many are told. */
import type { Action } from '../../agent/policy/action.ts';
import { graspOf, graspShapes } from '../../agent/policy/action-space.ts';
import type { Proposal } from '../../agent/policy/proposal.ts';
import { probabilityOf, rankedActions } from '../../agent/policy/q-map.ts';
import { filledUpTo } from '../../sim/camera/shadow.ts';
import type { Grasp } from '../../sim/grasp.ts';
import { type Reach, reachOf } from '../../sim/hand/clearance.ts';
import type { HandSettings } from '../../sim/hand/settings.ts';
import { compose, dot, invert, norm, type Pose, rotate, subtract, transform, type Vec3 } from '../../sim/math/pose.ts';
import type { Scenario } from '../schema/schema.ts';
import type { PredictedGrasp } from './predict.ts';
import type { PredictionRequest } from './request.ts';
import type { Tile } from './workspace.ts';

/** Grasps nearer to a better one than this are the same idea, metres. */
const APART = 0.02;
/** A hand that reaches no further into what was seen is clear: cells are 4 mm wide, and edges are smeared. Metres. */
export const CLEAR = 0.006;
/** Actions of a heightmap that are looked at. */
const LOOKED_AT = 600;
/** What reaching into the shadow costs, logits a metre beyond the free depth: fitted to trials, see `docs/figures.md`. */
const SHADOW = { free: 0.012, cost: 70, most: 0.04 } as const;
/** A grasp that is as near to one that failed, metres and cosine of the angle between the closing axes, is the same again. */
const SAME = { distance: 0.02, axis: 0.85, cost: 3 } as const;

/** A grasp in the running. Most of them never come near the best, and are not looked at. */
export interface Candidate {
  /** Its rank is no higher than this, logits. */
  readonly bound: number;
  readonly look: () => Looked;
}

/** A candidate that was looked at. */
interface Looked {
  /** What it is ranked by, logits. */
  readonly rank: number;
  readonly position: PredictedGrasp['position'];
  /** How far the open hand would reach, as {@link reachOf}; looked at only where it is asked for. */
  readonly reach: () => Reach;
  readonly told: () => PredictedGrasp;
}

/** What a ranking needs to know besides what was proposed. */
export interface Ranked {
  readonly tile: Tile;
  readonly index: number;
  readonly scenario: Scenario;
  readonly hand: HandSettings;
  readonly request: PredictionRequest;
  /** T_frame_camera. */
  readonly camera: Pose;
}

/** Every grasp of a tile that its policy would try: by its scores, or in its own order where it has none. */
export function candidatesOf({ grasp, qMap, others = [] }: Proposal, about: Ranked): Candidate[] {
  const { tile, scenario, hand, request, camera } = about;
  const { heightmap, pose } = tile;
  const filled = filledUpTo(heightmap, transform(invert(pose), camera.position));
  const looked = (g: Grasp, a: Action | null, logit: number, probability: number | null): Looked => {
    const { position, quaternion } = compose(pose, g.pose);
    let known: Reach | undefined;
    const reach = (): Reach => (known ??= reachOf(heightmap, filled, g, hand));
    const shadow = request.clear && qMap ? shadowCost(reach().hidden) : 0;
    const { size } = heightmap;
    const told = (): PredictedGrasp => ({
      ...{ position, quaternion, opening: g.opening, probability },
      cell: a && { tile: about.index, row: Math.floor(a.cell / size), col: a.cell % size },
      overlap: reach().seen,
    });
    const again = repeatCost({ position, quaternion }, request.failed);
    return { rank: logit - shadow - again, position, reach, told };
  };
  // places in an order stand so far apart that no cost but that of a repetition changes it
  if (!qMap)
    return [grasp, ...others].map((g, i) => ({ bound: -1e-3 * i, look: () => looked(g, null, -1e-3 * i, null) }));
  const shapes = graspShapes(scenario.action).length;
  return rankedActions(qMap, shapes, LOOKED_AT).map(({ action, logit }) => ({
    bound: logit,
    look: () => looked(graspOf(heightmap, action, hand.stroke, scenario.action), action, logit, probabilityOf(logit)),
  }));
}

/** @param hidden reach into the shadow, metres. @returns logits. */
const shadowCost = (hidden: number): number => SHADOW.cost * Math.min(Math.max(hidden - SHADOW.free, 0), SHADOW.most);

const closing = ({ quaternion }: Pose): Vec3 => rotate(quaternion, [1, 0, 0]);

/** What trying the same again costs, logits. */
function repeatCost(pose: Pose, failed: readonly Pose[]): number {
  const same = (other: Pose): boolean =>
    norm(subtract(pose.position, other.position)) < SAME.distance &&
    Math.abs(dot(closing(pose), closing(other))) > SAME.axis;
  return failed.some(same) ? SAME.cost : 0;
}

/** Candidates by their rank, best first; of equals the first. Looks only at those whose bound is not below what it tells next. */
function* bestFirst(candidates: readonly Candidate[]): Generator<Looked> {
  const open = candidates.map(({ bound, look }, place) => ({ bound, look, place })).sort((a, b) => b.bound - a.bound);
  const seen: { readonly one: Looked; readonly place: number }[] = [];
  for (let next = 0; next < open.length || seen.length > 0; ) {
    let best = 0;
    for (let i = 1; i < seen.length; i++) {
      const ahead = seen[i].one.rank - seen[best].one.rank || seen[best].place - seen[i].place;
      if (ahead > 0) best = i;
    }
    if (next < open.length && !(seen.length > 0 && open[next].bound < seen[best].one.rank)) {
      seen.push({ one: open[next].look(), place: open[next].place });
      next++;
    } else {
      yield seen.splice(best, 1)[0].one;
    }
  }
}

/** The best candidates that are apart; clear ones before those that are not, if asked for. */
export function choose(candidates: readonly Candidate[], { count, clear }: PredictionRequest): PredictedGrasp[] {
  const chosen: Looked[] = [];
  const isNew = ({ position }: Looked): boolean =>
    chosen.every((other) => norm(subtract(other.position, position)) > APART);
  const blocked: Looked[] = [];
  for (const one of bestFirst(candidates)) {
    if (chosen.length === count) break;
    if (!isNew(one)) continue;
    if (clear && one.reach().seen > CLEAR) blocked.push(one);
    else chosen.push(one);
  }
  for (const one of blocked.toSorted((a, b) => a.reach().seen - b.reach().seen))
    if (chosen.length < count && isNew(one)) chosen.push(one);
  return chosen.map(({ told }) => told());
}
