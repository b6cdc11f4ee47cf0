import { describe, expect, it } from 'vitest';
import { rotate, transform, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import type { Part } from '../../../sim/objects/object.ts';
import { SOURCE_SHAPES } from '../../../sim/objects/source-families.ts';

type Name = keyof typeof SOURCE_SHAPES;
const drawn = (name: Name): Part[][] =>
  Array.from({ length: 40 }, (_, i) => SOURCE_SHAPES[name](rngStream(0, `test/source/${name}`, i)));
const points = ({ solid }: Part): readonly Vec3[] => {
  if (solid.kind !== 'hull') throw new Error(`expected a hull, got ${solid.kind}`);
  return solid.points;
};
const distance = (a: Vec3, b: Vec3): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe('families for pretraining', () => {
  it('prism: 3 to 8 corners, its top no larger than its base and of the same form', () => {
    const corners = drawn('prism').map(([part]) => {
      const all = points(part);
      const n = all.length / 2;
      const taper = all[n][0] / all[0][0];
      expect(taper).toBeGreaterThan(0.6);
      expect(taper).toBeLessThan(1);
      for (let i = 0; i < n; i++) {
        expect([all[n + i][0] / all[i][0], all[n + i][1] / all[i][1]]).toEqual(
          [taper, taper].map((t) => expect.closeTo(t, 9)),
        );
        expect(all[n + i][2]).toBe(-all[i][2]);
      }
      return n;
    });
    expect(new Set(corners)).toEqual(new Set([3, 4, 5, 6, 7, 8]));
  });

  it('lathe: frusta on one axis, each beginning where the one before ended', () => {
    for (const parts of drawn('lathe')) {
      const ends = parts.map((p) => {
        const radii = points(p).map(([x, y, z]) => ({ r: Math.hypot(x, y), z }));
        const [low, high] = [radii[0], radii[radii.length - 1]];
        for (const { r, z } of radii) expect(r).toBeCloseTo(z === low.z ? low.r : high.r, 12);
        return { low, high };
      });
      for (let i = 1; i < ends.length; i++) {
        expect(ends[i].low.z).toBeCloseTo(ends[i - 1].high.z, 12);
        expect(ends[i].low.r).toBeCloseTo(ends[i - 1].high.r, 12);
      }
      expect(ends[0].low.z).toBeCloseTo(-ends[ends.length - 1].high.z, 12);
    }
  });

  it('composite: two to five solids, each close to one before it', () => {
    const counts = drawn('composite').map((parts) => {
      parts.forEach(({ pose }, i) => {
        const near = parts.slice(0, i).map((p) => distance(p.pose.position, pose.position));
        if (i > 0) expect(Math.min(...near)).toBeLessThan(0.03);
      });
      return parts.length;
    });
    expect(new Set(counts)).toEqual(new Set([2, 3, 4, 5]));
  });

  it('bent: rods of one thickness, end to end', () => {
    for (const parts of drawn('bent')) {
      const rods = parts.map(({ solid, pose }) => {
        if (solid.kind !== 'capsule') throw new Error(`expected a capsule, got ${solid.kind}`);
        const end = (z: number): Vec3 => transform(pose, [0, 0, z]);
        expect(rotate(pose.quaternion, [0, 0, 1])[2]).toBeCloseTo(0, 12);
        return { radius: solid.radius, from: end(-solid.halfHeight), to: end(solid.halfHeight) };
      });
      expect(new Set(rods.map((r) => r.radius)).size).toBe(1);
      for (let i = 1; i < rods.length; i++) expect(distance(rods[i].from, rods[i - 1].to)).toBeLessThan(1e-12);
    }
  });

  it('arc: pieces of one wall that meet, some with a floor', () => {
    const floors = drawn('arc').map((parts) => {
      const walls = parts.filter((p) => p.solid.kind === 'box');
      const radii = walls.map(({ pose: { position } }) => Math.hypot(position[0], position[1]));
      for (const r of radii) expect(r).toBeCloseTo(radii[0], 12);
      const gap = distance(walls[0].pose.position, walls[1].pose.position);
      for (let i = 1; i < walls.length; i++)
        expect(distance(walls[i].pose.position, walls[i - 1].pose.position)).toBeCloseTo(gap, 9);
      return parts.length - walls.length;
    });
    expect(new Set(floors)).toEqual(new Set([0, 1]));
  });

  it('wedge: one end higher than the other', () => {
    for (const [part] of drawn('wedge')) {
      const tops = [...new Set(points(part).map((p) => p[2]))].sort((a, b) => a - b);
      expect(tops).toHaveLength(3);
      expect(tops[1] / tops[2]).toBeLessThan(0.76);
    }
  });
});
