/** Passive tasks: what can be asked of a picture without trying a grasp. */
import { cellCentre, type Heightmap } from '../../sim/camera/heightmap.ts';
import { sceneInstances } from '../../sim/camera/observation.ts';
import { trueHeights } from '../../sim/camera/render.ts';
import type { Rng } from '../../sim/math/rng.ts';
import { SOURCE_FAMILIES } from '../../sim/objects/families.ts';
import type { Scene } from '../../sim/scene.ts';
import { toWindow, type Window } from '../network/window.ts';

/** What is asked at a point of a rotated window, from the noisy view: the true geometry around it along the closing axis. */
export const REGRESSION_TARGETS = [
  'height',
  'normal-x',
  'normal-y',
  'on-object',
  'reach-right',
  'reach-left',
  'facing-right',
  'facing-left',
  'clearance-right',
  'clearance-left',
  'centre-x',
  'centre-y',
  'top',
] as const;

/** Families that objects are told apart by. */
export const FAMILY_COUNT = SOURCE_FAMILIES.length;

/** True geometry of a scene on the heightmap's grid. */
export interface Truth {
  readonly size: number;
  readonly cell: number;
  /** [size, size] metres. */
  readonly height: Float32Array;
  /** [size, size] object index, -1 = table. */
  readonly owner: Int32Array;
  /** World x, y of each object's visible middle, metres. */
  readonly centres: readonly (readonly [number, number])[];
  /** Index of each object's family in the list given. */
  readonly families: readonly number[];
}

export function sceneTruth(scene: Scene, size: number, cell: number, families: readonly string[]): Truth {
  const { height, owner } = trueHeights(sceneInstances(scene), size, cell);
  const sums = scene.objects.map(() => [0, 0, 0]);
  owner.forEach((k, i) => {
    if (k < 0) return;
    const [x, y] = cellCentre({ size, cell }, Math.floor(i / size), i % size);
    sums[k][0] += x;
    sums[k][1] += y;
    sums[k][2]++;
  });
  const centres = sums.map(([x, y, n]): [number, number] => (n > 0 ? [x / n, y / n] : [0, 0]));
  return {
    size,
    cell,
    height,
    owner,
    centres,
    families: scene.objects.map(({ model }) => families.indexOf(model.family)),
  };
}

/** Depth below the local top at which widths and clearances are asked for, metres. */
const LEVEL_BELOW = 0.035;
const LOWEST_LEVEL = 0.004;
/** Where a finger of an open 80 mm hand comes down, metres from the middle: inner and outer face. */
const FINGER = [0.04, 0.05] as const;
const FINGER_HALF_WIDTH = 0.01;
const MAX_REACH = 0.08;

/**
 * The targets at a world point for a closing direction.
 * @param mirror +1, or -1 for an axis that the window flips.
 */
