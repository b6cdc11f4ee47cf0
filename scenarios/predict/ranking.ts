/** Ranking: which of the grasps that a policy would try come first, and how many are told. */
import type { Action } from '../../agent/policy/action.ts';
import { graspOf, graspShapes } from '../../agent/policy/action-space.ts';
import { CLEAR, LOOKED_AT, reachIn, repeatCost, shadowCost } from '../../agent/policy/choice/caution.ts';
import type { Proposal } from '../../agent/policy/proposal.ts';
import { probabilityOf, rankedActions } from '../../agent/policy/q-map.ts';
import type { Grasp } from '../../sim/grasp.ts';
import type { Reach } from '../../sim/hand/clearance.ts';
import type { HandSettings } from '../../sim/hand/settings.ts';
import { compose, invert, norm, type Pose, subtract, transform } from '../../sim/math/pose.ts';
import type { Scenario } from '../schema/schema.ts';
import type { PredictedGrasp } from './predict.ts';
import type { PredictionRequest } from './request.ts';
import type { Tile } from './workspace.ts';

/** Grasps nearer to a better one than this are the same idea, metres. */
const APART = 0.02;
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
  /** How far the open hand would reach, metres; looked at only where it is asked for. */
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

/** Every grasp of a tile that its policy would try and holds likely enough: by its scores, or in its own order where it has none. */
export function candidatesOf({ grasp, qMap, others = [] }: Proposal, about: Ranked): Candidate[] {
  const { tile, scenario, hand, request, camera } = about;
  const { heightmap, pose } = tile;
  const lookAt = reachIn(heightmap, transform(invert(pose), camera.position), hand);
  const looked = (g: Grasp, a: Action | null, logit: number, probability: number | null): Looked => {
    const { position, quaternion } = compose(pose, g.pose);
    let known: Reach | undefined;
    const reach = (): Reach => (known ??= lookAt(g));
    const shadow = request.clear && qMap ? shadowCost(reach()) : 0;
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
  const likely = rankedActions(qMap, shapes, LOOKED_AT).filter(
    ({ logit }) => probabilityOf(logit) >= request.minProbability,
  );
  return likely.map(({ action, logit }) => ({
    bound: logit,
    look: () => looked(graspOf(heightmap, action, hand.stroke, scenario.action), action, logit, probabilityOf(logit)),
  }));
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
