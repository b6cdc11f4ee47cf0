/** Action space: the cells, angles and shapes of grasps that a policy chooses among. */
import { cellCentre, type Heightmap, localTop } from '../../sim/camera/heightmap.ts';
import { type Grasp, topDownGrasp } from '../../sim/grasp.ts';
import type { Rng } from '../../sim/math/rng.ts';
import type { Action } from './action.ts';

/** How grasps are placed relative to what the heightmap shows. Lengths in metres. */
export interface ActionSettings {
  /** Closing angles over 180 degrees. */
  readonly angles: number;
  /** Candidate depths of the finger tips below the local top; the policy chooses among them. */
  readonly depths: readonly number[];
  /** Candidate distances between the pads while approaching, as shares of the stroke: narrow ones fit between neighbours. */
  readonly openings: readonly number[];
  /** Lowest finger tip above the table. */
  readonly tableClearance: number;
  /** Cells higher than this are something to grasp. */
  readonly objectHeight: number;
  /** A patch of such cells is something to grasp only if some cell of it is higher than this: noise makes bumps on the table. */
  readonly objectPeak?: number;
  /** Grasps are proposed within this distance (each axis) of the workspace's centre only: inside a bin. */
  readonly regionHalfWidth?: number;
  /** Walls stand at this distance (each axis): a learned policy keeps open fingers between them, see `choice/walls.ts`. */
  readonly wallHalfWidth?: number;
  /** A greedy learned policy ranks by the members' mean minus this many of their standard deviations. */
  readonly pessimism: number;
  /** ... and by a mean of the grasp's own score and, with this share, those of the next cells and angles. */
  readonly smoothing: number;
  /** A learned policy takes so many logits off a grasp for a lever as long as the object, see `choice/lever.ts`. */
  readonly leverCost?: number | undefined;
  /** A greedy learned policy prefers grasps whose hand misses what the camera shows, see `choice/caution.ts`. */
  readonly careful?: boolean | undefined;
}

export const ACTION_DEFAULTS: ActionSettings = {
  angles: 12,
  depths: [0.02, 0.035, 0.05, 0.065],
  openings: [1],
  tableClearance: 0.003,
  objectHeight: 0.007,
  pessimism: 0,
  smoothing: 0,
};

/** Indices (row * size + col) of the cells that show an object. Specks without a neighbour, and low patches, are left out. */
export function objectCells(map: Heightmap, settings: ActionSettings): number[] {
  const cells = raisedCells(map, settings);
  const { objectPeak = 0 } = settings;
  if (objectPeak <= settings.objectHeight) return cells;
  const low = components(map, cells).filter((patch) => patch.every((cell) => map.height[cell] <= objectPeak));
  const leftOut = new Set(low.flat());
  return cells.filter((cell) => !leftOut.has(cell));
}

function raisedCells(map: Heightmap, settings: ActionSettings): number[] {
  const { size, height, graspable } = map;
  const cells: number[] = [];
  const region = settings.regionHalfWidth ?? Number.POSITIVE_INFINITY;
  const outside = (row: number, col: number): boolean =>
    cellCentre(map, row, col).some((distance) => Math.abs(distance) > region);
  for (let row = 1; row + 1 < size; row++) {
    for (let col = 1; col + 1 < size; col++) {
      const i = row * size + col;
      if (height[i] <= settings.objectHeight || outside(row, col) || graspable?.[i] === 0) continue;
      const neighbours = [i - 1, i + 1, i - size, i + size].filter((n) => height[n] > settings.objectHeight).length;
      if (neighbours >= 2) cells.push(i);
    }
  }
  return cells;
}

/** How a grasp is shaped: what a policy chooses besides the cell and the angle. */
interface GraspShape {
  /** Of the finger tips below the local top, metres. */
  readonly depth: number;
  /** Share of the stroke. */
  readonly opening: number;
}

