/** Walls: where those of a bin stand is known. A hand astride of one closes on it, or comes down on it. */
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { handGeometry } from '../../../sim/hand/geometry.ts';
import type { HandSettings } from '../../../sim/hand/settings.ts';
import { cos, sin } from '../../../sim/math/trigonometry.ts';
import { type ActionSettings, graspShapes, yawOf } from '../action-space.ts';
import type { QMap } from '../q-map.ts';

/** Logits that fingers which do not fit between the walls cost: such a grasp is tried where no other is left. */
const COST = 10;

/** The Q map less what walls cost, `action.wallHalfWidth`; the same where there are none, and for a cup, which stays above them. */
export function walledQMap(map: Heightmap, qMap: QMap, settings: ActionSettings, hand: HandSettings): QMap {
  const { wallHalfWidth, angles } = settings;
  if (wallHalfWidth === undefined || handGeometry(hand).round) return qMap;
  const { cells } = qMap;
  const points = cells.map((cell) => cellCentre(map, Math.floor(cell / map.size), cell % map.size));
  const shapes = graspShapes(settings);
  const logits = Float32Array.from(qMap.logits);
  for (let angle = 0, at = 0; angle < angles; angle++) {
    const reaches = shapes.map(({ opening }) => reachOf(yawOf(angle, settings), opening * hand.stroke, hand));
    for (const [x, y] of points) {
      for (const [alongX, alongY] of reaches) {
        const fits = Math.abs(x) + alongX <= wallHalfWidth && Math.abs(y) + alongY <= wallHalfWidth;
        if (!fits) logits[at] -= COST;
        at++;
      }
    }
  }
  return { cells, logits };
}

/** How far open fingers reach from their middle along world x and y, metres. */
function reachOf(yaw: number, opening: number, hand: HandSettings): readonly [number, number] {
  const [c, s] = [Math.abs(cos(yaw)), Math.abs(sin(yaw))];
  const [along, across] = [opening / 2 + hand.fingerThickness, hand.fingerWidth / 2];
  return [c * along + s * across, s * along + c * across];
}
