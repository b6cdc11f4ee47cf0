/** Depth filter: takes out of a real camera's picture what no surface can be: flying pixels and specks in mid-air. */
import type { Intrinsics } from './camera.ts';

/** A depth picture without them. */
export interface FilteredDepth {
  /** [height, width] metres, 0 = no return. */
  readonly depth: Float32Array;
  /** Pixels that were taken out. */
  readonly removed: number;
  /** Pixels that had no return to begin with. */
  readonly missing: number;
}

/** Depth steps between neighbouring pixels that are still one surface: so many metres, and this share of the distance. */
const STEP = 0.01;
const STEP_SHARE = 0.006;
/** Surfaces smaller than this are specks, m^2: about five cells of a heightmap. */
const SPECK_AREA = 8e-5;
/** A pixel at an edge stays only if so many of its eight neighbours lie on its surface. */
const SUPPORT = 3;

/**
 * Takes out pixels between two surfaces (smeared edges), those that no neighbour supports, and surfaces too small to be any.
 * @param depth [height, width] metres along the optical axis; 0, negative or not finite = no return. Not changed.
 * @throws RangeError if depth.length differs from the picture's size.
 */
export function filterDepth(depth: Float32Array, intrinsics: Intrinsics): FilteredDepth {
  const { widthPx: width, heightPx: height } = intrinsics;
  if (depth.length !== width * height)
    throw new RangeError(`depth: expected ${width * height} values (${width} x ${height}), got ${depth.length}`);
  const clean = new Float32Array(depth.length);
  let missing = 0;
  for (let i = 0; i < depth.length; i++) {
    const z = depth[i];
    if (z > 0 && z < Number.POSITIVE_INFINITY) clean[i] = z;
    else missing++;
  }
  const supported = new Float32Array(depth.length);
  for (let row = 0, i = 0; row < height; row++) {
    for (let col = 0; col < width; col++, i++) {
      if (clean[i] > 0 && isSupported(clean, width, height, row, col)) supported[i] = clean[i];
    }
  }
  takeOutSpecks(supported, intrinsics);
  let left = 0;
  for (let i = 0; i < depth.length; i++) if (supported[i] > 0) left++;
  return { depth: supported, removed: depth.length - missing - left, missing };
}

const sameSurface = (a: number, b: number): boolean =>
  a > 0 && b > 0 && Math.abs(a - b) < STEP + STEP_SHARE * Math.min(a, b);

/** Whether enough of a pixel's eight neighbours lie on its surface; those beyond the picture count as if they did. */
function isSupported(depth: Float32Array, width: number, height: number, row: number, col: number): boolean {
  const i = row * width + col;
  const z = depth[i];
  // most pixels lie in a surface, and need no second look
  const inside = row > 0 && row + 1 < height && col > 0 && col + 1 < width;
  if (inside && sameSurface(z, depth[i - 1]) && sameSurface(z, depth[i + 1]) && sameSurface(z, depth[i - width]))
    return true;
  let count = 0;
  for (let dr = -1; dr <= 1; dr++) {
    for (let dc = -1; dc <= 1; dc++) {
      if (dr === 0 && dc === 0) continue;
      const beyond = row + dr < 0 || row + dr >= height || col + dc < 0 || col + dc >= width;
      if (beyond || sameSurface(z, depth[i + dr * width + dc])) count++;
    }
  }
  return count >= SUPPORT;
}

/** Zeroes connected surfaces that are smaller than {@link SPECK_AREA}: stretches of rows, joined to those above. */
function takeOutSpecks(depth: Float32Array, { widthPx: width, heightPx: height, fx, fy }: Intrinsics): void {
  const stretch = new Int32Array(depth.length);
  // of each stretch: the one that it was joined to, and its area, m^2 times the focal lengths
  const parent = new Int32Array(depth.length);
  const area = new Float64Array(depth.length);
  let count = 0;
  const rootOf = (s: number): number => {
    let root = s;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  for (let row = 0, i = 0; row < height; row++) {
    for (let col = 0; col < width; col++, i++) {
      const z = depth[i];
      if (z === 0) continue;
      if (col > 0 && sameSurface(z, depth[i - 1])) stretch[i] = stretch[i - 1];
      else {
        stretch[i] = count;
        parent[count] = count;
        count++;
      }
      area[stretch[i]] += z * z;
      if (row === 0 || !sameSurface(z, depth[i - width])) continue;
      const own = rootOf(stretch[i]);
      const above = rootOf(stretch[i - width]);
      if (own !== above) parent[own] = above;
    }
  }
  const total = new Float64Array(count);
  for (let s = 0; s < count; s++) total[rootOf(s)] += area[s];
  const least = SPECK_AREA * fx * fy;
  // asked of each stretch, for there are far fewer of them than pixels
  const small = new Uint8Array(count);
  for (let s = 0; s < count; s++) small[s] = total[rootOf(s)] < least ? 1 : 0;
  for (let i = 0; i < depth.length; i++) if (depth[i] > 0 && small[stretch[i]] === 1) depth[i] = 0;
}
