/** Surface: what a depth picture shows, as triangles in the workspace frame. */
import type { Camera } from '../../../../sim/camera/camera.ts';

/** Triangles between neighbouring pixels. */
export interface Surface {
  /** [vertices, 3] metres. */
  readonly positions: Float32Array;
  /** [vertices] the pixel that each vertex is. */
  readonly pixels: Uint32Array;
  /** [triangles, 3]. */
  readonly indices: Uint32Array;
}

/** Part of the workspace frame that is shown, metres. */
export interface Shown {
  /** Along x and y, from the middle. */
  readonly half: number;
  readonly low: number;
  readonly high: number;
}

/** Corners of a triangle whose depths differ by more than so many widths of a pixel are no neighbours. */
const JUMP = 5.5;

/**
 * Joins neighbouring pixels.
 * @param camera      with T_workspace_camera.
 * @param points      [height * width, 3] in the workspace frame, NaN = no return.
 * @param depth       [height, width] metres.
 * @param verticesMax pixels are left out evenly to keep to it.
 */
export function surfaceOf(
  { intrinsics: { widthPx, heightPx, fx } }: Camera,
  points: Float32Array,
  depth: Float32Array,
  { half, low, high }: Shown,
  verticesMax: number,
): Surface {
  const stride = Math.max(1, Math.ceil(Math.sqrt((widthPx * heightPx) / verticesMax)));
  const [columns, rows] = [widthPx, heightPx].map((n) => Math.ceil(n / stride));
  const vertexOf = new Int32Array(columns * rows).fill(-1);
  const pixels: number[] = [];
  for (let i = 0; i < vertexOf.length; i++) {
    const pixel = Math.floor(i / columns) * stride * widthPx + (i % columns) * stride;
    const [x, y, z] = [points[3 * pixel], points[3 * pixel + 1], points[3 * pixel + 2]];
    // nothing compares with NaN
    if (!(Math.abs(x) < half && Math.abs(y) < half && z > low && z < high)) continue;
    vertexOf[i] = pixels.length;
    pixels.push(pixel);
  }
  const indices: number[] = [];
  const join = (...corners: readonly number[]): void => {
    const vertices = corners.map((c) => vertexOf[c]);
    if (vertices.some((v) => v < 0)) return;
    const depths = vertices.map((v) => depth[pixels[v]]);
    const nearest = Math.min(...depths);
    if (Math.max(...depths) - nearest < (JUMP * stride * nearest) / fx) indices.push(...vertices);
  };
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      join(at, at + columns, at + 1);
      join(at + 1, at + columns, at + columns + 1);
    }
  }
  const positions = new Float32Array(3 * pixels.length);
  pixels.forEach((pixel, v) => {
    positions.set(points.subarray(3 * pixel, 3 * pixel + 3), 3 * v);
  });
  return { positions, pixels: Uint32Array.from(pixels), indices: Uint32Array.from(indices) };
}

/** Depths on both sides of a missing pixel that differ by less belong together, metres. */
const BRIDGED = 0.01;

/** Depth with single missing pixels bridged, as cameras drop them all over: for the eye, the server cleans by itself. */
export function bridged(depth: Float32Array, widthPx: number): Float32Array {
  const out = Float32Array.from(depth);
  for (let i = 0; i < depth.length; i++) {
    if (depth[i] > 0) continue;
    const inRow = i % widthPx > 0 && i % widthPx < widthPx - 1;
    for (const step of inRow ? [1, widthPx] : [widthPx]) {
      const [a, b] = [depth[i - step], depth[i + step]];
      if (a > 0 && b > 0 && Math.abs(a - b) < BRIDGED) out[i] = (a + b) / 2;
    }
  }
  return out;
}
