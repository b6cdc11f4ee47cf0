import { describe, expect, it } from 'vitest';
import { filledUpTo } from '../../../sim/camera/shadow.ts';

const [SIZE, CELL] = [40, 0.004];

/** A wall of a height along y in columns 20 and 21; what the camera cannot see of the table behind it (at lower x) is not observed. */
function walled(top: number, hiddenTo: number) {
  const height = new Float32Array(SIZE * SIZE);
  const observed = new Uint8Array(SIZE * SIZE).fill(1);
  for (let r = 0; r < SIZE; r++) {
    height.fill(top, r * SIZE + 20, r * SIZE + 22);
    observed.fill(0, r * SIZE + hiddenTo, r * SIZE + 20);
  }
  return { size: SIZE, cell: CELL, height, observed, colour: new Float32Array(3 * SIZE * SIZE) };
}

const middleRow = (values: Float32Array): Float32Array => values.subarray(20 * SIZE, 21 * SIZE);

describe('the space behind what a camera saw', () => {
  // 45 degrees over +x: shadows are as long as things are tall
  const eye = [1, 0, 1] as const;

  it('is filled up to the rays over the edge, and falls away from it', () => {
    const filled = middleRow(filledUpTo(walled(0.04, 10), eye));
    expect(filled[19]).toBeGreaterThan(0.034);
    expect(filled[19]).toBeLessThanOrEqual(0.04);
    for (let c = 11; c <= 19; c++) expect(filled[c]).toBeGreaterThan(filled[c - 1]);
    expect(filled[10]).toBeLessThan(0.006);
  });

  it('is what was seen where something was seen', () => {
    const map = walled(0.04, 10);
    const filled = filledUpTo(map, eye);
    map.observed.forEach((seen, i) => {
      if (seen) expect(filled[i]).toBe(map.height[i]);
    });
  });

  it('is empty where nothing stands before it: a hole in the depth', () => {
    const filled = filledUpTo(walled(0, 10), eye);
    expect(filled.every((z) => z === 0)).toBe(true);
  });

  it('is larger under a lower camera', () => {
    const low = middleRow(filledUpTo(walled(0.04, 5), [1, 0, 0.5]));
    const high = middleRow(filledUpTo(walled(0.04, 5), eye));
    expect(low[12]).toBeGreaterThan(high[12] + 0.01);
  });
});
