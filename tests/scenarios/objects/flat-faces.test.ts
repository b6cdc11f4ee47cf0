import { expect, it } from 'vitest';
import { flattened } from '../../../scenarios/objects/flat-faces.ts';
import type { Vec3 } from '../../../sim/math/pose.ts';
import { capsuleMesh, cylinderMesh, hullMesh, type Mesh, meshVolume } from '../../../sim/objects/mesh.ts';

const pointsOf = ({ positions: p }: Mesh): Vec3[] =>
  Array.from({ length: p.length / 3 }, (_, i): Vec3 => [p[3 * i], p[3 * i + 1], p[3 * i + 2]]);

const HALF: Vec3 = [0.02, 0.04, 0.06];
/** A box whose sides bulge: a grid of points on each face, a millimetre higher in its middle. */
const BULGING: readonly Vec3[] = [0, 1, 2].flatMap((axis) =>
  [-1, 1].flatMap((side) =>
    [-1, -0.5, 0, 0.5, 1].flatMap((s) =>
      [-1, -0.5, 0, 0.5, 1].map((t): Vec3 => {
        const bulge = 0.001 * (1 - s * s) * (1 - t * t);
        const [b, c] = [(axis + 1) % 3, (axis + 2) % 3];
        const point: [number, number, number] = [0, 0, 0];
        point[axis] = side * (HALF[axis] + bulge);
        point[b] = s * HALF[b];
        point[c] = t * HALF[c];
        return point;
      }),
    ),
  ),
);

it('the faces of a box that bulges become flat, and hardly move', () => {
  const flat = flattened(BULGING);
  const [top] = flat.filter((p) => p[2] > 0.058).map((p) => p[2]);
  for (const p of flat.filter((q) => q[2] > 0.058)) expect(Math.abs(p[2] - top)).toBeLessThan(1e-6);
  expect(Math.abs(top - HALF[2] - 0.0005)).toBeLessThan(0.0003);
  const share = meshVolume(hullMesh(flat)) / meshVolume(hullMesh(BULGING));
  expect(Math.abs(share - 1)).toBeLessThan(0.02);
});

it('what is round stays round, and what is flat is left as it is', () => {
  for (const mesh of [cylinderMesh(0.03, 0.05, 48), capsuleMesh(0.03, 0, 24, 12), hullMesh(cornersOf(HALF))]) {
    const points = pointsOf(hullMesh(pointsOf(mesh)));
    expect(flattened(points)).toBe(points);
  }
});

const cornersOf = ([x, y, z]: Vec3): Vec3[] =>
  [-x, x].flatMap((a) => [-y, y].flatMap((b) => [-z, z].map((c): Vec3 => [a, b, c])));
