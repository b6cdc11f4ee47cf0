/** Clearance: how far an open hand at a grasp would reach into what a heightmap shows, and into what it hides. */
import { cellCentre, type Heightmap } from '../camera/heightmap.ts';
import type { Grasp } from '../grasp.ts';
import { compose, conjugate, type Pose, rotate, type Vec3 } from '../math/pose.ts';
import type { Solid } from '../objects/object.ts';
import { type HandGeometry, type HandPart, handGeometry } from './geometry.ts';
import type { HandSettings } from './settings.ts';

/** Heights over a table, as a heightmap has them. */
type Surface = Pick<Heightmap, 'size' | 'cell' | 'height'>;

/** How far an open hand at a grasp would reach into things, metres. */
export interface Reach {
  /** Into what was seen. */
  readonly seen: number;
  /** Further than that, into what is hidden from the camera: something may be there. */
  readonly hidden: number;
}

/**
 * How far a hand would reach into what a heightmap shows, and into the shadows in it.
 * @param filled the map's `filledUpTo`.
 */
export function reachOf(map: Heightmap, filled: Float32Array, grasp: Grasp, hand: HandSettings): Reach {
  const { size, cell } = map;
  const most = overlap({ size, cell, height: filled }, grasp, hand);
  const seen = most > 0 ? overlap(map, grasp, hand) : 0;
  return { seen, hidden: most - seen };
}

/**
 * Overlap of a hand with a heightmap: how far the highest cell under a part reaches above the part's lower face. Cells below the
 * grasp, between the pads, do not count.
 * @param grasp in the heightmap's frame, straight down.
 * @returns metres; 0 if every part is clear.
 */
export function overlap(map: Surface, grasp: Grasp, hand: HandSettings): number {
  const geometry = handGeometry(hand);
  return Math.max(
    0,
    ...geometry.parts
      .filter((part) => part.collides)
      .map((part) => partOverlap(map, part, poseOf(part, geometry, grasp))),
  );
}

/** T_map_part of an open hand. */
function poseOf(part: HandPart, { travel }: HandGeometry, grasp: Grasp): Pose {
  const slide = part.body === 0 || travel === 0 ? 0 : ((part.body === 1 ? 1 : -1) * grasp.opening) / 2;
  const body = compose(grasp.pose, { position: [slide, 0, 0], quaternion: [0, 0, 0, 1] });
  return compose(body, part.pose);
}

function partOverlap(map: Surface, { solid }: HandPart, pose: Pose): number {
  const half = halfExtents(solid);
  const { size, cell, height } = map;
  const [x, y, z] = pose.position;
  const low = z - half[2];
  const radius = Math.sqrt(half[0] * half[0] + half[1] * half[1]);
  const index = (d: number): number => Math.floor((d + (size * cell) / 2) / cell);
  const [c0, c1] = [Math.max(0, index(x - radius)), Math.min(size - 1, index(x + radius))];
  const [r0, r1] = [Math.max(0, index(y - radius)), Math.min(size - 1, index(y + radius))];
  const back = conjugate(pose.quaternion);
  const [ex, ey] = [rotate(back, [1, 0, 0]), rotate(back, [0, 1, 0])];
  const [firstX, firstY] = cellCentre(map, 0, 0);
  let deepest = 0;
  for (let row = r0; row <= r1; row++) {
    const dy = firstY + row * cell - y;
    for (let col = c0; col <= c1; col++) {
      const above = height[row * size + col] - low;
      if (above <= deepest) continue;
      const dx = firstX + col * cell - x;
      if (Math.abs(ex[0] * dx + ey[0] * dy) <= half[0] && Math.abs(ex[1] * dx + ey[1] * dy) <= half[1]) deepest = above;
    }
  }
  return deepest;
}

/** Half extents of the box around a solid of a hand. */
function halfExtents(solid: Solid): Vec3 {
  if (solid.kind === 'box') return solid.half;
  if (solid.kind === 'cylinder') return [solid.radius, solid.radius, solid.halfHeight];
  throw new RangeError(`hand: expected parts that are boxes or cylinders, got ${solid.kind}`);
}
