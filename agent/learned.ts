import { exp } from '../sim/exponential.ts';
import { cellCentre, type Heightmap } from '../sim/heightmap.ts';
import type { Rng } from '../sim/rng.ts';
import { hypot } from '../sim/trigonometry.ts';
import type { Architecture } from './architecture.ts';
import { type ActionSettings, graspAt, objectCells, randomAction, yawOf } from './candidates.ts';
import type { Tf } from './engine.ts';
import { featureLength, LOOKS, writeFeatures } from './features.ts';
import { headLogits, MEMBERS, type Standardization, standardize } from './head.ts';
import { type Tensors, toTensors } from './network.ts';
import type { Parameters } from './parameters.ts';
import type { Proposal } from './policy.ts';
import { type Trunk, windowMultiple } from './trunk.ts';
import { INPUT_CHANNELS, toWindow, type Window, writeInput } from './window.ts';

/** Everything a learned policy needs, plain data. */
export interface Model {
  readonly architecture: Architecture;
  /** Weights of graft's own network; empty for a foreign one, whose weights stay in their file. */
  readonly trunk: Parameters;
  readonly head: Parameters;
  readonly standardization: Standardization;
}

/** A grasp in the policy's own terms: heightmap cell, angle bin, index of the depth. */
export interface Action {
  readonly cell: number;
  readonly angle: number;
  readonly depth: number;
}

/** Success logits of every candidate: [angles, cells, depths]. */
export interface Scores {
  readonly cells: readonly number[];
  readonly logits: Float32Array;
}

/** A model on the engine, ready to score; `dispose` frees the head. */
export interface Scorer {
  /** For computing features; its opener's. */
  readonly trunk: Trunk;
  /** @param member of the head; the mean of all if left out. */
  readonly score: (map: Heightmap, action: ActionSettings, member?: number) => Scores;
  readonly dispose: () => void;
}

/** Cells beyond this are thinned on a regular grid before they are scored. */
const MAX_CELLS = 420;
/** Context kept around the outermost candidate: the farthest look plus some of the receptive field, cells. */
const MARGIN = LOOKS[2] + 4;

/** Uploads a model's head. Several scorers can live at once, on one trunk or several. */
export function createScorer(tf: Tf, trunk: Trunk, model: Pick<Model, 'head' | 'standardization'>): Scorer {
  const head = toTensors(tf, model.head);
  return {
    trunk,
    score: (map, action, member) => scoreMap(tf, trunk, head, model.standardization, map, action, member),
    dispose: () => {
      for (const tensor of Object.values(head)) tensor.dispose();
    },
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
  head: Tensors,
  norm: Standardization,
  map: Heightmap,
  action: ActionSettings,
  member: number | undefined,
): Scores {
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
  windows.forEach((window, a) => {
    cells.forEach((cell, i) => {
      const [x, y] = cellCentre(map, Math.floor(cell / map.size), cell % map.size);
      const [col, row] = toWindow(window, map.cell, x, y);
      writeFeatures(trunk.taps, outputs, a, col, row, features, (a * cells.length + i) * length);
    });
  });
  standardize(features, norm);
  const logits = tf.tidy(() => headLogits(tf, head, tf.tensor2d(features, [windows.length * cells.length, length])));
  const values = reduceMembers(logits.dataSync<'float32'>(), member);
  logits.dispose();
  return { cells, logits: values };
}

/** [..., MEMBERS] logits -> the chosen member's, or the mean. */
function reduceMembers(logits: Float32Array, member: number | undefined): Float32Array {
  const out = new Float32Array(logits.length / MEMBERS);
  for (let i = 0; i < out.length; i++) {
    if (member !== undefined) out[i] = logits[i * MEMBERS + member];
    else for (let m = 0; m < MEMBERS; m++) out[i] += logits[i * MEMBERS + m] / MEMBERS;
  }
  return out;
}

const sigmoid = (x: number): number => 1 / (1 + exp(-x));

/** Position in {@link Scores.logits} to action. */
function actionAt({ cells }: Scores, depths: number, index: number): Action {
  const depth = index % depths;
  const rest = Math.floor(index / depths);
  return { cell: cells[rest % cells.length], angle: Math.floor(rest / cells.length), depth };
}

/** The most promising action and its logit. @returns undefined if there is nothing to grasp. */
export function bestAction(scores: Scores, depths: number): { action: Action; logit: number } | undefined {
  if (scores.logits.length === 0) return undefined;
  let best = 0;
  for (let i = 1; i < scores.logits.length; i++) if (scores.logits[i] > scores.logits[best]) best = i;
  return { action: actionAt(scores, depths, best), logit: scores.logits[best] };
}

/** Draws an action with probability proportional to exp(logit / temperature). @returns undefined if there is nothing to grasp. */
function sampleAction(
  scores: Scores,
  depths: number,
  temperature: number,
  rng: Rng,
): { action: Action; logit: number } | undefined {
  const { logits } = scores;
  if (logits.length === 0) return undefined;
  const top = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logits, (l) => exp((l - top) / temperature));
  let left = rng.next() * weights.reduce((a, b) => a + b, 0);
  let index = 0;
  for (; index < weights.length - 1; index++) {
    left -= weights[index];
    if (left < 0) break;
  }
  return { action: actionAt(scores, depths, index), logit: logits[index] };
}

/**
 * [size, size] best success probability at each object cell, 0 elsewhere. Cells that were thinned out before scoring show the
 * best of their neighbours.
 */
function affordanceMap(map: Heightmap, { cells, logits }: Scores, settings: ActionSettings): Float32Array {
  const out = new Float32Array(map.size * map.size);
  const depths = settings.depths.length;
  for (let i = 0; i < logits.length; i++) {
    const cell = cells[Math.floor(i / depths) % cells.length];
    out[cell] = Math.max(out[cell], sigmoid(logits[i]));
  }
  const scored = new Set(cells);
  const open = objectCells(map, settings).filter((cell) => !scored.has(cell));
  const around = (cell: number, values: Float32Array): number =>
    Math.max(...[-1, 1, -map.size, map.size].map((d) => values[cell + d]));
  for (let pass = 0; pass < 2; pass++) {
    const before = out.slice();
    for (const cell of open) if (before[cell] === 0) out[cell] = around(cell, before);
  }
  return out;
}

/** A proposal from a scored action. */
export function proposalFor(
  map: Heightmap,
  chosen: { action: Action; logit: number | null },
  scores: Scores | undefined,
  opening: number,
  settings: ActionSettings,
): Proposal {
  const { cell, angle, depth } = chosen.action;
  return {
    grasp: graspAt(map, cell, yawOf(angle, settings), settings.depths[depth], opening, settings),
    probability: chosen.logit === null ? null : sigmoid(chosen.logit),
    affordance: scores ? affordanceMap(map, scores, settings) : null,
  };
}

/** How training explores. */
export interface ExplorationSettings {
  /** Trials at the start that are random on-object grasps. */
  readonly warmupTrials: number;
  /** Share of random grasps after that. */
  readonly epsilon: number;
  /** Temperature of the soft-max over logits for the others. */
  readonly temperature: number;
}

/** One exploring choice. `scores` may be undefined during warm-up. */
export function explore(
  map: Heightmap,
  scores: Scores | undefined,
  settings: ActionSettings,
  exploration: ExplorationSettings,
  rng: Rng,
): { action: Action; logit: number | null } | undefined {
  if (scores && rng.next() >= exploration.epsilon)
    return sampleAction(scores, settings.depths.length, exploration.temperature, rng);
  const action = randomAction(objectCells(map, settings), settings, rng);
  return action && { action, logit: null };
}
