/** Free motion of jaws: the part of descent and closing in which nothing can be met. */
import { binMeshes } from './bin.ts';
import { approachAxis, closingAxis, type Grasp } from './grasp.ts';
import { palmHalf } from './hand/geometry.ts';
import type { HandSettings } from './hand/settings.ts';
import { compose, invert, type Pose, rotate, transform, type Vec3 } from './math/pose.ts';
import type { Mesh } from './objects/mesh.ts';
import { collisionMesh } from './objects/object.ts';
import type { Scene } from './scene.ts';

/**
 * How far an open gripper can move before it could touch anything: geometry alone, so that this part of a trial need not be
 * simulated. Surfaces are clipped to the space a pad or the palm sweeps.
 */
export interface FreeMotion {
  /** Distance before the grasp's pose, along the approach, up to which nothing is met, metres; 0 if the pose is reached freely. */
  readonly back: number;
  /** Distance between the pads down to which nothing is met in the grasp's pose, metres; the opening itself if `back` > 0. */
  readonly gap: number;
}

/** Room kept around everything, metres: several times as much as meshes deviate from the shapes they stand for. */
const MARGIN = 0.0015;
/** Distance before a contact at which simulation begins, so that the fingers move steadily by then, metres. */
const RUN_UP = 0.003;
/** Room kept above the table, which is exactly flat. */
const TABLE_MARGIN = 0.0005;

/** An axis-aligned box in the tcp frame, metres. */
interface Box {
  readonly min: Vec3;
  readonly max: Vec3;
}

/** A surface in the tcp frame. */
interface Surface {
  /** [vertices, 3] */
  readonly points: Float64Array;
  readonly indices: Uint32Array;
}

/**
 * The free motion of jaws that approach a scene at rest from where their tips are clear of it (`clearPose`).
 * @param g the jaws; lengths in metres. The grasp's opening is clamped to their stroke.
 */
export function freeMotion(scene: Scene, grasp: Grasp, g: HandSettings): FreeMotion {
  const inGrasp = invert(grasp.pose);
  const surfaces = [
    ...scene.objects.map(({ model, pose }) => toSurface(collisionMesh(model), compose(inGrasp, pose))),
    ...binMeshes(scene).map(({ mesh, pose }) => toSurface(mesh, compose(inGrasp, pose))),
  ];
  const opening = Math.min(Math.max(grasp.opening, 0), g.stroke);
  const back = freeDescent(surfaces, grasp, g, opening);
  return { back, gap: back > 0 ? opening : freeClosing(surfaces, grasp, g, opening) };
}

/** What sweeps along the approach: both pads and the palm, each with the coordinate of its front face. */
function fronts(g: HandSettings, opening: number): (Box & { readonly front: number })[] {
  const [inner, outer, y] = [opening / 2, opening / 2 + g.fingerThickness, g.fingerWidth / 2];
  const palm = palmHalf(g);
  const box = (x0: number, x1: number, half: number, front: number) => ({
    min: [x0 - MARGIN, -half - MARGIN, Number.NEGATIVE_INFINITY] as const,
    max: [x1 + MARGIN, half + MARGIN, front + MARGIN] as const,
    front,
  });
  return [box(inner, outer, y, 0), box(-outer, -inner, y, 0), box(-palm[0], palm[0], palm[1], -g.fingerLength)];
}

function freeDescent(surfaces: readonly Surface[], grasp: Grasp, g: HandSettings, opening: number): number {
  let back = 0;
  for (const part of fronts(g, opening)) {
    for (const surface of surfaces) {
      const met = rangeWithin(surface, part, 2);
      if (met) back = Math.max(back, part.front - met.least + RUN_UP);
    }
    // the table: the lowest corner of the front face
    const low = lowest(grasp.pose, {
      min: [part.min[0], part.min[1], part.front],
      max: [part.max[0], part.max[1], part.front],
    });
    const down = -approachAxis(grasp)[2];
    if (low < TABLE_MARGIN && down > 0.1) back = Math.max(back, (TABLE_MARGIN - low) / down + RUN_UP);
  }
  return back;
}

