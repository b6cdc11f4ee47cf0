/** Workspace: from a camera's picture to the table, the frame on it, and heightmaps that cover what is asked for. */
import { components } from '../../agent/policy/action-space.ts';
import { deproject } from '../../sim/camera/camera.ts';
import { decimate } from '../../sim/camera/decimate.ts';
import { type FilteredDepth, filterDepth } from '../../sim/camera/depth-filter.ts';
import { buildHeightmap, cellCentre, type Heightmap, type HeightmapSettings } from '../../sim/camera/heightmap.ts';
import { fillHoles } from '../../sim/camera/holes.ts';
import { findTable, type Plane } from '../../sim/camera/table-plane.ts';
import {
  compose,
  cross,
  dot,
  fromAxes,
  IDENTITY_POSE,
  IDENTITY_QUAT,
  invert,
  normalize,
  type Pose,
  rotate,
  scale,
  subtract,
  transform,
  type Vec3,
} from '../../sim/math/pose.ts';
import type { PredictionRequest } from './request.ts';

/** What there may be to know about a picture. */
export const WARNINGS = [
  'holes',
  'few-depths',
  'distortion',
  'no-table',
  'tilted-table',
  'nothing-to-grasp',
  'declined',
  'blocked',
] as const;

/** Something about a picture that its owner should know. */
export interface Warning {
  readonly code: (typeof WARNINGS)[number];
  readonly message: string;
}

/** One heightmap of the workspace. */
export interface Tile {
  readonly heightmap: Heightmap;
  /** T_frame_tile, in the frame that the answer speaks of. */
  readonly pose: Pose;
}

/** What was made of a picture. */
export interface Workspace {
  /** The frame that grasps are told in. */
  readonly frame: 'world' | 'camera';
  /** T_frame_workspace: origin on the table in the middle, +Z up. */
  readonly pose: Pose;
  readonly tiles: readonly Tile[];
  readonly warnings: readonly Warning[];
}

/** Points so far above the table are no objects to grasp: the camera's mount, an arm. Metres. */
const CEILING = 0.3;
/** Cells around a tile in which what stands in it is looked at. */
const MARGIN = 30;
/** Cells from this height on hang together with what stands on them. */
const TOWER = 0.03;
/** Deeper below the table lies the floor beside it, metres. */
const FLOOR = -0.03;
/** Cells at a tile's edge in which nothing is grasped: a grasp wants to see around itself. */
const RIM = 12;
/** A table in a known world lies level, give or take the calibration; without a pose it is seen from above. Radians. */
const TILT = { world: 0.12, camera: 1.1 };
const NOTABLE_TILT = 0.035;
const NOTABLE_HOLES = 0.15;

/**
 * Finds the table, puts a frame on it, and makes the heightmaps.
 * @param settings of the policy's heightmaps.
 */
export function layOut(request: PredictionRequest, settings: HeightmapSettings): Workspace {
  const { T_world_camera, clean } = request;
  const warnings: Warning[] = [];
  const looked = clean ? decimate(request, strideOf(request, settings)) : request;
  const filtered = clean ? filterDepth(looked.depth, looked.intrinsics) : untouched(looked.depth);
  const seen = { ...looked, depth: filtered.depth };
  warnAboutHoles(filtered, warnings);
  const frame = T_world_camera ? 'world' : 'camera';
  const camera: Pose = T_world_camera ?? IDENTITY_POSE;
  const pose = workspacePose(seen, camera, frame, warnings);
  const tiles = centres(request, settings).map(({ at, own }): Tile => {
    const tile = compose(pose, { position: [at[0], at[1], 0], quaternion: IDENTITY_QUAT });
    return { pose: tile, heightmap: heightmapOf(seen, compose(invert(tile), camera), settings, own) };
  });
  return { frame, pose, tiles, warnings };
}

/** Pixels closer on the table than this share of a cell add nothing but the highest of many errors. */
const PITCH_SHARE = 0.55;

/** Every how-manieth pixel is looked at: simulated pictures, which policies know, are about as fine as a cell. */
function strideOf({ depth, intrinsics: { fx, fy } }: PredictionRequest, { cell }: HeightmapSettings): number {
  const some: number[] = [];
  const step = Math.max(1, Math.floor(depth.length / 2000));
  for (let i = 0; i < depth.length; i += step) if (depth[i] > 0 && Number.isFinite(depth[i])) some.push(depth[i]);
  const middle = some.sort((a, b) => a - b)[some.length >> 1] ?? 0;
  const pitch = middle / Math.min(fx, fy);
  return pitch > 0 ? Math.min(8, Math.max(1, Math.floor((PITCH_SHARE * cell) / pitch))) : 1;
}

const untouched = (depth: Float32Array): FilteredDepth => ({ depth, removed: 0, missing: 0 });

