/** Batches of pretraining: windows around places of random scenes, with what is asked about them. */
import { cellCentre, type Heightmap } from '../../sim/camera/heightmap.ts';
import { type Rng, rngStream } from '../../sim/math/rng.ts';
import { descriptorKeys } from '../backbones/descriptor.ts';
import type { Tf } from '../engine/engine.ts';
import { samplingMatrices } from '../network/features.ts';
import { MEMBERS } from '../network/head.ts';
import { CROP, tapsOf } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS, toWindow, type Window, writeInput } from '../network/window.ts';
import { drawQuestions, FAMILY_COUNT, type Question } from './passive.ts';
import type { PretrainSettings } from './pretraining.ts';
import { type SourceGrasp, type SourceScene, sourceMap, sourceTruth } from './source-data.ts';
import { SOURCES } from './sources.ts';

/** Largest shift of the window against the grasp, cells, and error of its angle, radians, and of the grasp point, cells. */
const JITTER = { shift: 4, yaw: 0.06, point: 0.3 } as const;
/** Windows around grasps, with what is asked about them. */
export interface Batch {
  readonly count: number;
  readonly input: Float32Array;
  /** Sampling matrices of the grasp points, and of the passive questions. */
  readonly graspPoints: Float32Array[];
  readonly questionPoints: Float32Array[];
  /** [count, `descriptorKeys` of the hand] */
  readonly descriptors: Float32Array;
  /** [count, 1] */
  readonly held: Float32Array;
  /** [count, MEMBERS] which members of the head learn from a grasp. */
  readonly mask: Float32Array;
  /** [count * questions, REGRESSION_TARGETS.length], and [count * questions, families] one-hot, zero on the table. */
  readonly targets: Float32Array;
  readonly family: Float32Array;
  readonly questions: number;
}

/** A window around a place, turned, shifted and mirrored at random, and where the place is in it: [col, row]. */
function drawWindow(map: Heightmap, [x, y]: readonly [number, number], yaw: number, rng: Rng) {
  const cells = (most: number): number => rng.range(-most, most) * map.cell;
  const window: Window = {
    centre: [x + cells(JITTER.shift), y + cells(JITTER.shift)],
    yaw: yaw + rng.range(-JITTER.yaw, JITTER.yaw),
    rows: CROP.rows,
    cols: CROP.cols,
    flipX: rng.next() < 0.5,
    flipY: rng.next() < 0.5,
  };
  return { window, point: toWindow(window, map.cell, x + cells(JITTER.point), y + cells(JITTER.point)) };
}

/** Where a window is laid: around a grasp, or anywhere near an object when none was tried. */
function drawPlace(
  scene: SourceScene,
  { source, hand }: Pick<PretrainSettings, 'source' | 'hand'>,
  rng: Rng,
): { at: readonly [number, number]; yaw: number; grasp?: SourceGrasp } {
  if (SOURCES[source].grasp && scene.grasps.length > 0) {
    const grasp = rng.pick(scene.grasps);
    const { size } = scene;
    // a cup's grasp is the same however it is turned
    const yaw = hand === 'suction' ? rng.range(0, 2 * Math.PI) : grasp.yaw;
    return { at: cellCentre(scene, Math.floor(grasp.cell / size), grasp.cell % size), yaw, grasp };
  }
  const [x, y] = rng.pick(scene.centres);
  return { at: [x + rng.range(-0.03, 0.03), y + rng.range(-0.03, 0.03)], yaw: rng.range(0, Math.PI) };
}

/** A batch of scenes drawn from those given. @param purpose of the random stream. */
export function drawBatch(
  scenes: readonly SourceScene[],
  { layers, hand, batchSize: count, questions, seed, source }: PretrainSettings,
  purpose: string,
  index: number,
): Batch {
  const rng = rngStream(seed, `pretrain/${purpose}`, index);
  const { rows, cols } = CROP;
  const input = new Float32Array(count * rows * cols * INPUT_CHANNELS);
  const known = descriptorKeys(hand).length;
  const descriptors = new Float32Array(count * known);
  const [held, mask] = [new Float32Array(count), new Float32Array(count * MEMBERS)];
  const points: (readonly [number, number])[][] = [];
  const asked: Question[][] = [];
  for (let b = 0; b < count; b++) {
    const scene = rng.pick(scenes);
    const map = sourceMap(scene);
    const { at, yaw, grasp } = drawPlace(scene, { source, hand }, rng);
    const { window, point } = drawWindow(map, at, yaw, rng);
    writeInput(map, window, input, b * rows * cols * INPUT_CHANNELS);
    descriptors.set(scene.descriptors[grasp?.shape ?? 0], b * known);
    held[b] = grasp?.held ? 1 : 0;
    if (grasp) for (let m = 0; m < MEMBERS; m++) mask[b * MEMBERS + m] = rng.next() < 0.8 ? 1 : 0;
    points.push([point]);
    asked.push(SOURCES[source].passive ? drawQuestions(map, sourceTruth(scene), window, questions, rng) : []);
  }
  const flat = asked.flat();
  const family = new Float32Array(flat.length * FAMILY_COUNT);
  flat.forEach((q, i) => {
    if (q.family >= 0) family[i * FAMILY_COUNT + q.family] = 1;
  });
  const taps = tapsOf(layers);
  return {
    count,
    input,
    descriptors,
    held,
    mask,
    family,
    questions,
    graspPoints: samplingMatrices(taps, points, rows, cols),
    questionPoints: samplingMatrices(
      taps,
      asked.map((qs) => qs.map((q) => q.point)),
      rows,
      cols,
    ),
    targets: Float32Array.from(flat.flatMap((q) => q.targets)),
  };
}

/** How often each grasp is looked at, where something is measured on few of them. */
const LOOKS_ENOUGH = 10;

/** Batches on which to measure something of scenes: `most`, or fewer where they show little. */
export const batchesFor = (
  scenes: readonly SourceScene[],
  { batchSize }: Pick<PretrainSettings, 'batchSize'>,
  most: number,
): number => {
  const shown = scenes.reduce((n, { grasps }) => n + Math.max(1, grasps.length), 0);
  return Math.max(1, Math.min(most, Math.ceil((LOOKS_ENOUGH * shown) / batchSize)));
};

/** [count, rows, cols, INPUT_CHANNELS] */
export const inputTensor = (tf: Tf, { input, count }: Batch) =>
  tf.tensor4d(input, [count, CROP.rows, CROP.cols, INPUT_CHANNELS]);
