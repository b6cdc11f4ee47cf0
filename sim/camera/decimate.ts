/** Decimation: every so-manieth pixel of a picture that is finer than what is made of it. */
import type { Intrinsics } from './camera.ts';

/** A camera's pictures; those that there are not are left out. */
export interface Pictures {
  readonly intrinsics: Intrinsics;
  /** [height, width] metres. */
  readonly depth: Float32Array;
  /** [height, width, 3] */
  readonly colour?: Uint8Array | undefined;
  /** [height, width] */
  readonly mask?: Uint8Array | undefined;
}

/**
 * The pixels of every `stride`-th row and column, as a camera of its own sees them.
 * @param stride at least 1.
 */
export function decimate<P extends Pictures>(pictures: P, stride: number): P {
  if (stride === 1) return pictures;
  const { intrinsics, depth, colour, mask } = pictures;
  const { widthPx, heightPx, fx, fy, cx, cy } = intrinsics;
  const first = (stride - 1) >> 1;
  const size = (pixels: number): number => Math.ceil((pixels - first) / stride);
  const [width, height] = [size(widthPx), size(heightPx)];
  const taken = <A extends Float32Array | Uint8Array>(from: A, to: A, channels: number): A => {
    for (let v = 0, o = 0; v < height; v++) {
      const row = (v * stride + first) * widthPx + first;
      for (let u = 0; u < width; u++) {
        const i = (row + u * stride) * channels;
        to[o++] = from[i];
        for (let c = 1; c < channels; c++) to[o++] = from[i + c];
      }
    }
    return to;
  };
  // a pixel's centre lies at +0.5, before and after
  const principal = (c: number): number => (c - first - 0.5) / stride + 0.5;
  return {
    ...pictures,
    intrinsics: {
      ...{ widthPx: width, heightPx: height, fx: fx / stride, fy: fy / stride },
      ...{ cx: principal(cx), cy: principal(cy) },
    },
    depth: taken(depth, new Float32Array(width * height), 1),
    ...(colour && { colour: taken(colour, new Uint8Array(width * height * 3), 3) }),
    ...(mask && { mask: taken(mask, new Uint8Array(width * height), 1) }),
  };
}