function warnAboutHoles({ depth, removed, missing }: FilteredDepth, warnings: Warning[]): void {
  const share = (removed + missing) / depth.length;
  if (share < NOTABLE_HOLES) return;
  const percent = (n: number): string => `${((100 * n) / depth.length).toFixed(0)} %`;
  warnings.push({
    code: share > 0.9 ? 'few-depths' : 'holes',
    message: `${percent(missing)} of the picture has no depth, and ${percent(removed)} was taken out as flying pixels`,
  });
}

/** T_frame_workspace. */
function workspacePose(request: PredictionRequest, camera: Pose, frame: 'world' | 'camera', warnings: Warning[]): Pose {
  const { workspace } = request;
  if (frame === 'world' && workspace.table !== undefined) {
    const level: Plane = { normal: [0, 0, 1], offset: workspace.table, share: 1, below: 0 };
    return frameOn(level, [1, 0, 0], middleOf(workspace.centre, camera, level));
  }
  const points = deproject({ intrinsics: request.intrinsics, pose: camera }, request.depth);
  const towardsCamera = rotate(camera.quaternion, [0, 0, -1]);
  const up: Vec3 = frame === 'world' ? [0, 0, 1] : towardsCamera;
  const table = findTable(within(points, request), { up, tilt: TILT[frame] });
  const plane = table ?? fallback(points, camera, up, frame);
  if (!table)
    warnings.push({
      code: 'no-table',
      message: `no table was found in the picture; ${noTable(frame)} was taken for it`,
    });
  const lean = Math.acos(Math.min(1, dot(plane.normal, up)));
  if (table && frame === 'world' && lean > NOTABLE_TILT)
    warnings.push({
      code: 'tilted-table',
      message: `the table leans by ${((lean * 180) / Math.PI).toFixed(1)} degrees in the world; check T_world_camera`,
    });
  // to the right in the picture, or along the world's x
  const along: Vec3 = frame === 'world' ? [1, 0, 0] : rotate(camera.quaternion, [1, 0, 0]);
  return frameOn(plane, along, middleOf(workspace.centre, camera, plane));
}

const noTable = (frame: 'world' | 'camera'): string =>
  frame === 'world' ? "the world's z = 0" : 'a plane behind the farthest depths';

function fallback(points: Float32Array, camera: Pose, up: Vec3, frame: 'world' | 'camera'): Plane {
  if (frame === 'world') return { normal: up, offset: 0, share: 0, below: 0 };
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < points.length; i += 3) {
    const height = dot(up, [points[i], points[i + 1], points[i + 2]]);
    if (height < lowest) lowest = height;
  }
  return { normal: up, offset: Number.isFinite(lowest) ? lowest : dot(up, camera.position) - 0.6, share: 0, below: 0 };
}

/** The points around the workspace, where it was told: a floor beside the table may be larger than the table. */
function within(
  points: Float32Array,
  { workspace: { centre, size }, T_world_camera }: PredictionRequest,
): Float32Array {
  if (!T_world_camera || !centre) return points;
  const [x, y] = centre;
  const [halfX, halfY] = (size ?? [0.4, 0.4]).map((side) => 0.5 * side + 0.1);
  const inside = new Float32Array(points.length).fill(Number.NaN);
  for (let i = 0; i < points.length; i += 3) {
    if (!(Math.abs(points[i] - x) < halfX && Math.abs(points[i + 1] - y) < halfY)) continue;
    for (let k = i; k < i + 3; k++) inside[k] = points[k];
  }
  return inside;
}

/** A point of the table in the middle of the workspace: as told, or where the camera looks. */
function middleOf(centre: readonly [number, number] | undefined, camera: Pose, { normal, offset }: Plane): Vec3 {
  if (centre) {
    const [x, y] = centre;
    return [x, y, (offset - normal[0] * x - normal[1] * y) / normal[2]];
  }
  const axis = rotate(camera.quaternion, [0, 0, 1]);
  const fall = -dot(normal, axis);
  const height = dot(normal, camera.position) - offset;
  const point =
    fall > 0.05 ? transform(camera, [0, 0, height / fall]) : subtract(camera.position, scale(normal, height));
  return subtract(point, scale(normal, dot(normal, point) - offset));
}

/** A frame on a plane: +Z along its normal, +X as near to a direction as it goes. */
function frameOn({ normal }: Plane, along: Vec3, origin: Vec3): Pose {
  if (normal[0] === 0 && normal[1] === 0 && normal[2] === 1) return { position: origin, quaternion: IDENTITY_QUAT };
  const x = normalize(subtract(along, scale(normal, dot(along, normal))));
  return { position: origin, quaternion: fromAxes(x, cross(normal, x), normal) };
}

