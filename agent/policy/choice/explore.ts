/** Exploration: which grasps training tries, random or after a Q map. */
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import type { Rng } from '../../../sim/math/rng.ts';
import type { Action } from '../action.ts';
import { type ActionSettings, graspShapes, objectCells, randomAction } from '../action-space.ts';
import { antipodalActions } from '../heuristics.ts';
import { type QMap, sampleAction } from '../q-map.ts';

/** How training explores. */
export interface ExplorationSettings {
  /** Share of random grasps after the warm-up. */
  readonly epsilon: number;
  /** Share of the random grasps that are antipodal ones instead. */
  readonly heuristicShare: number;
  /** Temperature of the soft-max over logits for the others. */
  readonly temperature: number;
}

/** Cells and angles looked at for an antipodal grasp: few, so that they vary. */
const ANTIPODAL_TRIES = 40;

/**
 * One exploring choice.
 * @param qMap undefined during warm-up.
 * @param stroke of the gripper, metres.
 */
export function explore(
  map: Heightmap,
  qMap: QMap | undefined,
  settings: ActionSettings,
  { epsilon, heuristicShare, temperature }: ExplorationSettings,
  stroke: number,
  rng: Rng,
): { action: Action; logit: number | null } | undefined {
  if (qMap && rng.next() >= epsilon) return sampleAction(qMap, graspShapes(settings).length, temperature, rng);
  const cells = objectCells(map, settings);
  const action = randomAction(cells, settings, rng);
  // no draw where no share is asked for
  if (!action || heuristicShare === 0 || rng.next() >= heuristicShare) return action && { action, logit: null };
  const [antipodal] = antipodalActions(map, cells, settings, stroke, ANTIPODAL_TRIES, rng);
  return { action: { ...action, ...antipodal }, logit: null };
}