function targetsAt(truth: Truth, x: number, y: number, yaw: number, mirror: readonly [number, number]): number[] {
  const [cx, cy] = [Math.cos(yaw) * mirror[0], Math.sin(yaw) * mirror[0]];
  const [dx, dy] = [-Math.sin(yaw) * mirror[1], Math.cos(yaw) * mirror[1]];
  const at = (px: number, py: number): number => {
    const [col, row] = [Math.floor(px / truth.cell + truth.size / 2), Math.floor(py / truth.cell + truth.size / 2)];
    return col >= 0 && row >= 0 && col < truth.size && row < truth.size ? row * truth.size + col : -1;
  };
  const heightAt = (px: number, py: number): number => (at(px, py) < 0 ? 0 : truth.height[at(px, py)]);
  const gradient = (px: number, py: number): readonly [number, number] => {
    const d = truth.cell * 1.5;
    const gx = heightAt(px + d, py) - heightAt(px - d, py);
    const gy = heightAt(px, py + d) - heightAt(px, py - d);
    return [(gx * cx + gy * cy) / (2 * d), (gx * dx + gy * dy) / (2 * d)];
  };
  const here = at(x, y);
  const owner = here < 0 ? -1 : truth.owner[here];
  let top = 0;
  for (const ox of [-1, 0, 1])
    for (const oy of [-1, 0, 1]) top = Math.max(top, heightAt(x + ox * truth.cell, y + oy * truth.cell));
  const level = Math.max(top - LEVEL_BELOW, LOWEST_LEVEL);
  const [gx, gy] = gradient(x, y);
  const n = 1 / Math.sqrt(1 + gx * gx + gy * gy);
  const side = (sign: number): { reach: number; facing: number; clearance: number } => {
    let reach = 0;
    while (reach < MAX_REACH && heightAt(x + sign * cx * reach, y + sign * cy * reach) > level) reach += truth.cell / 2;
    const [ex, ey] = gradient(x + sign * cx * reach, y + sign * cy * reach);
    const length = Math.hypot(ex, ey);
    let under = 0;
    for (const f of FINGER) {
      for (const w of [-FINGER_HALF_WIDTH, 0, FINGER_HALF_WIDTH]) {
        under = Math.max(under, heightAt(x + sign * cx * f + dx * w, y + sign * cy * f + dy * w));
      }
    }
    return { reach, facing: length > 1e-6 ? (-sign * ex) / length : 0, clearance: level - under };
  };
  const [right, left] = [side(1), side(-1)];
  const [ox, oy] = owner >= 0 ? [truth.centres[owner][0] - x, truth.centres[owner][1] - y] : [0, 0];
  const clamp = (v: number): number => Math.max(-1.5, Math.min(1.5, v));
  return [
    (here < 0 ? 0 : truth.height[here]) / 0.05,
    -gx * n,
    -gy * n,
    owner >= 0 ? 1 : 0,
    right.reach / 0.04,
    left.reach / 0.04,
    right.facing,
    left.facing,
    clamp(right.clearance / 0.03),
    clamp(left.clearance / 0.03),
    clamp((ox * cx + oy * cy) / 0.05),
    clamp((ox * dx + oy * dy) / 0.05),
    top / 0.05,
  ];
}

/** One question: where in the window, the true answers, and the family seen there (-1 = table). */
export interface Question {
  /** [col, row] in the window. */
  readonly point: readonly [number, number];
  /** As {@link REGRESSION_TARGETS}. */
  readonly targets: readonly number[];
  readonly family: number;
}

/** Draws questions about a window: most on or near objects, the rest anywhere near the middle. */
export function drawQuestions(map: Heightmap, truth: Truth, window: Window, count: number, rng: Rng): Question[] {
  const cells: number[] = [];
  truth.owner.forEach((k, i) => {
    if (k >= 0) cells.push(i);
  });
  const { size, cell } = truth;
  const reach = Math.min(window.rows, window.cols) * 0.3 * cell;
  return Array.from({ length: count }, (_, q) => {
    let [x, y] = [window.centre[0] + rng.range(-reach, reach), window.centre[1] + rng.range(-reach, reach)];
    if (cells.length > 0 && q < count * 0.8) {
      const near = rng.pick(cells);
      const [px, py] = cellCentre({ size, cell }, Math.floor(near / size), near % size);
      const spread = q % 4 === 0 ? 0.012 : 0.002;
      if (Math.hypot(px - window.centre[0], py - window.centre[1]) < reach * 1.3) {
        [x, y] = [px + rng.range(-spread, spread), py + rng.range(-spread, spread)];
      }
    }
    const mirror = [window.flipX ? -1 : 1, window.flipY ? -1 : 1] as const;
    const at = Math.floor(y / cell + size / 2) * size + Math.floor(x / cell + size / 2);
    const owner = truth.owner[at] ?? -1;
    return {
      point: toWindow(window, map.cell, x, y),
      targets: targetsAt(truth, x, y, window.yaw, mirror),
      family: owner >= 0 ? truth.families[owner] : -1,
    };
  });
}
