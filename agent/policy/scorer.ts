/** Scorer: a model on the engine, which makes Q maps of what the camera shows. */
import { cellCentre, type Heightmap } from '../../sim/camera/heightmap.ts';
import { hypot } from '../../sim/math/trigonometry.ts';
import type { Tf } from '../engine/engine.ts';
import { featureLength, LOOKS, writeFeatures } from '../network/features.ts';
import { headLogits, sharedHead, sharedLogits } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import { joined } from '../network/parameters.ts';
import { type Standardization, standardize } from '../network/standardization.ts';
import { type Tensor, toTensors } from '../network/tensors.ts';
import { type Trunk, windowMultiple } from '../network/trunk.ts';
import { INPUT_CHANNELS, intoWindow, type Window, writeInput } from '../network/window.ts';
import { type ActionSettings, objectCells, yawOf } from './action-space.ts';
import { lowerBound, oneMember, type QMap, smoothedQMap } from './q-map.ts';

/** A model on the engine, ready to score; `dispose` frees the head. */
export interface Scorer {
  /** For computing features; its opener's. */
  readonly trunk: Trunk;
  /** @param member of the head; the mean of all if left out. */
  readonly score: (map: Heightmap, action: ActionSettings, member?: number) => QMap;
  readonly dispose: () => void;
}

/** Cells beyond this are thinned on a regular grid before they are scored. */
export const MAX_CELLS = 420;
/** Context kept around the outermost candidate: the farthest look plus some of the receptive field, cells. */
export const MARGIN = LOOKS[2] + 4;

/** Uploads a model's head. Several scorers can live at once, on one trunk or several. */
export function createScorer(tf: Tf, trunk: Trunk, model: Pick<Model, 'head' | 'standardization'>): Scorer {
  const head = openHead(tf, model.head);
  return {
    trunk,
    score: (map, action, member) => scoreMap(tf, trunk, head, model.standardization, map, action, member),
    dispose: head.dispose,
  };
}

/** A head on the engine. */
interface Head {
  /** [count, feature length] -> [count, shapes, MEMBERS] */
  readonly logits: (features: Tensor) => Tensor;
  /** Whether features may come all at once: with several shapes, the memory of most heads grows with their square. */
  readonly lean: boolean;
  readonly dispose: () => void;
}

function openHead(tf: Tf, weights: Model['head']): Head {
  const shared = sharedHead(weights);
  if (!shared) {
    const head = toTensors(tf, weights);
    return {
      logits: (features) => headLogits(tf, head, features),
      lean: head['head/logit/kernel'].shape[0] === 1,
      dispose: () => tf.dispose(head),
    };
  }
  const { hidden } = toTensors(tf, { hidden: shared.hidden });
  const shapes = shared.shapes.map((shape) => toTensors(tf, shape));
  return {
    logits: (features) => sharedLogits(tf, hidden, shapes, features),
    lean: true,
    dispose: () => tf.dispose([hidden, ...shapes]),
  };
}

/** Thins a list to about `most` cells on a checkerboard-like grid, so that coverage stays even. */
function thin(map: Heightmap, cells: readonly number[], most: number): readonly number[] {
  if (cells.length <= most) return cells;
  const step = Math.ceil(cells.length / most);
  return cells.filter((c) => (Math.floor(c / map.size) * 2 + (c % map.size)) % step === 0);
}

/** A square around the candidates in which every angle's rotated view has its context. */
function windowAround(
  map: Heightmap,
  cells: readonly number[],
  multiple: number,
): { centre: readonly [number, number]; side: number } {
  let [r0, r1, c0, c1] = [map.size, 0, map.size, 0];
  for (const cell of cells) {
    const [row, col] = [Math.floor(cell / map.size), cell % map.size];
    [r0, r1, c0, c1] = [Math.min(r0, row), Math.max(r1, row), Math.min(c0, col), Math.max(c1, col)];
  }
  const radius = hypot(r1 - r0, c1 - c0) / 2;
  const side = Math.ceil((2 * (radius + MARGIN)) / (2 * multiple)) * 2 * multiple;
  return { centre: cellCentre(map, (r0 + r1) / 2, (c0 + c1) / 2), side };
}

function scoreMap(
  tf: Tf,
  trunk: Trunk,
  head: Head,
  norm: Standardization,
  map: Heightmap,
  action: ActionSettings,
  member: number | undefined,
): QMap {
  const cells = thin(map, objectCells(map, action), MAX_CELLS);
  if (cells.length === 0) return { cells, logits: new Float32Array(0) };
  const { centre, side } = windowAround(map, cells, windowMultiple(trunk.taps));
  const windows = Array.from(
    { length: action.angles },
    (_, a): Window => ({ centre, yaw: yawOf(a, action), rows: side, cols: side }),
  );
  const input = new Float32Array(windows.length * side * side * INPUT_CHANNELS);
  for (const [a, window] of windows.entries()) writeInput(map, window, input, a * side * side * INPUT_CHANNELS);
  const outputs = trunk.run(input, windows.length, side, side);
  const length = featureLength(trunk.taps);
  const features = new Float32Array(windows.length * cells.length * length);
  const points = cells.map((cell) => cellCentre(map, Math.floor(cell / map.size), cell % map.size));
  const block = cells.length * length;
  windows.forEach((window, a) => {
    const into = intoWindow(window, map.cell);
    for (let i = 0; i < points.length; i++) {
      const [col, row] = into(points[i][0], points[i][1]);
      writeFeatures(trunk.taps, outputs, a, col, row, features, a * block + i * length);
    }
    // a window at a time: what was just written is still at hand
    standardize(features.subarray(a * block, (a + 1) * block), norm);
  });
  const values = logitsInParts(tf, head, features, length, head.lean ? 1 : windows.length);
  if (member !== undefined) return { cells, logits: oneMember(values, member) };
  const scores = { cells, logits: lowerBound(values, action.pessimism) };
  return action.smoothing > 0 ? smoothedQMap(map, scores, action) : scores;
}

/**
 * Logits of standardised features.
 * @param parts that they are computed in.
 * @returns [count, shapes, MEMBERS]
 */
function logitsInParts(tf: Tf, head: Head, features: Float32Array, length: number, parts: number): Float32Array {
  const rows = features.length / length / parts;
  return joined(
    Array.from({ length: parts }, (_, i) => {
      const some = features.subarray(i * rows * length, (i + 1) * rows * length);
      const logits = tf.tidy(() => head.logits(tf.tensor2d(some, [rows, length])));
      const values = logits.dataSync<'float32'>();
      logits.dispose();
      return values;
    }),
  );
}
