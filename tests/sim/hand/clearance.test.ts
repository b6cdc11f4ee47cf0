import { describe, expect, it } from 'vitest';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { overlap, reachOf } from '../../../sim/hand/clearance.ts';
import { GRIPPER_DEFAULTS } from '../../../sim/hand/presets.ts';

const SIZE = 96;
const CELL = 0.004;

/** A box of so many cells on each side of the middle, metres high. */
function map(halfX: number, halfY: number, top: number) {
  const height = new Float32Array(SIZE * SIZE);
  for (let r = 48 - halfY; r < 48 + halfY; r++)
    for (let c = 48 - halfX; c < 48 + halfX; c++) height[r * SIZE + c] = top;
  const [colour, observed] = [new Float32Array(3 * SIZE * SIZE), new Uint8Array(SIZE * SIZE).fill(1)];
  return { size: SIZE, cell: CELL, height, colour, observed };
}

describe('the clearance of a hand', () => {
  const along = (yaw: number, z = 0.01, opening = 0.08) => topDownGrasp([0, 0, z], yaw, opening);

  it('is kept by open fingers on both sides of a box', () =>
    expect(overlap(map(8, 12, 0.05), along(0), GRIPPER_DEFAULTS)).toBe(0));

  it('is lost where a finger comes down on it, by as much as it sinks in', () => {
    expect(overlap(map(12, 8, 0.05), along(0), GRIPPER_DEFAULTS)).toBeCloseTo(0.04, 6);
    expect(overlap(map(8, 12, 0.05), along(Math.PI / 2), GRIPPER_DEFAULTS)).toBeCloseTo(0.04, 6);
  });

  it('is lost where the palm meets what is taller than the fingers are long', () =>
    expect(overlap(map(3, 3, 0.08), along(0), GRIPPER_DEFAULTS)).toBeCloseTo(
      0.08 - 0.01 - GRIPPER_DEFAULTS.fingerLength,
      6,
    ));

  it('depends on the opening', () => {
    expect(overlap(map(8, 8, 0.04), along(0, 0.01, 0.04), GRIPPER_DEFAULTS)).toBeCloseTo(0.03, 6);
    expect(overlap(map(8, 8, 0.04), along(0, 0.01, 0.07), GRIPPER_DEFAULTS)).toBe(0);
  });

  it('tells what is seen from what may be hidden', () => {
    const box = map(8, 12, 0.05);
    const filled = box.height.slice();
    // the shadow of the box under the finger on +x
    for (let r = 40; r < 56; r++) filled.fill(0.03, r * SIZE + 56, r * SIZE + 66);
    expect(reachOf(box, box.height, along(0), GRIPPER_DEFAULTS)).toEqual({ seen: 0, hidden: 0 });
    const { seen, hidden } = reachOf(box, filled, along(0), GRIPPER_DEFAULTS);
    expect(seen).toBe(0);
    expect(hidden).toBeCloseTo(0.02, 6);
  });
});
