import { expect, it } from 'vitest';
import { type Camera, deproject } from '../../../../../sim/camera/camera.ts';
import { bridged, surfaceOf } from '../../../../../viewer/grasps/page/views/surface.ts';

const intrinsics = { widthPx: 5, heightPx: 4, fx: 10, fy: 10, cx: 2.5, cy: 2 };
/** Half a metre over the table, looking down. */
const camera: Camera = { intrinsics, pose: { position: [0, 0, 0.5], quaternion: [1, 0, 0, 0] } };
const shown = { half: 1, low: -1, high: 1 };
const surface = (depth: Float32Array, part = shown, verticesMax = 1000) =>
  surfaceOf(camera, deproject(camera, depth), depth, part, verticesMax);
const flat = (): Float32Array => new Float32Array(20).fill(0.5);

it('a flat table is two triangles for every four pixels, each vertex over its pixel', () => {
  const { positions, pixels, indices } = surface(flat());
  expect([...pixels]).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(indices.length).toBe(3 * 2 * 4 * 3);
  expect([...positions.slice(0, 3)]).toEqual([...Float32Array.of(-0.1, 0.075, 0)]);
});

it('nothing is drawn where there is no depth, and no wall between what is near and far', () => {
  const hole = flat();
  hole[7] = 0;
  expect(surface(hole).pixels).not.toContain(7);
  expect(surface(hole).indices.length).toBe(3 * (24 - 6));
  const cliff = flat();
  for (let i = 0; i < 20; i++) if (i % 5 > 2) cliff[i] = 0.1;
  expect(surface(cliff).indices.length).toBe(3 * (24 - 6));
});

it('keeps to the part that is shown, and to a number of vertices', () => {
  expect([...surface(flat(), { ...shown, half: 0.06 }).pixels]).toEqual([6, 7, 8, 11, 12, 13]);
  expect([...surface(flat(), shown, 6).pixels]).toEqual([0, 2, 4, 10, 12, 14]);
});

it('bridges a single missing pixel, but no edge and no larger hole', () => {
  const depth = Float32Array.from([0.5, 0, 0.502, 0.9, 0, 0.5, 0.9, 0, 0, 0.5]);
  expect([...bridged(depth, 10)]).toEqual([...Float32Array.of(0.5, 0.501, 0.502, 0.9, 0, 0.5, 0.9, 0, 0, 0.5)]);
  expect(bridged(Float32Array.of(0.5, Number.NaN, 0.5), 1)[1]).toBe(0.5);
});
