/** Prior: what the geometry of its edges says of a grasp before anything is learned, as logits that a learner adds to. */
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import type { HandSettings } from '../../../sim/hand/settings.ts';
import type { Action } from '../action.ts';
import { type ActionSettings, objectCells, yawOf } from '../action-space.ts';
import { antipodalScore, centrality } from '../heuristics.ts';
import type { QMap } from '../q-map.ts';

/** Logit by antipodal score: a logistic fit to 1,499 grasps, two thirds of them random, on objects of the training families. */
const LOGIT = { none: -1.9, slope: 5.6 } as const;

const logitOf = (score: number): number => LOGIT.none + LOGIT.slope * score;

/** What the prior says of one action. @returns logit. */
export function priorLogit(
  map: Heightmap,
  { cell, angle }: Action,
  action: ActionSettings,
  hand: HandSettings,
): number {
  const near = centrality(map, objectCells(map, action), cell);
  return logitOf(near * antipodalScore(map, cell, yawOf(angle, action), action, hand.stroke));
}

/** The Q map of a head that knows nothing else, with what the prior says added. */
export function primedQMap(map: Heightmap, qMap: QMap, action: ActionSettings, hand: HandSettings): QMap {
  const { cells } = qMap;
  const objects = objectCells(map, action);
  const near = cells.map((cell) => centrality(map, objects, cell));
  const shapes = qMap.logits.length / (action.angles * cells.length);
  const logits = Float32Array.from(qMap.logits);
  for (let angle = 0; angle < action.angles; angle++) {
    const yaw = yawOf(angle, action);
    for (const [i, cell] of cells.entries()) {
      const logit = logitOf(near[i] * antipodalScore(map, cell, yaw, action, hand.stroke));
      const first = (angle * cells.length + i) * shapes;
      for (let shape = 0; shape < shapes; shape++) logits[first + shape] += logit;
    }
  }
  return { cells, logits };
}