/** Where the tiles of a workspace lie, and which of a tile's points are its own: those nearest to its middle, inside. */
function centres(
  { workspace: { size }, clean }: PredictionRequest,
  { size: cells, cell }: HeightmapSettings,
): { at: readonly [number, number]; own: (x: number, y: number) => boolean }[] {
  if (!size && !clean) return [{ at: [0, 0], own: () => true }];
  const inner = (cells - 2 * RIM) * cell;
  const [xs, ys] = (size ?? [inner, inner]).map((s) => {
    const n = Math.max(1, Math.ceil(s / inner - 1e-9));
    return Array.from({ length: n }, (_, i) => ({ at: ((i + 0.5) / n - 0.5) * s, half: s / n / 2 }));
  });
  return ys.flatMap((y) =>
    xs.map((x) => ({
      at: [x.at, y.at] as const,
      own: (dx: number, dy: number) => Math.abs(dx) <= x.half && Math.abs(dy) <= y.half,
    })),
  );
}

/** The heightmap of one tile. @param camera T_tile_camera. */
function heightmapOf(
  { depth, colour, mask, intrinsics, clean }: PredictionRequest,
  camera: Pose,
  settings: HeightmapSettings,
  own: (x: number, y: number) => boolean,
): Heightmap {
  const pixels = depth.length;
  const grey = colour ?? new Uint8Array(pixels * 3).fill(128);
  const { near, tall } = clean ? inReach(depth, intrinsics, camera, settings) : { near: depth, tall: undefined };
  const frame = {
    camera: { intrinsics, pose: camera },
    depth: near,
    colour: grey,
    segmentation: new Uint8Array(pixels),
  };
  const built = buildHeightmap(frame, settings);
  const map = clean ? fillHoles(built) : built;
  const wanted = mask && buildHeightmap({ ...frame, colour: tripled(mask) }, settings).colour;
  const tooTall = tall && towers(buildHeightmap({ ...frame, depth: tall }, around(settings)), map.size);
  const graspable = map.observed.map((seen, i) => {
    const [x, y] = cellCentre(map, Math.floor(i / map.size), i % map.size);
    return own(x, y) && !tooTall?.has(i) && (!wanted || (seen && wanted[3 * i] > 0)) ? 1 : 0;
  });
  return graspable.every((g) => g === 1) ? map : { ...map, graspable };
}

/** A heightmap's settings with {@link MARGIN} cells more on each side. */
const around = ({ size, cell }: HeightmapSettings): HeightmapSettings => ({ size: size + 2 * MARGIN, cell });

/**
 * Cells of what reaches through the ceiling: arms and stands, of which only the lower part is in the map.
 * @param wide the map with a margin, ceiling and all. @param size of the map.
 */
function towers(wide: Heightmap, size: number): ReadonlySet<number> {
  const raised = Array.from(wide.height.keys()).filter((i) => wide.height[i] > TOWER);
  const inMap = (i: number): number => (Math.floor(i / wide.size) - MARGIN) * size + (i % wide.size) - MARGIN;
  const inside = (i: number): boolean =>
    [Math.floor(i / wide.size), i % wide.size].every((k) => k >= MARGIN && k < MARGIN + size);
  const patches = components(wide, raised).filter((patch) => patch.some((i) => wide.height[i] >= CEILING));
  return new Set(patches.flat().filter(inside).map(inMap));
}

const tripled = (mask: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: 3 * mask.length }, (_, i) => (mask[Math.floor(i / 3)] > 0 ? 255 : 0));

/** Points so near to a tile's edge may still fill cells inside, metres. */
const BESIDE = 0.03;

/**
 * The depths that a tile is made of: `near`, those between floor and ceiling over it; `tall`, those that may belong to a tower,
 * its margin included, if anything reaches through the ceiling.
 * @param camera T_tile_camera.
 */
function inReach(
  depth: Float32Array,
  { widthPx, fx, fy, cx, cy }: PredictionRequest['intrinsics'],
  camera: Pose,
  { size, cell }: HeightmapSettings,
): { near: Float32Array; tall: Float32Array | undefined } {
  const [right, down, forward] = [
    rotate(camera.quaternion, [1, 0, 0]),
    rotate(camera.quaternion, [0, 1, 0]),
    rotate(camera.quaternion, [0, 0, 1]),
  ];
  const [px, py, pz] = camera.position;
  const half = 0.5 * size * cell + BESIDE;
  const wide = half + MARGIN * cell;
  const [near, tall] = [new Float32Array(depth.length), new Float32Array(depth.length)];
  let pierced = false;
  for (let i = 0, v = 0.5; i < depth.length; v++) {
    const y = (v - cy) / fy;
    for (let u = 0.5; u < widthPx; u++, i++) {
      const z = depth[i];
      if (!(z > 0)) continue;
      const x = (u - cx) / fx;
      const height = pz + z * (right[2] * x + down[2] * y + forward[2]);
      if (height < FLOOR) continue;
      const offset = Math.max(
        Math.abs(px + z * (right[0] * x + down[0] * y + forward[0])),
        Math.abs(py + z * (right[1] * x + down[1] * y + forward[1])),
      );
      if (offset < half && height < CEILING && height > FLOOR) near[i] = z;
      if (offset >= wide || height <= TOWER) continue;
      tall[i] = z;
      if (height >= CEILING) pierced = true;
    }
  }
  return { near, tall: pierced ? tall : undefined };
}
