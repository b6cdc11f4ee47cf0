/** Prior: what the geometry of its edges says of a grasp before anything is learned, as logits that a learner adds to. */
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import type { HandSettings } from '../../../sim/hand/settings.ts';
import type { Action } from '../action.ts';
import { type ActionSettings, objectCells } from '../action-space.ts';
import { graspability } from '../heuristics.ts';
import type { QMap } from '../q-map.ts';

/** Logit by antipodal score: the fit of `tests/bench/prior.ts` to 1,499 grasps on training families, rounded. */
const LOGIT = { none: -1.8, slope: 5.9 } as const;

const logitOf = (score: number): number => LOGIT.none + LOGIT.slope * score;

/** What the prior says of one action. @returns logit. */
export const priorLogit = (map: Heightmap, action: Action, settings: ActionSettings, hand: HandSettings): number =>
  logitOf(graspability(map, objectCells(map, settings), action, settings, hand.stroke));

/** The Q map of a head that knows nothing else, with what the prior says added. */
export function primedQMap(map: Heightmap, qMap: QMap, settings: ActionSettings, hand: HandSettings): QMap {
  const { cells } = qMap;
  const objects = objectCells(map, settings);
  const shapes = qMap.logits.length / (settings.angles * cells.length);
  const logits = Float32Array.from(qMap.logits);
  for (let angle = 0; angle < settings.angles; angle++) {
    for (const [i, cell] of cells.entries()) {
      const logit = logitOf(graspability(map, objects, { cell, angle }, settings, hand.stroke));
      const first = (angle * cells.length + i) * shapes;
      for (let shape = 0; shape < shapes; shape++) logits[first + shape] += logit;
    }
  }
  return { cells, logits };
}
