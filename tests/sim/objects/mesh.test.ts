import { describe, expect, it } from 'vitest';
import {
  axisAngle,
  cross,
  dot,
  IDENTITY_POSE,
  randomQuat,
  subtract,
  transform,
  type Vec3,
} from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import {
  boxMesh,
  capsuleMesh,
  cylinderMesh,
  hullMesh,
  latheMesh,
  type Mesh,
  mergeMeshes,
  meshBounds,
  meshVolume,
} from '../../../sim/objects/mesh.ts';
import { openEdges, weld } from '../../../sim/objects/mesh-check.ts';

const rng = rngStream(0, 'test/mesh');
const corner = ({ positions: p }: Mesh, i: number): Vec3 => [p[3 * i], p[3 * i + 1], p[3 * i + 2]];
const corners = (mesh: Mesh): Vec3[] => Array.from({ length: mesh.positions.length / 3 }, (_, i) => corner(mesh, i));
/** Area of a regular polygon in a circle of radius 1, against the circle's. */
const roundness = (segments: number): number => (segments / (2 * Math.PI)) * Math.sin((2 * Math.PI) / segments);

const SHAPES: Readonly<Record<string, Mesh>> = {
  box: boxMesh([0.01, 0.02, 0.03]),
  cylinder: cylinderMesh(0.02, 0.05),
  capsule: capsuleMesh(0.02, 0.05),
  sphere: capsuleMesh(0.02, 0),
  lathe: latheMesh(
    [
      [0, 0],
      [0.03, 0],
      [0.01, 0.02],
      [0.02, 0.05],
      [0, 0.06],
    ],
    17,
  ),
  hull: hullMesh(Array.from({ length: 40 }, (): Vec3 => [rng.normal(), rng.normal(), rng.normal()])),
};

describe.each(Object.keys(SHAPES))('a %s', (name) => {
  const mesh = SHAPES[name];

  it('is closed, faces outwards, and uses every vertex it has', () => {
    expect(openEdges(weld(mesh))).toBe(0);
    expect(meshVolume(mesh)).toBeGreaterThan(0);
    expect(new Set(mesh.indices).size).toBe(mesh.positions.length / 3);
  });
});

describe('the volume of a mesh', () => {
  it('is exact for a box and for what is turned in so many segments', () => {
    expect(meshVolume(SHAPES.box)).toBeCloseTo(8 * 0.01 * 0.02 * 0.03, 10);
    for (const n of [3, 8, 28]) {
      expect(meshVolume(cylinderMesh(0.02, 0.05, n)) / (Math.PI * 0.02 ** 2 * 0.1 * roundness(n))).toBeCloseTo(1, 5);
    }
    // a profile's frusta: h / 3 (R^2 + R r + r^2)
    const frusta = [
      [0.03, 0.01, 0.02],
      [0.01, 0.02, 0.03],
      [0.02, 0, 0.01],
    ].reduce((sum, [a, b, h]) => sum + ((Math.PI * h) / 3) * (a * a + a * b + b * b), 0);
    expect(meshVolume(SHAPES.lathe) / (frusta * roundness(17))).toBeCloseTo(1, 5);
  });

  it('of a capsule tends to the closed form from below', () => {
    const whole = Math.PI * 0.02 ** 2 * (0.1 + (4 / 3) * 0.02);
    const share = [6, 12, 24].map((rings) => meshVolume(capsuleMesh(0.02, 0.05, 4 * rings, rings)) / whole);
    expect(share[0]).toBeLessThan(share[1]);
    expect(share[1]).toBeLessThan(share[2]);
    expect(share[2]).toBeLessThan(1);
    expect(share[2]).toBeGreaterThan(0.997);
  });

  it('does not change with its place, changes sign inside out, and adds up', () => {
    const pose = { position: [0.3, -0.2, 0.1] as const, quaternion: randomQuat(rng) };
    const moved = mergeMeshes([{ mesh: SHAPES.lathe, pose }]);
    expect(meshVolume(moved) / meshVolume(SHAPES.lathe)).toBeCloseTo(1, 3);
    const inside = { positions: SHAPES.box.positions, indices: SHAPES.box.indices.toReversed() };
    expect(meshVolume(inside)).toBeCloseTo(-meshVolume(SHAPES.box), 12);
    const both = mergeMeshes([SHAPES.box, SHAPES.cylinder].map((mesh) => ({ mesh, pose: IDENTITY_POSE })));
    expect(meshVolume(both)).toBeCloseTo(meshVolume(SHAPES.box) + meshVolume(SHAPES.cylinder), 9);
  });
});

describe('a hull', () => {
  it('has every point behind every face, and its corners among the points', () => {
    for (let k = 0; k < 20; k++) {
      const points = Array.from({ length: 6 + k }, (): Vec3 => [rng.normal(), rng.normal(), rng.normal()]);
      const mesh = hullMesh(points);
      for (let t = 0; t < mesh.indices.length; t += 3) {
        const [a, b, c] = [0, 1, 2].map((i) => corner(mesh, mesh.indices[t + i]));
        const normal = cross(subtract(b, a), subtract(c, a));
        for (const p of points) expect(dot(normal, subtract(p, a))).toBeLessThan(1e-5);
      }
      const given = new Set(points.map((p) => p.map(Math.fround).join(' ')));
      for (const p of corners(mesh)) expect(given).toContain(p.join(' '));
    }
  });

  const boxPoints = corners(boxMesh([1, 2, 3]));

  it('leaves out what lies inside', () => {
    const mesh = hullMesh([...boxPoints, [0, 0, 0], [0.5, -1, 2], [0.9, 1.9, -2.9]]);
    expect(mesh.positions).toHaveLength(24);
    expect(meshVolume(mesh)).toBeCloseTo(48, 6);
  });

  it('of fewer than four points, or of points on one line, is an error', () => {
    for (const along of [(i: number) => [i, 0, 0] as const, () => [1, 1, 1] as const])
      expect(() => hullMesh(Array.from({ length: 5 }, (_, i) => along(i)))).toThrow();
    expect(() => hullMesh(boxPoints.slice(0, 3))).toThrow('cannot build a simplex out of <4 points');
  });
});

describe('the bounds of a mesh under a pose', () => {
  it('are those of its vertices where the pose puts them', () => {
    const pose = { position: [0.1, 0.2, -0.3] as const, quaternion: axisAngle([0, 0, 1], Math.PI / 2) };
    const { min, max } = meshBounds(SHAPES.box, pose);
    [0.08, 0.19, -0.33, 0.12, 0.21, -0.27].forEach((v, i) => {
      expect([...min, ...max][i]).toBeCloseTo(v, 6);
    });
    const turned = { ...pose, quaternion: randomQuat(rng) };
    const all = corners(SHAPES.hull).map((p) => transform(turned, p));
    const found = meshBounds(SHAPES.hull, turned);
    for (const k of [0, 1, 2]) {
      expect(found.min[k]).toBe(Math.min(...all.map((p) => p[k])));
      expect(found.max[k]).toBe(Math.max(...all.map((p) => p[k])));
    }
  });
});
