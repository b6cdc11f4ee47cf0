import { describe, expect, it } from 'vitest';
import {
  add,
  axisAngle,
  compose,
  conjugate,
  cross,
  dot,
  fromAxes,
  IDENTITY_QUAT,
  invert,
  multiply,
  norm,
  normalize,
  type Pose,
  type Quat,
  randomQuat,
  rotate,
  scale,
  subtract,
  transform,
  type Vec3,
} from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const rng = rngStream(0, 'poses');
const vector = (): Vec3 => [rng.normal(), rng.normal(), rng.normal()];
const pose = (): Pose => ({ position: vector(), quaternion: randomQuat(rng) });
const AXES: readonly Vec3[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

function expectClose(got: readonly number[], wanted: readonly number[], digits = 12): void {
  expect(got).toHaveLength(wanted.length);
  got.forEach((v, k) => {
    expect(v).toBeCloseTo(wanted[k], digits);
  });
}

/** Rotation of a vector about a unit axis, by Rodrigues' formula. */
function turned(v: Vec3, axis: Vec3, angle: number): Vec3 {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return add(add(scale(v, c), scale(cross(axis, v), s)), scale(axis, dot(axis, v) * (1 - c)));
}

describe('rotations', () => {
  it('about an axis follow Rodrigues, counter-clockwise seen from its tip', () => {
    for (let i = 0; i < 50; i++) {
      const [axis, angle, v] = [normalize(vector()), rng.range(-7, 7), vector()];
      expectClose(rotate(axisAngle(axis, angle), v), turned(v, axis, angle));
    }
    expectClose(rotate(axisAngle([0, 0, 1], Math.PI / 2), [1, 0, 0]), [0, 1, 0]);
  });

  it('one after the other are the product, the first on the right', () => {
    for (let i = 0; i < 50; i++) {
      const [a, b, v] = [randomQuat(rng), randomQuat(rng), vector()];
      expectClose(rotate(multiply(a, b), v), rotate(a, rotate(b, v)));
      expectClose(multiply(a, conjugate(a)), IDENTITY_QUAT);
    }
  });

  it('keep lengths, angles and handedness', () => {
    for (let i = 0; i < 50; i++) {
      const [q, a, b] = [randomQuat(rng), vector(), vector()];
      const [ra, rb] = [rotate(q, a), rotate(q, b)];
      expect(norm(ra)).toBeCloseTo(norm(a), 12);
      expect(dot(ra, rb)).toBeCloseTo(dot(a, b), 11);
      expectClose(cross(ra, rb), rotate(q, cross(a, b)), 11);
    }
  });

  it('come back from their axes, also half turns, where the trace is least', () => {
    const half = AXES.map((axis) => axisAngle(axis, Math.PI));
    const near = AXES.map((axis) => axisAngle(axis, 3.14));
    for (const q of [...half, ...near, IDENTITY_QUAT, ...Array.from({ length: 100 }, () => randomQuat(rng))]) {
      const [x, y, z] = AXES.map((axis) => rotate(q, axis));
      const back = fromAxes(x, y, z);
      // q and -q are the same rotation
      expect(Math.abs(back.reduce((sum, v, k) => sum + v * q[k], 0))).toBeCloseTo(1, 12);
    }
  });

  it('drawn at random are unit quaternions, spread evenly over all rotations', () => {
    const n = 4000;
    const drawn = Array.from({ length: n }, () => randomQuat(rng));
    for (const q of drawn) expect(Math.hypot(...q)).toBeCloseTo(1, 12);
    for (const axis of AXES) {
      const images = drawn.map((q) => rotate(q, axis));
      for (const k of [0, 1, 2]) {
        const mean = images.reduce((sum, v) => sum + v[k], 0) / n;
        const square = images.reduce((sum, v) => sum + v[k] ** 2, 0) / n;
        // a coordinate of a point on the sphere is uniform: variance 1 / 3, that of its square 4 / 45
        expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(3 * n));
        expect(Math.abs(square - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / n));
      }
    }
  });
});

describe('poses', () => {
  it('map points by turning, then shifting', () => {
    const quarter: Quat = axisAngle([0, 0, 1], Math.PI / 2);
    expectClose(transform({ position: [10, 0, 0], quaternion: quarter }, [1, 2, 3]), [8, 1, 3]);
  });

  it('compose with their inverse to the identity', () => {
    for (let i = 0; i < 50; i++) {
      const [p, point] = [pose(), vector()];
      for (const identity of [compose(invert(p), p), compose(p, invert(p))])
        expectClose(transform(identity, point), point, 9);
    }
  });

  it('chain: T_a_c = T_a_b * T_b_c', () => {
    for (let i = 0; i < 50; i++) {
      const [ab, bc, point] = [pose(), pose(), vector()];
      expectClose(transform(compose(ab, bc), point), transform(ab, transform(bc, point)), 9);
      const [back, once] = [invert(compose(ab, bc)), compose(invert(bc), invert(ab))];
      expect(norm(subtract(back.position, once.position))).toBeLessThan(1e-9);
    }
  });
});
