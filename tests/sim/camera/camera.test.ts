import { describe, expect, it } from 'vitest';
import {
  type Camera,
  deproject,
  intrinsicsFromFov,
  lookAt,
  project,
  rotationMatrix,
} from '../../../sim/camera/camera.ts';
import {
  add,
  axisAngle,
  dot,
  norm,
  normalize,
  randomQuat,
  rotate,
  scale,
  subtract,
  type Vec3,
} from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { cameraAt } from '../../support/views.ts';

const rng = rngStream(0, 'test/camera');
const vector = (): Vec3 => [rng.normal(), rng.normal(), rng.normal()];

describe('the camera', () => {
  it('projects what it deprojects', () => {
    const view = cameraAt();
    const depth = Float32Array.from({ length: 128 * 128 }, (_, i) => 0.3 + (i % 97) / 200);
    const points = deproject(view, depth);
    for (const i of [0, 77, 5000, 128 * 128 - 1]) {
      const [u, v, z] = project(view, [points[i * 3], points[i * 3 + 1], points[i * 3 + 2]]);
      expect(u).toBeCloseTo((i % 128) + 0.5, 3);
      expect(v).toBeCloseTo(Math.floor(i / 128) + 0.5, 3);
      expect(z).toBeCloseTo(depth[i], 5);
    }
  });

  it('refuses a depth image of another size', () => {
    expect(() => deproject(cameraAt(), new Float32Array(10))).toThrow(/expected 16384 depths \(128 x 128\), got 10/);
  });

  it('looks down with +Y up in the picture', () => {
    const down: Camera = { intrinsics: intrinsicsFromFov(64, 64, 40), pose: lookAt([0, 0, 1], [0, 0, 0]) };
    expect(project(down, [0, 0.1, 0])[1]).toBeLessThan(32);
    expect(project(down, [0.1, 0, 0])[0]).toBeGreaterThan(32);
  });

  it('sees a point where its ray meets the picture (pinhole)', () => {
    const view = cameraAt();
    const { fx, fy, cx, cy } = view.intrinsics;
    const [right, down, forward] = (
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ] as const
    ).map((a) => rotate(view.pose.quaternion, a));
    for (let i = 0; i < 50; i++) {
      const [x, y, z] = [rng.normal(), rng.normal(), rng.range(0.1, 3)];
      const at = [scale(right, x), scale(down, y), scale(forward, z)].reduce(add, view.pose.position);
      const [u, v, depth] = project(view, at);
      expect(u).toBeCloseTo((fx * x) / z + cx, 9);
      expect(v).toBeCloseTo((fy * y) / z + cy, 9);
      expect(depth).toBeCloseTo(z, 9);
    }
    expect(project(view, subtract(view.pose.position, forward))[2]).toBeCloseTo(-1, 9);
  });

  it('gives no point where there was no return', () => {
    const points = deproject(cameraAt(undefined, 2), Float32Array.of(0, 0.5, -1, Number.NaN));
    expect([...points].map(Number.isNaN)).toEqual([true, true, true, false, false, false, ...Array(6).fill(true)]);
  });

  it('has a vertical field of view of as many degrees as it was asked for, square pixels and its centre in the middle', () => {
    for (const fovDeg of [20, 60, 90]) {
      const intrinsics = intrinsicsFromFov(320, 200, fovDeg);
      expect(intrinsics).toMatchObject({ widthPx: 320, heightPx: 200, cx: 160, cy: 100, fx: intrinsics.fy });
      const half = (fovDeg * Math.PI) / 360;
      const view: Camera = { intrinsics, pose: lookAt([0, 0, 1], [0, 0, 0]) };
      expect(project(view, [0, Math.tan(half), 0])[1]).toBeCloseTo(0, 9);
    }
  });

  it('looks at its target, upright, from anywhere', () => {
    for (let i = 0; i < 50; i++) {
      const [eye, target] = [vector(), vector()];
      const view: Camera = { intrinsics: intrinsicsFromFov(64, 64, 40), pose: lookAt(eye, target) };
      const [u, v, depth] = project(view, target);
      expect([u, v, depth]).toEqual([32, 32, norm(subtract(target, eye))].map((x) => expect.closeTo(x, 8)));
      const right = rotate(view.pose.quaternion, [1, 0, 0]);
      expect(right[2]).toBeCloseTo(0, 12);
      // what is higher in the world is higher in the picture
      expect(project(view, add(target, [0, 0, 0.01]))[1]).toBeLessThan(32);
      expect(dot(normalize(subtract(target, eye)), rotate(view.pose.quaternion, [0, 0, 1]))).toBeCloseTo(1, 12);
    }
  });
});

describe('the matrix of a pose', () => {
  it('turns as its quaternion does, rows outermost', () => {
    for (let i = 0; i < 30; i++) {
      const [quaternion, v] = [randomQuat(rng), vector()];
      const m = rotationMatrix({ position: vector(), quaternion });
      const turned = [0, 1, 2].map((k) => m[3 * k] * v[0] + m[3 * k + 1] * v[1] + m[3 * k + 2] * v[2]);
      expect(turned).toEqual(rotate(quaternion, v).map((x) => expect.closeTo(x, 12)));
    }
    const quarter = rotationMatrix({ position: [0, 0, 0], quaternion: axisAngle([0, 0, 1], Math.PI / 2) });
    expect([...quarter]).toEqual([0, -1, 0, 1, 0, 0, 0, 0, 1].map((x) => expect.closeTo(x, 12)));
  });
});
