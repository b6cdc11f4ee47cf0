/** Scorer: a model on the engine, which makes Q maps of what the camera shows. */
import { cellCentre, type Heightmap } from '../../sim/camera/heightmap.ts';
import { cos, sin } from '../../sim/math/trigonometry.ts';
import type { Tf } from '../engine/engine.ts';
import { featureLength, LOOKS, writeFeatures } from '../network/features.ts';
import { headLogits, memberHead, sharedHead, sharedLogits } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import { joined } from '../network/parameters.ts';
import { type Standardization, standardize } from '../network/standardization.ts';
import { type Tensor, toTensors } from '../network/tensors.ts';
import { type Extent, type Trunk, windowMultiple } from '../network/trunk.ts';
import { INPUT_CHANNELS, intoWindow, type Window, writeInput } from '../network/window.ts';
import { type ActionSettings, objectCells, yawOf } from './action-space.ts';
import { lowerBound, type QMap, smoothedQMap } from './q-map.ts';

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
/**
 * Context kept around the outermost candidates, cells: a quarter of what a single grasp's crop has, beyond the farthest look along the
 * closing axis. For graft's own trunk more of it changes logits by 0.03 (root mean square).
 */
export const marginOf = ({ rows, cols }: Extent): Extent => ({
  rows: rows / 4,
  cols: LOOKS[2] + (cols / 2 - LOOKS[2]) / 4,
});

/** Uploads a model's head. Several scorers can live at once, on one trunk or several. */
export function createScorer(tf: Tf, trunk: Trunk, model: Pick<Model, 'head' | 'standardization'>): Scorer {
  const heads = new Map<number | undefined, Head>();
  const headOf = (member: number | undefined): Head => {
    const head = heads.get(member) ?? openHead(tf, member === undefined ? model.head : memberHead(model.head, member));
    heads.set(member, head);
    return head;
  };
  return {
    trunk,
    score: (map, action, member) => {
      const { cells, values } = scoreMap(tf, trunk, headOf(member), model.standardization, map, action);
      if (member !== undefined) return { cells, logits: values };
      const scores = { cells, logits: lowerBound(values, action.pessimism) };
      return action.smoothing > 0 ? smoothedQMap(map, scores, action) : scores;
    },
    dispose: () => {
      for (const head of heads.values()) head.dispose();
    },
  };
}

/** A head on the engine. */
interface Head {
  /** [count, feature length] -> [count, shapes, members] */
  readonly logits: (features: Tensor) => Tensor;
  readonly dispose: () => void;
}

function openHead(tf: Tf, weights: Model['head']): Head {
  const shared = sharedHead(weights);
  if (!shared) {
    const head = toTensors(tf, weights);
    return {
      logits: (features) => headLogits(tf, head, features),
      dispose: () => tf.dispose(head),
    };
  }
  const { hidden } = toTensors(tf, { hidden: shared.hidden });
  const shapes = shared.shapes.map((shape) => toTensors(tf, shape));
  return {
    logits: (features) => sharedLogits(tf, hidden, shapes, features),
    dispose: () => tf.dispose([hidden, ...shapes]),
  };
}

/** Thins a list to about `most` cells on a checkerboard-like grid, so that coverage stays even. */
function thin(map: Heightmap, cells: readonly number[], most: number): readonly number[] {
  if (cells.length <= most) return cells;
  const step = Math.ceil(cells.length / most);
  return cells.filter((c) => (Math.floor(c / map.size) * 2 + (c % map.size)) % step === 0);
}

/**
 * The window of one angle: the candidates and their context.
 * @param points of the candidates, world x and y, metres.
 * @param yaw radians.
 * @param cell metres.
 */
export function windowAround(
  points: readonly (readonly [number, number])[],
  yaw: number,
  cell: number,
  { taps, crop }: Pick<Trunk, 'taps' | 'crop'>,
): Window {
  const [multiple, margin] = [windowMultiple(taps), marginOf(crop)];
  const [c, s] = [cos(yaw), sin(yaw)];
  const along = range(points, ([x, y]) => c * x + s * y);
  const across = range(points, ([x, y]) => c * y - s * x);
  const side = (length: number, context: number): number =>
    Math.ceil((length / cell + 2 * context) / multiple) * multiple;
  return {
    centre: [c * along.middle - s * across.middle, s * along.middle + c * across.middle],
    yaw,
    rows: side(across.length, margin.rows),
    cols: side(along.length, margin.cols),
  };
}

function range<T>(items: readonly T[], of: (item: T) => number): { readonly middle: number; readonly length: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const item of items) {
    const value = of(item);
    [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return { middle: (low + high) / 2, length: high - low };
}

/** What a head says of every candidate: logits [angles, cells, shapes, members]. */
function scoreMap(
  tf: Tf,
  trunk: Trunk,
  head: Head,
  norm: Standardization,
  map: Heightmap,
  action: ActionSettings,
): { readonly cells: readonly number[]; readonly values: Float32Array } {
  const cells = thin(map, objectCells(map, action), MAX_CELLS);
  if (cells.length === 0) return { cells, values: new Float32Array(0) };
  const points = cells.map((cell) => cellCentre(map, Math.floor(cell / map.size), cell % map.size));
  const length = featureLength(trunk.taps);
  const features = new Float32Array(cells.length * length);
  // an angle at a time: what was just written is still at hand
  const values = joined(
    Array.from({ length: action.angles }, (_, angle) => {
      const window = windowAround(points, yawOf(angle, action), map.cell, trunk);
      const input = new Float32Array(window.rows * window.cols * INPUT_CHANNELS);
      writeInput(map, window, input, 0);
      const outputs = trunk.run(input, 1, window.rows, window.cols);
      const into = intoWindow(window, map.cell);
      for (const [i, point] of points.entries()) {
        const [col, row] = into(...point);
        writeFeatures(trunk.taps, outputs, 0, col, row, features, i * length);
      }
      standardize(features, norm);
      return logitsOf(tf, head, features, length);
    }),
  );
  return { cells, values };
}

/** Logits of standardised features, [count, shapes, members]. */
function logitsOf(tf: Tf, head: Head, features: Float32Array, length: number): Float32Array {
  const logits = tf.tidy(() => head.logits(tf.tensor2d(features, [features.length / length, length])));
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  return values;
}
