/** Image-space buffers of one rendering pass. `inverse` is 1 / depth, linear over a projected triangle. */
export interface RasterTarget {
  readonly width: number;
  readonly height: number;
  readonly inverse: Float32Array;
  readonly owner: Int32Array;
}

/**
 * Fills a projected triangle where it is nearer than what is there (edge functions, pixel centres, no anti-aliasing).
 * @param w larger is nearer, linear in the image.
 */
export function fillTriangle(
  t: RasterTarget,
  owner: number,
  ax: number,
  ay: number,
  aw: number,
  bx: number,
  by: number,
  bw: number,
  cx: number,
  cy: number,
  cw: number,
): void {
  const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  if (area >= 0) return; // facing away: front faces are clockwise in an image whose y runs down
  const minX = Math.max(Math.ceil(Math.min(ax, bx, cx) - 0.5), 0);
  const maxX = Math.min(Math.floor(Math.max(ax, bx, cx) - 0.5), t.width - 1);
  const minY = Math.max(Math.ceil(Math.min(ay, by, cy) - 0.5), 0);
  const maxY = Math.min(Math.floor(Math.max(ay, by, cy) - 0.5), t.height - 1);
  if (minX > maxX || minY > maxY) return;
  const inv = 1 / area;
  const px = minX + 0.5;
  const py = minY + 0.5;
  // barycentric weights of b and c, and the depth value, at the first pixel and their steps
  let wbRow = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inv;
  let wcRow = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inv;
  const wbX = (cy - ay) * inv;
  const wbY = -(cx - ax) * inv;
  const wcX = -(by - ay) * inv;
  const wcY = (bx - ax) * inv;
  const wX = wbX * (bw - aw) + wcX * (cw - aw);
  const wY = wbY * (bw - aw) + wcY * (cw - aw);
  let valueRow = aw + wbRow * (bw - aw) + wcRow * (cw - aw);
  const { inverse, owner: owners, width } = t;
  for (let y = minY; y <= maxY; y++) {
    let wb = wbRow;
    let wc = wcRow;
    let value = valueRow;
    let i = y * width + minX;
    for (let x = minX; x <= maxX; x++, i++) {
      if (wb >= 0 && wc >= 0 && wb + wc <= 1 && value > inverse[i]) {
        inverse[i] = value;
        owners[i] = owner;
      }
      wb += wbX;
      wc += wcX;
      value += wX;
    }
    wbRow += wbY;
    wcRow += wcY;
    valueRow += wY;
  }
}
