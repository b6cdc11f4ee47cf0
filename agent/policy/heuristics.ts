/** Heuristics: policies that need no training. */
import { cellCentre, type Heightmap, localTop } from '../../sim/camera/heightmap.ts';
import type { Grasp } from '../../sim/grasp.ts';
import type { Rng } from '../../sim/math/rng.ts';
import { atan2, cos, hypot, sin } from '../../sim/math/trigonometry.ts';
import type { Action } from './action.ts';
import { type ActionSettings, components, graspAt, graspOf, objectCells, randomAction, yawOf } from './action-space.ts';
import { type Policy, unpredicted } from './proposal.ts';

/** The middle of the allowed depths: what the heuristics use. */
const middleDepth = ({ depths }: ActionSettings): number => depths[Math.floor(depths.length / 2)];

/** A random cell that shows an object, closed at a random angle. */
export const randomPolicy: Policy = ({ observation: { heightmap }, action, hand: { stroke }, rng }) => {
  const choice = randomAction(objectCells(heightmap, action), action, rng);
  if (!choice) return undefined;
  return unpredicted(graspOf(heightmap, choice, stroke, action));
};

/** Centroid and principal direction (radians) of cells, by their second moments. */
function principalAxis(map: Heightmap, cells: readonly number[]): { row: number; col: number; direction: number } {
  const [rows, cols] = [cells.map((c) => Math.floor(c / map.size)), cells.map((c) => c % map.size)];
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
  const [row, col] = [mean(rows), mean(cols)];
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < cells.length; i++) {
    const [dx, dy] = [cols[i] - col, rows[i] - row];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  return { row, col, direction: 0.5 * atan2(2 * xy, xx - yy) };
}

/**
 * "Depth centroid + PCA": the centroid of the highest object's mask, snapped to the object, closed across the minor axis.
 * The baseline that learners of this kind have lost to.
 */
export const depthPcaPolicy: Policy = ({ observation: { heightmap: map }, action, hand: { stroke } }) => {
  const left = components(map, objectCells(map, action)).filter((g) => g.length >= 4);
  const top = (group: readonly number[]): number => group.reduce((z, c) => Math.max(z, map.height[c]), 0);
  const grasps: Grasp[] = [];
  while (left.length > 0) {
    const highest = left.reduce((best, g) => (top(g) > top(best) + 0.005 ? g : best));
    left.splice(left.indexOf(highest), 1);
    grasps.push(graspAcross(map, highest, action, stroke));
  }
  const [first, ...others] = grasps;
  return first && unpredicted(first, others);
};

/** The grasp at the middle of an object's cells, closed across them. */
function graspAcross(map: Heightmap, group: readonly number[], action: ActionSettings, stroke: number): Grasp {
  const { row, col, direction } = principalAxis(map, group);
  const distance = (c: number): number => (Math.floor(c / map.size) - row) ** 2 + ((c % map.size) - col) ** 2;
  const cell = group.reduce((best, c) => (distance(c) < distance(best) ? c : best));
  return graspAt(map, cell, direction + Math.PI / 2, middleDepth(action), stroke, action);
}

/** Height at a world point, nearest cell; 0 outside. */
function heightAt(map: Heightmap, x: number, y: number): number {
  const half = (map.size * map.cell) / 2;
  const [row, col] = [Math.floor((y + half) / map.cell), Math.floor((x + half) / map.cell)];
  return row >= 0 && col >= 0 && row < map.size && col < map.size ? map.height[row * map.size + col] : 0;
}

/** Slope of the height map at a world point: components towards world +X and +Y. */
function slopeAt(map: Heightmap, x: number, y: number): readonly [number, number] {
  const d = map.cell * 1.5;
  return [heightAt(map, x + d, y) - heightAt(map, x - d, y), heightAt(map, x, y + d) - heightAt(map, x, y - d)];
}

