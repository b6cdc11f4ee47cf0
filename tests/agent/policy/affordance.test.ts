import { describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS } from '../../../agent/policy/action-space.ts';
import { affordanceMap } from '../../../agent/policy/affordance.ts';

const size = 8;
const height = new Float32Array(size * size);
for (const row of [2, 3, 4]) for (const col of [2, 3, 4]) height[row * size + col] = 0.02;
const map = {
  size,
  cell: 0.004,
  height,
  colour: new Float32Array(3 * size * size),
  observed: new Uint8Array(size ** 2),
};
const [A, B] = [2 * size + 2, 3 * size + 3];
const settings = { ...ACTION_DEFAULTS, angles: 2, depths: [0.035] };
/** [angles = 2, cells = 2, shapes = 1], the logit of 3/4 on B's second angle. */
const qMap = { cells: [A, B], logits: Float32Array.from([0, 0, 0, Math.log(3)]) };

describe('the affordance', () => {
  it('is the best probability of each scored cell, over all angles or at one', () => {
    expect(affordanceMap(map, qMap, settings)[B]).toBeCloseTo(0.75, 6);
    expect(affordanceMap(map, qMap, settings, 0)[B]).toBeCloseTo(0.5, 6);
    expect(affordanceMap(map, qMap, settings)[A]).toBeCloseTo(0.5, 6);
  });

  it('of a cell that was thinned out is that of its neighbours, and 0 where there is nothing', () => {
    const out = affordanceMap(map, qMap, settings);
    expect(out[B + 1]).toBeCloseTo(0.75, 6);
    expect(out[0]).toBe(0);
  });
});
