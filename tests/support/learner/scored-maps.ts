import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import type { Tf } from '../../../agent/engine/engine.ts';
import { createLearner, currentModel, untrained } from '../../../agent/learner/learner.ts';
import type { Regime } from '../../../agent/learner/regimes.ts';
import { architectureTaps } from '../../../agent/network/architecture.ts';
import { featureLength, writeFeatures } from '../../../agent/network/features.ts';
import { headLogits, MEMBERS } from '../../../agent/network/head.ts';
import type { Model } from '../../../agent/network/model.ts';
import { heNormal } from '../../../agent/network/parameters.ts';
import { standardize } from '../../../agent/network/standardization.ts';
import { toTensors } from '../../../agent/network/tensors.ts';
import { toWindow } from '../../../agent/network/window.ts';
import { type ActionSettings, yawOf } from '../../../agent/policy/action-space.ts';
import { createScorer, windowAround } from '../../../agent/policy/scorer.ts';
import { backboneOf } from '../../../scenarios/load.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { learnerPlan } from '../../../scenarios/training/learner-plan.ts';
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';

/** What a network takes, and what it answers. */
export interface Scored {
  /** [count, rows, cols, INPUT_CHANNELS] */
  readonly windows: Float32Array;
  readonly count: number;
  readonly rows: number;
  readonly cols: number;
  /** [count, points, 2] column and row. */
  readonly points: Float32Array;
  /** [count, points, shapes], or of every member [count, points, shapes, MEMBERS]. */
  readonly logits: Float32Array;
}

/** The network that an arm starts with, its last layer drawn, for a fresh one answers 0 to everything. */
export async function drawnModel(scenario: Scenario, arm: Regime): Promise<Model> {
  const state = createLearner(learnerPlan(scenario, arm, await backboneOf(scenario, [arm]), 3));
  const model = currentModel(state) ?? untrained(state);
  const { shape } = model.head['head/logit/kernel'];
  const rng = rngStream(0, 'test/onnx/head');
  const length = featureLength(architectureTaps(model.architecture));
  const standardization = {
    mean: Float32Array.from({ length }, () => rng.normal() * 0.2),
    scale: Float32Array.from({ length }, () => rng.range(0.5, 3)),
  };
  const head = { ...model.head, 'head/logit/kernel': heNormal(shape, shape[1] / MEMBERS, rng) };
  return { ...model, head, standardization };
}

/** Members' logits of graft's own network on random windows at random points. */
export function scoredWindows(
  tf: Tf,
  model: Model,
  { count, rows, cols, points }: { count: number; rows: number; cols: number; points: number },
  rng: Rng,
): Scored {
  const trunk = ownTrunkOf(tf, model);
  const windows = Float32Array.from({ length: count * rows * cols * 7 }, () => rng.normal() * 0.5);
  // some lie outside, where the maps are clamped
  const at = Float32Array.from({ length: count * points * 2 }, (_, i) => rng.range(-2, (i % 2 ? rows : cols) + 2));
  const outputs = trunk.run(windows, count, rows, cols);
  const length = featureLength(trunk.taps);
  const features = new Float32Array(count * points * length);
  for (let i = 0; i < count * points; i++)
    writeFeatures(trunk.taps, outputs, Math.floor(i / points), at[2 * i], at[2 * i + 1], features, i * length);
  standardize(features, model.standardization);
  const tensor = tf.tidy(() =>
    headLogits(tf, toTensors(tf, model.head), tf.tensor2d(features, [count * points, length])),
  );
  const logits = tensor.dataSync<'float32'>().slice();
  tensor.dispose();
  trunk.dispose();
  return { windows, count, rows, cols, points: at, logits };
}

/** What graft's scorer makes of heightmaps, an angle at a time: the window that it gives its network, the candidates in it, and their Q map. */
export function scoredMaps(tf: Tf, model: Model, action: ActionSettings, maps: readonly Heightmap[]): Scored[] {
  const trunk = ownTrunkOf(tf, model);
  const seen: Pick<Scored, 'windows' | 'count' | 'rows' | 'cols'>[] = [];
  const spy: typeof trunk = {
    ...trunk,
    run: (windows, count, rows, cols) => {
      seen.push({ windows: windows.slice(), count, rows, cols });
      return trunk.run(windows, count, rows, cols);
    },
  };
  const scorer = createScorer(tf, spy, model);
  const all = maps.flatMap((map): Scored[] => {
    const { cells, logits } = scorer.score(map, action);
    if (seen.length !== action.angles) throw new Error(`map: expected ${action.angles} windows, got ${seen.length}`);
    const at = cells.map((cell) => cellCentre(map, Math.floor(cell / map.size), cell % map.size));
    const each = logits.length / action.angles;
    return seen.splice(0).map((of, angle) => {
      const window = windowAround(at, yawOf(angle, action), map.cell, trunk);
      const points = Float32Array.from(at.flatMap(([x, y]) => toWindow(window, map.cell, x, y)));
      return { ...of, points, logits: logits.slice(angle * each, (angle + 1) * each) };
    });
  });
  scorer.dispose();
  trunk.dispose();
  return all;
}

/** A heightmap with two small boxes on a noisy table. */
export function boxesMap(rng: Rng): Heightmap {
  const size = 96;
  const height = Float32Array.from({ length: size * size }, () => rng.range(-0.002, 0.002));
  const observed = Uint8Array.from(height, () => (rng.next() < 0.97 ? 1 : 0));
  const [row, col] = [rng.int(60) + 15, rng.int(60) + 15];
  for (let box = 0; box < 2; box++) {
    const [r, c, top] = [row + rng.int(4), col + rng.int(4), rng.range(0.01, 0.08)];
    const [h, w] = [3 + rng.int(3), 3 + rng.int(3)];
    for (let i = r; i < r + h; i++) height.fill(top, i * size + c, i * size + c + w);
  }
  const colour = Float32Array.from({ length: 3 * size * size }, () => rng.next());
  return { size, cell: 0.004, height, colour, observed };
}
