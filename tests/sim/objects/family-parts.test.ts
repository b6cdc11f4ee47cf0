import { describe, expect, it } from 'vitest';
import { invert, rotate, transform, type Vec3 } from '../../../sim/math/pose.ts';
import { ALONG_X, ALONG_Y, box, wall } from '../../../sim/objects/family-parts.ts';
import type { Part } from '../../../sim/objects/object.ts';

/** Whether a point lies in a box, with a hair to spare. */
function inside({ solid, pose }: Part, p: Vec3): boolean {
  if (solid.kind !== 'box') throw new Error(`expected a box, got ${solid.kind}`);
  return transform(invert(pose), p).every((v, k) => Math.abs(v) <= solid.half[k] + 1e-9);
}

describe('parts of families', () => {
  it('are turned as their names say', () => {
    const close = (v: Vec3, wanted: Vec3): void => expect(v).toEqual(wanted.map((x) => expect.closeTo(x, 12)));
    close(rotate(ALONG_X, [0, 0, 1]), [1, 0, 0]);
    close(rotate(ALONG_Y, [0, 0, 1]), [0, -1, 0]);
  });

  it('are boxes of the given edges', () => {
    expect(box(0.2, 0.4, 0.6, [1, 2, 3])).toMatchObject({
      solid: { kind: 'box', half: [0.1, 0.2, 0.3] },
      pose: { position: [1, 2, 3], quaternion: [0, 0, 0, 1] },
    });
  });

  it.each([4, 7, 12])('make a wall of %d boxes without a gap, hollow inside and thin outside', (count) => {
    const [radius, thickness, height] = [0.05, 0.008, 0.03];
    const parts = wall(radius, thickness, height, count, 0.1);
    expect(parts).toHaveLength(count);
    const covered = (r: number, a: number, z = 0.1): boolean =>
      parts.some((p) => inside(p, [r * Math.cos(a), r * Math.sin(a), z]));
    const side = (2 * Math.PI) / count;
    for (let i = 0; i < 720; i++) {
      const a = (Math.PI * i) / 360;
      // the outer faces are the sides of a regular polygon; this is the way to it at an angle
      const edge = radius / Math.cos(a - side * Math.round(a / side));
      expect(covered(0.999 * edge, a)).toBe(true);
      expect(covered(1.001 * edge, a)).toBe(false);
      expect(covered(0.99 * (radius - thickness), a)).toBe(false);
      expect(covered(0.999 * edge, a, 0.1 + height / 2 + 0.001)).toBe(false);
    }
  });
});
