/** Canvas: pixels to draw lines and squares on. */
import { encode } from 'fast-png';

export type Colour = readonly [number, number, number];

/** An opaque picture that can be drawn on. */
export interface Canvas {
  readonly widthPx: number;
  readonly heightPx: number;
  /** [height, width, 3] sRGB, 0..255. */
  readonly pixels: Uint8Array;
}

/** A canvas with pixels of its own. */
export const canvasOf = (widthPx: number, heightPx: number, colourAt: (u: number, v: number) => Colour): Canvas => {
  const pixels = new Uint8Array(widthPx * heightPx * 3);
  for (let v = 0, i = 0; v < heightPx; v++) for (let u = 0; u < widthPx; u++, i += 3) pixels.set(colourAt(u, v), i);
  return { widthPx, heightPx, pixels };
};

/** A straight line of round ends. @param width pixels. */
export function line(
  { widthPx, heightPx, pixels }: Canvas,
  from: Point,
  to: Point,
  colour: Colour,
  width: number,
): void {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length2 = dx * dx + dy * dy || 1e-9;
  const [u0, u1] = [Math.min(from[0], to[0]) - width, Math.max(from[0], to[0]) + width];
  const [v0, v1] = [Math.min(from[1], to[1]) - width, Math.max(from[1], to[1]) + width];
  if (![u0, u1, v0, v1].every(Number.isFinite)) return;
  for (let v = Math.max(0, Math.floor(v0)); v <= Math.min(heightPx - 1, v1); v++) {
    for (let u = Math.max(0, Math.floor(u0)); u <= Math.min(widthPx - 1, u1); u++) {
      const [px, py] = [u + 0.5 - from[0], v + 0.5 - from[1]];
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
      const away = Math.hypot(px - t * dx, py - t * dy);
      const cover = Math.min(1, Math.max(0, width / 2 + 0.5 - away));
      if (cover === 0) continue;
      const at = (v * widthPx + u) * 3;
      for (let c = 0; c < 3; c++) pixels[at + c] = Math.round(pixels[at + c] * (1 - cover) + colour[c] * cover);
    }
  }
}

export type Point = readonly [number, number];

/** Canvases side by side, on a ground of one colour, as a PNG. @param gap pixels. */
export function sideBySide(canvases: readonly Canvas[], gap: number, ground: Colour): Uint8Array {
  const width = canvases.reduce((w, c) => w + c.widthPx, gap * (canvases.length - 1));
  const height = Math.max(...canvases.map((c) => c.heightPx));
  const all = canvasOf(width, height, () => ground);
  let left = 0;
  for (const { widthPx, heightPx, pixels } of canvases) {
    for (let v = 0; v < heightPx; v++)
      all.pixels.set(pixels.subarray(v * widthPx * 3, (v + 1) * widthPx * 3), (v * width + left) * 3);
    left += widthPx + gap;
  }
  return encode({ data: all.pixels, width, height, channels: 3, depth: 8 });
}