function freeClosing(surfaces: readonly Surface[], grasp: Grasp, g: HandSettings, opening: number): number {
  const y = g.fingerWidth / 2 + MARGIN;
  const between: Box = { min: [-opening / 2, -y, -g.fingerLength - MARGIN], max: [opening / 2, y, MARGIN] };
  // a tilted pad goes down as it closes
  const swept: Box = { min: [-g.fingerThickness, -y, 0], max: [g.fingerThickness, y, 0] };
  if (Math.abs(closingAxis(grasp)[2]) > 1e-3 && lowest(grasp.pose, swept) < TABLE_MARGIN) return opening;
  let half = 0;
  for (const surface of surfaces) {
    const met = rangeWithin(surface, between, 0);
    if (met) half = Math.max(half, RUN_UP - met.least, met.most + RUN_UP);
  }
  return Math.min(2 * half, opening);
}

/** Height of a box's lowest corner above the table. @param pose T_world_tcp. */
function lowest(pose: Pose, { min, max }: Box): number {
  let z = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8; i++) {
    z = Math.min(z, transform(pose, [i & 1 ? max[0] : min[0], i & 2 ? max[1] : min[1], i & 4 ? max[2] : min[2]])[2]);
  }
  return z;
}

/** @param pose T_tcp_mesh. */
function toSurface({ positions: p, indices }: Mesh, { position, quaternion }: Pose): Surface {
  const [ax, bx, cx] = (
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as const
  ).map((axis) => rotate(quaternion, axis));
  const points = new Float64Array(p.length);
  for (let i = 0; i < p.length; i += 3) {
    for (let k = 0; k < 3; k++) points[i + k] = ax[k] * p[i] + bx[k] * p[i + 1] + cx[k] * p[i + 2] + position[k];
  }
  return { points, indices };
}

/** Two polygons of up to 9 corners: a triangle clipped by six planes. */
const polygons = [new Float64Array(27), new Float64Array(27)] as const;

/** Least and greatest coordinate along `axis` of the part of a surface that lies within a box; undefined if none does. */
function rangeWithin({ points, indices }: Surface, { min, max }: Box, axis: number) {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [3 * indices[i], 3 * indices[i + 1], 3 * indices[i + 2]];
    let [inside, outside] = [true, false];
    for (let k = 0; k < 3; k++) {
      const [u, v, w] = [points[a + k], points[b + k], points[c + k]];
      const [low, high] = [Math.min(u, v, w), Math.max(u, v, w)];
      if (low < min[k] || high > max[k]) inside = false;
      if (high < min[k] || low > max[k]) outside = true;
    }
    if (outside) continue;
    let [polygon, spare] = polygons;
    let corners = 3;
    for (let k = 0; k < 3; k++) {
      polygon[k] = points[a + k];
      polygon[3 + k] = points[b + k];
      polygon[6 + k] = points[c + k];
    }
    for (let plane = 0; plane < 6 && !inside && corners > 0; plane++) {
      const k = plane >> 1;
      const limit = plane & 1 ? max[k] : -min[k];
      if (limit === Number.POSITIVE_INFINITY) continue;
      corners = clip(polygon, corners, k, plane & 1 ? 1 : -1, limit, spare);
      [polygon, spare] = [spare, polygon];
    }
    for (let n = 0; n < corners; n++) {
      const value = polygon[3 * n + axis];
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return least <= most ? { least, most } : undefined;
}

/** Keeps what satisfies sign * coordinate <= limit (Sutherland and Hodgman 1974). @returns the number of corners of `out`. */
function clip(
  polygon: Float64Array,
  corners: number,
  k: number,
  sign: number,
  limit: number,
  out: Float64Array,
): number {
  let n = 0;
  for (let i = 0; i < corners; i++) {
    const j = i + 1 === corners ? 0 : i + 1;
    const [from, to] = [limit - sign * polygon[3 * i + k], limit - sign * polygon[3 * j + k]];
    if (from >= 0) {
      for (let m = 0; m < 3; m++) out[3 * n + m] = polygon[3 * i + m];
      n++;
    }
    if (from >= 0 !== to >= 0) {
      const t = from / (from - to);
      for (let m = 0; m < 3; m++) out[3 * n + m] = polygon[3 * i + m] + t * (polygon[3 * j + m] - polygon[3 * i + m]);
      n++;
    }
  }
  return n;
}
