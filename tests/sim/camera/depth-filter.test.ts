import { describe, expect, it } from 'vitest';
import { filterDepth } from '../../../sim/camera/depth-filter.ts';

const K = { widthPx: 64, heightPx: 48, fx: 80, fy: 80, cx: 32, cy: 24 };
const at = (u: number, v: number): number => v * K.widthPx + u;

/** A table at 0.6 m with a box of 10 cm on it. */
function picture(): Float32Array {
  const depth = new Float32Array(K.widthPx * K.heightPx).fill(0.6);
  for (let v = 16; v < 30; v++) for (let u = 20; u < 40; u++) depth[at(u, v)] = 0.5;
  return depth;
}

describe('the depth filter', () => {
  it('leaves surfaces as they are, to the bit', () => {
    const depth = picture();
    expect(filterDepth(depth, K)).toEqual({ depth, removed: 0, missing: 0 });
  });

  it('takes out pixels between two surfaces, lone ones, and specks in mid-air', () => {
    const depth = picture();
    for (let v = 16; v < 30; v++) depth[at(40, v)] = 0.55;
    depth[at(5, 5)] = 0.3;
    for (const [u, v] of [
      [50, 40],
      [51, 40],
      [50, 41],
      [51, 41],
    ])
      depth[at(u, v)] = 0.2;
    const clean = filterDepth(depth, K);
    expect(clean.removed).toBe(14 + 1 + 4);
    expect([clean.depth[at(40, 20)], clean.depth[at(5, 5)], clean.depth[at(50, 40)]]).toEqual([0, 0, 0]);
    expect(clean.depth[at(39, 20)]).toBeCloseTo(0.5, 6);
    expect(clean.depth[at(41, 20)]).toBeCloseTo(0.6, 6);
  });

  it('calls what is no depth missing, whatever it is', () => {
    const depth = picture();
    [0, Number.NaN, -1, Number.POSITIVE_INFINITY].forEach((value, i) => {
      depth[at(10 + 4 * i, 8)] = value;
    });
    const clean = filterDepth(depth, K);
    expect(clean).toMatchObject({ missing: 4, removed: 0 });
    expect(clean.depth.every((z) => Number.isFinite(z) && z >= 0)).toBe(true);
  });

  it('refuses a picture of another size', () =>
    expect(() => filterDepth(new Float32Array(10), K)).toThrow('depth: expected 3072 values (64 x 48), got 10'));
});
