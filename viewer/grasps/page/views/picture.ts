/** Picture: what the camera saw, in its colours or as depth, and what the policy expects of it. */

import { type Rgb, viridis } from '../../../page/scene/colours.ts';
import { paint } from '../../../page/scene/images.ts';
import { cellAt, type Mosaic } from './mosaic.ts';

/** What the picture can show. */
export const PICTURE_MODES = ['colour', 'depth', 'affordance'] as const;
export type PictureMode = (typeof PICTURE_MODES)[number];

/** A camera's picture, [height, width]. */
export interface CameraPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Metres; 0 or NaN = no return. */
  readonly depth: Float32Array;
  /** [height, width, 3] sRGB. */
  readonly colour?: Uint8Array | undefined;
  readonly mask?: Uint8Array | undefined;
}

/** Heights and chances, and where in them each pixel lies. */
export interface Located {
  readonly mosaic: Mosaic;
  /** [height * width, 3] in the workspace frame, metres. */
  readonly points: Float32Array;
}

/** Share of the depths that are nearer, or farther, than the colours reach. */
const TAIL = 0.02;
/** Of so many pixels the range of depths is told. */
const SAMPLES = 20_000;
/** Stripes of what has no depth, pixels. */
const STRIPE = 4;

/** 1 at the near end of the depths, 0 at the far end; NaN where there is none. */
export function nearness(depth: Float32Array): (pixel: number) => number {
  const step = Math.max(1, Math.floor(depth.length / SAMPLES));
  const returns: number[] = [];
  for (let i = 0; i < depth.length; i += step) if (depth[i] > 0) returns.push(depth[i]);
  returns.sort((a, b) => a - b);
  const near = returns[Math.floor(returns.length * TAIL)] ?? 0;
  const far = returns[Math.ceil(returns.length * (1 - TAIL)) - 1] ?? 1;
  const span = Math.max(far - near, 1e-3);
  return (i) => (depth[i] > 0 ? Math.min(Math.max((far - depth[i]) / span, 0), 1) : Number.NaN);
}

/** Colour of a depth or height in 0..1; its dark end is told from a dark page. */
export const ramp = (value: number): Rgb => viridis(0.14 + 0.86 * value);

/** Colours of a pixel's depth; stripes where there is none. */
export function depthColours({ widthPx, depth }: CameraPicture): (pixel: number) => Rgb {
  const near = nearness(depth);
  return (i) => {
    const value = near(i);
    if (value >= 0) return ramp(value);
    const light = Math.floor(((i % widthPx) + Math.floor(i / widthPx)) / STRIPE) % 2 === 0;
    return light ? [72, 76, 84] : [34, 37, 43];
  };
}

/** Grey of the picture under what lies over it. */
function greys({ colour, depth }: CameraPicture): (pixel: number) => number {
  if (colour) return (i) => 0.3 * colour[3 * i] + 0.59 * colour[3 * i + 1] + 0.11 * colour[3 * i + 2];
  const near = nearness(depth);
  return (i) => 40 + 180 * (near(i) || 0);
}

/** What the policy expects of the grasps at each pixel, over the picture in grey. */
export function affordanceColours(picture: CameraPicture, { mosaic, points }: Located): (pixel: number) => Rgb {
  const grey = greys(picture);
  return (i) => {
    const cell = cellAt(mosaic, points[3 * i], points[3 * i + 1]);
    const chance = cell < 0 ? 0 : (mosaic.affordance?.[cell] ?? 0);
    const light = 0.7 * grey(i);
    if (!(chance > 0)) return [light, light, light];
    const [r, g, b] = viridis(chance);
    return [0.3 * light + 0.8 * r, 0.3 * light + 0.8 * g, 0.3 * light + 0.8 * b];
  };
}

/** Draws the picture. What a mask leaves out is darker. @param located needed for affordance; without it, depth or colour is drawn. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  picture: CameraPicture,
  mode: PictureMode,
  located: Located | undefined,
): void {
  const { colour, mask } = picture;
  const plain = (i: number): Rgb => [colour![3 * i], colour![3 * i + 1], colour![3 * i + 2]];
  const shown =
    mode === 'affordance' && located?.mosaic.affordance
      ? affordanceColours(picture, located)
      : mode !== 'depth' && colour
        ? plain
        : depthColours(picture);
  const masked = (i: number): Rgb => {
    const [r, g, b] = shown(i);
    return mask![i] > 0 ? [r, g, b] : [0.45 * r, 0.45 * g, 0.45 * b];
  };
  paint(canvas, picture.widthPx, picture.heightPx, mask ? masked : shown);
}
