import { expect, it } from 'vitest';
import { depthColours, nearness, ramp } from '../../../../../viewer/grasps/page/views/picture.ts';

it('a few flying pixels do not take the colours from all others', () => {
  const depth = Float32Array.from({ length: 1000 }, (_, i) => 0.5 + i / 10_000);
  depth[0] = 0.01;
  depth[1] = 9;
  const near = nearness(depth);
  expect(near(0)).toBe(1);
  expect(near(1)).toBe(0);
  expect(near(500)).toBeCloseTo(0.5, 1);
});

it('what has no depth is striped, and like no depth', () => {
  const depth = Float32Array.of(0.5, 0.6, 0, Number.NaN, 0, 0, 0, 0, 0, 0);
  const colour = depthColours({ widthPx: 10, heightPx: 1, depth });
  expect(colour(0)).toEqual(ramp(1));
  const stripes = [2, 3, 4, 5, 6, 7, 8].map((i) => colour(i).join());
  expect(new Set(stripes).size).toBe(2);
});
