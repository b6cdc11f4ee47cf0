/** Q map: what a policy expects of every grasp that it may choose, and how it chooses by that. */
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import { exp } from '../../sim/math/exponential.ts';
import type { Rng } from '../../sim/math/rng.ts';
import { MEMBERS } from '../network/head.ts';
import type { Action } from './action.ts';
import { type ActionSettings, graspShapes } from './action-space.ts';

/** Q map: success logits of every candidate grasp, [angles, cells, shapes]. */
export interface QMap {
  /** Heightmap cells that were scored. */
  readonly cells: readonly number[];
  readonly logits: Float32Array;
}

/** Success probability of a logit. */
export const probabilityOf = (logit: number): number => 1 / (1 + exp(-logit));

/** [..., MEMBERS] logits -> the mean, less some standard deviations: where the members disagree, less is known. */
export function lowerBound(logits: Float32Array, pessimism: number): Float32Array {
  const out = new Float32Array(logits.length / MEMBERS);
  for (let i = 0; i < out.length; i++) {
    let [sum, squares] = [0, 0];
    for (let m = 0; m < MEMBERS; m++) {
      sum += logits[i * MEMBERS + m] / MEMBERS;
      squares += logits[i * MEMBERS + m] ** 2 / MEMBERS;
    }
    out[i] = sum - (pessimism > 0 ? pessimism * Math.sqrt(Math.max(squares - sum * sum, 0)) : 0);
  }
  return out;
}

/**
 * The Q map averaged with itself at the next cells and angles: the hand never ends exactly where it was sent, and what the camera
 * shows is off by a little.
 */
export function smoothedQMap(map: Pick<Heightmap, 'size'>, { cells, logits }: QMap, action: ActionSettings): QMap {
  const { angles, smoothing } = action;
  const shapes = graspShapes(action).length;
  const index = new Map(cells.map((cell, i) => [cell, i]));
  const next = cells.map((cell) =>
    [-1, 1, -map.size, map.size].map((d) => index.get(cell + d)).filter((i) => i !== undefined),
  );
  const at = (angle: number, cell: number, shape: number): number =>
    logits[(((angle + angles) % angles) * cells.length + cell) * shapes + shape];
  const out = logits.map((own, i) => {
    const [shape, cell, angle] = [
      i % shapes,
      Math.floor(i / shapes) % cells.length,
      Math.floor(i / shapes / cells.length),
    ];
    const around = next[cell].map((c) => at(angle, c, shape));
    around.push(at(angle - 1, cell, shape), at(angle + 1, cell, shape));
    return (1 - smoothing) * own + (smoothing * around.reduce((a, b) => a + b, 0)) / around.length;
  });
  return { cells, logits: out };
}

/** The Q map of a hand that may be turned at will: what it expects of a cell and a shape at any angle is the mean of all. */
export function turnedQMap({ cells, logits }: QMap, angles: number): QMap {
  const each = logits.length / angles;
  const means = new Float32Array(each);
  for (let a = 0; a < angles; a++) for (let i = 0; i < each; i++) means[i] += logits[a * each + i] / angles;
  return { cells, logits: logits.map((_, i) => means[i % each]) };
}

/** Position in {@link QMap.logits} to action. */
function actionAt({ cells }: QMap, shapes: number, index: number): Action {
  const shape = index % shapes;
  const rest = Math.floor(index / shapes);
  return { cell: cells[rest % cells.length], angle: Math.floor(rest / cells.length), shape };
}

/** The most promising action and its logit. @returns undefined if there is nothing to grasp. */
export function bestAction(qMap: QMap, shapes: number): { action: Action; logit: number } | undefined {
  if (qMap.logits.length === 0) return undefined;
  let best = 0;
  for (let i = 1; i < qMap.logits.length; i++) if (qMap.logits[i] > qMap.logits[best]) best = i;
  return { action: actionAt(qMap, shapes, best), logit: qMap.logits[best] };
}

/** The most promising actions and their logits, best first. */
export function rankedActions(qMap: QMap, shapes: number, most: number): { action: Action; logit: number }[] {
  const { logits } = qMap;
  return highest(logits, most)
    .sort((a, b) => logits[b] - logits[a] || a - b)
    .map((index) => ({ action: actionAt(qMap, shapes, index), logit: logits[index] }));
}

/** Where the highest values are, in no order; of equals the first. */
function highest(values: Float32Array, most: number): number[] {
  if (values.length <= most) return Array.from(values.keys());
  const least = values.slice().sort()[values.length - most];
  const above: number[] = [];
  const equal: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] > least) above.push(i);
    else if (values[i] === least) equal.push(i);
  }
  return [...above, ...equal.slice(0, most - above.length)];
}

/** Draws an action with probability proportional to exp(logit / temperature). @returns undefined if there is nothing to grasp. */
export function sampleAction(
  qMap: QMap,
  shapes: number,
  temperature: number,
  rng: Rng,
): { action: Action; logit: number } | undefined {
  const { logits } = qMap;
  if (logits.length === 0) return undefined;
  const top = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logits, (l) => exp((l - top) / temperature));
  let left = rng.next() * weights.reduce((a, b) => a + b, 0);
  let index = 0;
  for (; index < weights.length - 1; index++) {
    left -= weights[index];
    if (left < 0) break;
  }
  return { action: actionAt(qMap, shapes, index), logit: logits[index] };
}

/** Q map of a single cell: what is left to choose are the angle and the shape. */
export function qMapAt({ cells, logits }: QMap, cell: number, shapes: number): QMap {
  const at = cells.indexOf(cell);
  const angles = logits.length / (cells.length * shapes);
  const out = new Float32Array(angles * shapes);
  for (let a = 0; a < angles; a++)
    for (let s = 0; s < shapes; s++) out[a * shapes + s] = logits[(a * cells.length + at) * shapes + s];
  return { cells: [cell], logits: out };
}