/** Every shape that a policy may choose, in the order of an action's `shape` index: depths first, then openings. */
export const graspShapes = ({ depths, openings }: Pick<ActionSettings, 'depths' | 'openings'>): GraspShape[] =>
  openings.flatMap((opening) => depths.map((depth) => ({ depth, opening })));

/**
 * Number of shapes of a scenario that a policy is to act in.
 * @param own number that the policy chooses among.
 * @param name of the scenario.
 * @throws Error if the two differ.
 */
export function checkShapeCount(own: number, settings: ActionSettings, name: string): void {
  const got = graspShapes(settings).length;
  if (own === got) return;
  throw new Error(
    `scenario '${name}': expected ${own} combinations of action.depths and action.openings (the policy's own), got ${got}`,
  );
}

/** Yaw of an angle bin, radians in [0, pi). */
export const yawOf = (angle: number, settings: ActionSettings): number => (angle * Math.PI) / settings.angles;

/**
 * The grasp at a cell. The depth rule: finger tips `depth` below the local top, but never lower than the table clearance.
 * How deep is worth 30 points of success; deeper is better as long as the descent stops on contact.
 */
export function graspAt(
  map: Heightmap,
  cell: number,
  yaw: number,
  depth: number,
  opening: number,
  settings: ActionSettings,
): Grasp {
  const [x, y] = cellCentre(map, Math.floor(cell / map.size), cell % map.size);
  const z = Math.max(localTop(map, cell) - depth, settings.tableClearance);
  return topDownGrasp([x, y, z], yaw, opening);
}

/**
 * The grasp of an action.
 * @param action with its index among {@link graspShapes}.
 * @param stroke largest distance between the pads, metres.
 */
export function graspOf(map: Heightmap, action: Action, stroke: number, settings: ActionSettings): Grasp {
  const { depth, opening } = graspShapes(settings)[action.shape];
  return graspAt(map, action.cell, yawOf(action.angle, settings), depth, opening * stroke, settings);
}

/** A uniformly drawn cell, angle and shape. @returns undefined if there is nothing to grasp. */
export function randomAction(cells: readonly number[], settings: ActionSettings, rng: Rng): Action | undefined {
  if (cells.length === 0) return undefined;
  return { cell: rng.pick(cells), angle: rng.int(settings.angles), shape: rng.int(graspShapes(settings).length) };
}

/** Cells grouped into 4-connected components, largest first. */
export function components(map: Heightmap, cells: readonly number[]): number[][] {
  const open = new Set(cells);
  const groups: number[][] = [];
  for (const start of cells) {
    if (!open.delete(start)) continue;
    const group = [start];
    for (let k = 0; k < group.length; k++) {
      for (const n of [group[k] - 1, group[k] + 1, group[k] - map.size, group[k] + map.size]) {
        if (open.delete(n)) group.push(n);
      }
    }
    groups.push(group);
  }
  return groups.sort((a, b) => b.length - a.length);
}

/**
 * The action that a grasp comes nearest to: its bin of the angle, and of the nearest opening the nearest depth.
 * @param cell of the heightmap, kept as it is.
 * @param yaw of the closing axis from the map's x axis, radians; half a turn is none.
 * @param depth of the finger tips below the local top, metres.
 * @param opening as a share of the stroke.
 */
export function nearestAction(
  cell: number,
  yaw: number,
  depth: number,
  opening: number,
  settings: ActionSettings,
): Action {
  const width = settings.openings.reduce((a, b) => (Math.abs(b - opening) < Math.abs(a - opening) ? b : a));
  const shapes = graspShapes(settings).map((s, shape) => ({ shape, ...s, away: Math.abs(s.depth - depth) }));
  const nearest = shapes.filter((s) => s.opening === width).reduce((a, b) => (b.away < a.away ? b : a));
  const angle = ((Math.round((yaw / Math.PI) * settings.angles) % settings.angles) + settings.angles) % settings.angles;
  return { cell, angle, shape: nearest.shape };
}
