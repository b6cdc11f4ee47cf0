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
  const clean = depth.map((z) => (z > 0 && Number.isFinite(z) ? z : 0));
  const missing = clean.reduce((n, z) => n + (z === 0 ? 1 : 0), 0);
  const supported = clean.map((z, i) => (z > 0 && support(clean, width, height, i) >= SUPPORT ? z : 0));
  takeOutSpecks(supported, intrinsics);
  const left = supported.reduce((n, z) => n + (z > 0 ? 1 : 0), 0);
  return { depth: supported, removed: depth.length - missing - left, missing };
}

const sameSurface = (a: number, b: number): boolean =>
  a > 0 && b > 0 && Math.abs(a - b) < STEP + STEP_SHARE * Math.min(a, b);

/** How many of a pixel's eight neighbours lie on its surface; those beyond the picture count as if they did. */
function support(depth: Float32Array, width: number, height: number, i: number): number {
  const [row, col] = [Math.floor(i / width), i % width];
  let count = 0;
  for (let dr = -1; dr <= 1; dr++) {
    for (let dc = -1; dc <= 1; dc++) {
      if (dr === 0 && dc === 0) continue;
      const inside = row + dr >= 0 && row + dr < height && col + dc >= 0 && col + dc < width;
      if (!inside || sameSurface(depth[i], depth[i + dr * width + dc])) count++;
    }
  }
  return count;
}

/** Zeroes connected surfaces that are smaller than {@link SPECK_AREA}. */
function takeOutSpecks(depth: Float32Array, { widthPx: width, heightPx: height, fx, fy }: Intrinsics): void {
  const seen = new Uint8Array(depth.length);
  const stack: number[] = [];
  for (let start = 0; start < depth.length; start++) {
    if (seen[start] || depth[start] === 0) continue;
    const surface = [start];
    let area = 0;
    seen[start] = 1;
    stack.push(start);
    const visit = (from: number, to: number): void => {
      if (seen[to] || !sameSurface(depth[from], depth[to])) return;
      seen[to] = 1;
      stack.push(to);
      if (area < SPECK_AREA) surface.push(to);
    };
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      area += (depth[i] * depth[i]) / (fx * fy);
      const col = i % width;
      if (col > 0) visit(i, i - 1);
      if (col + 1 < width) visit(i, i + 1);
      if (i >= width) visit(i, i - width);
      if (i + width < width * height) visit(i, i + width);
    }
    if (area < SPECK_AREA) for (const i of surface) depth[i] = 0;
  }
}