/** How far the two edges face each other along the closing direction, and whether the fingers have room, 0..1. 0 = no grasp. */
function antipodalScore(map: Heightmap, cell: number, yaw: number, action: ActionSettings, opening: number): number {
  const [x, y] = cellCentre(map, Math.floor(cell / map.size), cell % map.size);
  const level = Math.max(localTop(map, cell) - middleDepth(action), action.objectHeight) + 0.004;
  const [c, s] = [cos(yaw), sin(yaw)];
  const right = edgeAlong(map, x, y, c, s, 1, level, opening);
  const left = edgeAlong(map, x, y, c, s, -1, level, opening);
  const width = right.reach + left.reach;
  if (width > opening - 0.008 || Math.min(right.facing, left.facing) < 0.5) return 0;
  const room = [0.5, 0.62, -0.5, -0.62].every((f) => heightAt(map, x + c * opening * f, y + s * opening * f) < level);
  const centred = 1 - Math.abs(right.reach - left.reach) / opening;
  return room ? right.facing * left.facing * (0.5 + 0.5 * centred) : 0;
}

/** How promising a cell and an angle are by the edges of what is there and its middle, 0..1. @param opening metres. */
export const graspability = (
  map: Heightmap,
  cells: readonly number[],
  { cell, angle }: Pick<Action, 'cell' | 'angle'>,
  action: ActionSettings,
  opening: number,
): number => {
  const score = antipodalScore(map, cell, yawOf(angle, action), action, opening);
  return score === 0 ? 0 : score * centrality(map, cells, cell);
};

/** Where the height falls below `level` from (x, y) along or against (c, s), metres, and how squarely the slope there faces the finger. */
function edgeAlong(
  map: Heightmap,
  x: number,
  y: number,
  c: number,
  s: number,
  sign: 1 | -1,
  level: number,
  opening: number,
): { readonly reach: number; readonly facing: number } {
  const stride = map.cell / 2;
  let reach = 0;
  while (reach < opening && heightAt(map, x + sign * c * reach, y + sign * s * reach) > level) reach += stride;
  const [gx, gy] = slopeAt(map, x + sign * c * (reach - stride), y + sign * s * (reach - stride));
  const length = hypot(gx, gy);
  return { reach, facing: length > 1e-6 ? (-sign * (c * gx + s * gy)) / length : 0 };
}

/** A cell and an angle, and how well both edges there face the fingers. */
interface Antipodal {
  readonly cell: number;
  readonly angle: number;
  readonly score: number;
}

/**
 * The best of some random cells and angles by how well both edges face the fingers.
 * @param tries    cells and angles looked at.
 * @param opening  metres.
 * @returns those that are grasps, the best first.
 */
export function antipodalActions(
  map: Heightmap,
  cells: readonly number[],
  action: ActionSettings,
  opening: number,
  tries: number,
  rng: Rng,
): readonly Antipodal[] {
  const found: Antipodal[] = [];
  for (let i = 0; i < tries; i++) {
    const [cell, angle] = [rng.pick(cells), rng.int(action.angles)];
    const score = graspability(map, cells, { cell, angle }, action, opening);
    if (score > 0) found.push({ cell, angle, score });
  }
  return found.sort((a, b) => b.score - a.score);
}

/** Analytic antipodal grasps from height edges: both edges face the fingers, fit the stroke, and leave the fingers room. */
export const antipodalPolicy: Policy = (input) => {
  const { observation, action, rng } = input;
  const { stroke } = input.hand;
  const map = observation.heightmap;
  const cells = objectCells(map, action);
  if (cells.length === 0) return undefined;
  const grasps = antipodalActions(map, cells, action, stroke, 600, rng).map(({ cell, angle }) =>
    graspAt(map, cell, yawOf(angle, action), middleDepth(action), stroke, action),
  );
  const [first, ...others] = grasps;
  return first ? unpredicted(first, others) : depthPcaPolicy(input);
};

/** Nearness to the middle of what is seen around, 0..1: a grasp near the centre of mass turns less in the hand. */
function centrality(map: Heightmap, cells: readonly number[], cell: number): number {
  const [row, col] = [Math.floor(cell / map.size), cell % map.size];
  const near = cells.filter(
    (c) => Math.abs(Math.floor(c / map.size) - row) < 18 && Math.abs((c % map.size) - col) < 18,
  );
  const mean = near.reduce(([r, k], c) => [r + Math.floor(c / map.size), k + (c % map.size)], [0, 0]);
  const off = hypot(mean[0] / near.length - row, mean[1] / near.length - col);
  return 1 / (1 + (off * map.cell) / 0.03);
}
