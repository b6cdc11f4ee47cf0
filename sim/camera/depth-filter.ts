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
  for (let i = 0; i < depth.length; i++)
    if (clean[i] > 0 && isSupported(clean, width, height, i)) supported[i] = clean[i];
  takeOutSpecks(supported, intrinsics);
  let left = 0;
  for (let i = 0; i < depth.length; i++) if (supported[i] > 0) left++;
  return { depth: supported, removed: depth.length - missing - left, missing };
}

const sameSurface = (a: number, b: number): boolean =>
  a > 0 && b > 0 && Math.abs(a - b) < STEP + STEP_SHARE * Math.min(a, b);

/** Whether enough of a pixel's eight neighbours lie on its surface; those beyond the picture count as if they did. */
function isSupported(depth: Float32Array, width: number, height: number, i: number): boolean {
  const [row, col] = [Math.floor(i / width), i % width];
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

/** Zeroes connected surfaces that are smaller than {@link SPECK_AREA}. */
function takeOutSpecks(depth: Float32Array, { widthPx: width, heightPx: height, fx, fy }: Intrinsics): void {
  const seen = new Uint8Array(depth.length);
  // every pixel is put on it once
  const surface = new Int32Array(depth.length);
  const last = width * height - width;
  for (let start = 0; start < depth.length; start++) {
    if (seen[start] || depth[start] === 0) continue;
    let [count, area] = [0, 0];
    const visit = (from: number, to: number): void => {
      if (seen[to] || !sameSurface(depth[from], depth[to])) return;
      seen[to] = 1;
      surface[count++] = to;
    };
    seen[start] = 1;
    surface[count++] = start;
    for (let k = 0; k < count; k++) {
      const i = surface[k];
      area += (depth[i] * depth[i]) / (fx * fy);
      const col = i % width;
      if (col > 0) visit(i, i - 1);
      if (col + 1 < width) visit(i, i + 1);
      if (i >= width) visit(i, i - width);
      if (i < last) visit(i, i + width);
    }
    if (area < SPECK_AREA) for (let k = 0; k < count; k++) depth[surface[k]] = 0;
  }
}
