import { describe, expect, it } from 'vitest';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { fillHoles } from '../../../sim/camera/holes.ts';

const SIZE = 24;
const at = (row: number, col: number): number => row * SIZE + col;

/** A table with a box of 5 cm on it, of which some cells were not seen. */
function map(unseen: readonly number[]): Heightmap {
  const height = new Float32Array(SIZE * SIZE);
  const observed = new Uint8Array(SIZE * SIZE).fill(1);
  for (let r = 8; r < 16; r++) for (let c = 8; c < 16; c++) height[at(r, c)] = 0.05;
  for (const i of unseen) [height[i], observed[i]] = [0, 0];
  return { size: SIZE, cell: 0.004, height, colour: new Float32Array(3 * SIZE * SIZE).fill(0.5), observed };
}

describe('holes of a heightmap', () => {
  it('inside a surface are closed with its height and colour', () => {
    const filled = fillHoles(map([at(11, 11), at(11, 12), at(12, 11)]));
    for (const i of [at(11, 11), at(11, 12), at(12, 11)]) {
      expect(filled.height[i]).toBeCloseTo(0.05, 6);
      expect([filled.observed[i], filled.colour[3 * i]]).toEqual([1, 0.5]);
    }
  });

  it('stay at an edge, at the rim of the map, and where they are large', () => {
    const shadow = [at(16, 10), at(16, 11)];
    const rim = [at(0, 5), at(1, 5)];
    const large = Array.from({ length: 49 }, (_, i) => at(17 + Math.floor(i / 12), 8 + (i % 12))).slice(0, 48);
    for (const unseen of [shadow, rim, large]) expect(fillHoles(map(unseen))).toEqual(map(unseen));
  });
});
