import { describe, expect, it } from 'vitest';
import { findTable } from '../../../sim/camera/table-plane.ts';
import { axisAngle, dot, normalize, rotate, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';

const UP: Vec3 = [0, 0, 1];
const search = { up: UP, tilt: 0.3 };

/** Points of a horizontal square. @param noise standard deviation of the height, metres. */
function square(side: number, z: number, count: number, noise: number, seed = 0): Vec3[] {
  const rng = rngStream(seed, 'test/table', Math.round(1000 * z) + 500);
  return Array.from({ length: count }, (): Vec3 => {
    const [x, y] = [rng.range(-side / 2, side / 2), rng.range(-side / 2, side / 2)];
    return [x, y, z + noise * rng.normal()];
  });
}

const flat = (points: readonly Vec3[]): Float32Array => Float32Array.from(points.flat());

describe('the table', () => {
  it.each([0, 1, 2])('is found to a millimetre and half a degree under noise and tilt (seed %i)', (seed) => {
    const tilt = axisAngle(normalize([1, 0.4, 0]), 0.1);
    const scene = [...square(0.6, 0.1, 3000, 0.001, seed), ...square(0.1, 0.16, 500, 0.001, seed)];
    const table = findTable(flat(scene.map((p) => rotate(tilt, p))), search)!;
    expect(Math.acos(dot(table.normal, rotate(tilt, UP)))).toBeLessThan(0.009);
    expect(table.offset).toBeCloseTo(0.1, 3);
    expect(table.share).toBeGreaterThan(0.7);
  });

  it('is not the lid of a box, though more of it is seen', () => {
    const scene = [...square(0.6, 0, 1200, 0.001), ...square(0.25, 0.08, 2000, 0.001)];
    expect(findTable(flat(scene), search)?.offset).toBeCloseTo(0, 3);
  });

  it('is the same for the same points, and passes over points that are none', () => {
    const points = flat(square(0.5, 0.2, 2000, 0.002));
    const holes = points.map((value, i) => (Math.floor(i / 3) % 5 === 0 ? Number.NaN : value));
    expect(findTable(points, search)).toEqual(findTable(points, search));
    expect(findTable(holes, search)?.offset).toBeCloseTo(0.2, 3);
  });

  it('is none where there is no plane, none of such a tilt, or next to nothing', () => {
    const rng = rngStream(3, 'test/cloud', 0);
    const cloud = Array.from({ length: 3000 }, (): Vec3 => [rng.next(), rng.next(), rng.next()]);
    expect(findTable(flat(cloud), search)).toBeUndefined();
    const wall = square(0.5, 0, 2000, 0.001).map(([x, y, z]): Vec3 => [z, x, y]);
    expect(findTable(flat(wall), search)).toBeUndefined();
    expect(findTable(flat(square(0.5, 0, 10, 0)), search)).toBeUndefined();
  });
});
