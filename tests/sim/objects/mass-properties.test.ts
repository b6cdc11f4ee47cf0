import { describe, expect, it } from 'vitest';
import { axisAngle, IDENTITY_QUAT, type Quat, randomQuat, rotate, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import {
  isPhysical,
  massProperties,
  meshesMoments,
  meshMoments,
  sumMoments,
  type Tensor,
  withMass,
} from '../../../sim/objects/mass-properties.ts';
import { boxMesh, capsuleMesh, hullMesh, type Mesh, mergeMeshes } from '../../../sim/objects/mesh.ts';
import { torus } from '../../support/objects/household.ts';

const BOX = boxMesh([0.02, 0.03, 0.04]);
const rng = rngStream(0, 'test/mass-properties');
const at = (mesh: Mesh, position: Vec3, quaternion: Quat = IDENTITY_QUAT): Mesh =>
  mergeMeshes([{ mesh, pose: { position, quaternion } }]);

describe('the moments of a mesh', () => {
  const [x, y, z] = [0.04, 0.06, 0.08];

  it('are those of the closed form for a box, wherever it is', () => {
    const middle: Vec3 = [0.3, -0.2, 0.5];
    const mesh = at(BOX, middle, axisAngle([0, 0, 1], 0.7));
    const { mass, centre, inertia, frame } = massProperties(withMass(meshMoments(mesh), 2));
    expect(mass).toBe(2);
    for (const k of [0, 1, 2]) expect(centre[k]).toBeCloseTo(middle[k], 5);
    const expected = [y * y + z * z, x * x + z * z, x * x + y * y].map((s) => (2 / 12) * s);
    for (const k of [0, 1, 2]) expect([...inertia].sort()[k] / [...expected].sort()[k]).toBeCloseTo(1, 4);
    // the principal axes are the box's own
    const axis = rotate(frame, [1, 0, 0]);
    expect(
      Math.max(
        Math.abs(axis[2]),
        Math.abs(axis[0] * Math.cos(0.7) + axis[1] * Math.sin(0.7)),
        Math.abs(-axis[0] * Math.sin(0.7) + axis[1] * Math.cos(0.7)),
      ),
    ).toBeCloseTo(1, 4);
  });

  it('are those of a sphere and of a torus', () => {
    const ball = meshMoments(capsuleMesh(0.05, 0, 96, 48));
    expect(ball.inertia[0] / (0.4 * ball.mass * 0.05 ** 2)).toBeCloseTo(1, 2);
    const ring = meshMoments(torus(0.03, 0.01, 96, 48));
    expect(ring.inertia[2] / (ring.mass * (0.03 ** 2 + 0.75 * 0.01 ** 2))).toBeCloseTo(1, 2);
    expect(isPhysical(massProperties(ring))).toBe(true);
  });

  it('are those of points strewn evenly in it', () => {
    const corners = Array.from({ length: 4 }, (): Vec3 => [rng.normal(), rng.normal(), rng.normal()]);
    const { mass, centre, inertia } = meshMoments(hullMesh(corners));
    const n = 20_000;
    // uniform over a tetrahedron: exponential weights
    const points = Array.from({ length: n }, () => {
      const w = corners.map(() => -Math.log(1 - rng.next()));
      const sum = w.reduce((a, b) => a + b, 0);
      return [0, 1, 2].map((k) => corners.reduce((s, c, i) => s + (w[i] / sum) * c[k], 0));
    });
    const mean = (of: (p: readonly number[]) => number): number => points.reduce((s, p) => s + of(p), 0) / n;
    for (const k of [0, 1, 2]) expect(Math.abs(mean((p) => p[k]) - centre[k])).toBeLessThan(0.02);
    const about = (i: number, j: number): number => mean((p) => (p[i] - centre[i]) * (p[j] - centre[j]));
    const strewn = [
      ...[about(1, 1) + about(2, 2), about(0, 0) + about(2, 2), about(0, 0) + about(1, 1)],
      ...[-about(0, 1), -about(0, 2), -about(1, 2)],
    ];
    strewn.forEach((s, k) => {
      expect(Math.abs(s - inertia[k] / mass)).toBeLessThan(0.03 * Math.max(...strewn));
    });
  });

  it('add up: two halves are the whole, and two bodies are the mesh of both', () => {
    const half = boxMesh([0.01, 0.03, 0.04]);
    const sides = [at(half, [-0.01, 0, 0]), at(half, [0.01, 0, 0])];
    const [sum, whole] = [sumMoments(sides.map(meshMoments)), meshMoments(BOX)];
    for (const k of [0, 1, 2]) expect(sum.inertia[k] / whole.inertia[k]).toBeCloseTo(1, 5);
    const apart = [at(BOX, [0.1, 0, 0.02], randomQuat(rng)), at(half, [-0.1, 0.03, 0])];
    const [two, both] = [
      sumMoments(apart.map(meshMoments)),
      meshMoments(
        mergeMeshes(apart.map((mesh) => ({ mesh, pose: { position: [0, 0, 0], quaternion: IDENTITY_QUAT } }))),
      ),
    ];
    expect(two.mass).toBeCloseTo(both.mass, 9);
    two.inertia.forEach((v, k) => {
      expect(Math.abs(v - both.inertia[k])).toBeLessThan(1e-4 * Math.max(...both.inertia));
    });
  });

  it('of several meshes leave out those that bound nothing', () => {
    const flat = boxMesh([0.02, 0.03, 0]);
    expect(meshesMoments([BOX, flat])).toEqual(meshesMoments([BOX]));
  });
});

describe('principal axes', () => {
  it('give the tensor back, whatever it is', () => {
    for (let i = 0; i < 50; i++) {
      const inertia = Array.from({ length: 6 }, (_, k) => (k < 3 ? 5 : 0) + rng.normal()) as unknown as Tensor;
      const { inertia: moments, frame } = massProperties({ mass: 1, centre: [0, 0, 0], inertia });
      const axes = (
        [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
        ] as const
      ).map((axis) => rotate(frame, axis));
      const entry = (a: number, b: number): number => axes.reduce((s, e, k) => s + moments[k] * e[a] * e[b], 0);
      [entry(0, 0), entry(1, 1), entry(2, 2), entry(0, 1), entry(0, 2), entry(1, 2)].forEach((v, k) => {
        expect(v).toBeCloseTo(inertia[k], 9);
      });
    }
  });

  it('of a diagonal tensor are the axes as they are, to the bit', () => {
    const { inertia, frame } = massProperties({ mass: 1, centre: [0, 0, 0], inertia: [3, 1, 2, 0, 0, 0] });
    expect([inertia, frame]).toEqual([[3, 1, 2], IDENTITY_QUAT]);
  });
});

describe('a rigid body', () => {
  const body = (inertia: Vec3) => ({ mass: 1, centre: [0, 0, 0] as const, inertia, frame: IDENTITY_QUAT });

  it('is any cloud of points that has an extent', () => {
    for (let i = 0; i < 30; i++) {
      const points = Array.from({ length: 4 }, () => [rng.normal(), rng.normal(), rng.normal()]);
      const sum = (of: (p: readonly number[]) => number): number => points.reduce((s, p) => s + of(p), 0);
      const inertia: Tensor = [
        ...([
          sum(([, y, z]) => y * y + z * z),
          sum(([x, , z]) => x * x + z * z),
          sum(([x, y]) => x * x + y * y),
        ] as const),
        ...([-sum(([x, y]) => x * y), -sum(([x, , z]) => x * z), -sum(([, y, z]) => y * z)] as const),
      ];
      expect(isPhysical(massProperties({ mass: 4, centre: [0, 0, 0], inertia }))).toBe(true);
    }
  });

  it('has no moment below 0 and none above the sum of the other two', () => {
    expect(isPhysical(body([1, 1, 2]))).toBe(true);
    for (const wrong of [
      [1, 1, 2.1],
      [1, 3, 1],
      [9, 1, 1],
      [-1, 2, 2],
      [0, 0, 0],
      [Number.NaN, 1, 1],
    ] as const)
      expect(isPhysical(body(wrong)), wrong.join()).toBe(false);
  });
});
