/** Source families: procedural shapes for pretraining. */
import { axisAngle, randomQuat, type Vec3 } from '../math/pose.ts';
import type { Rng } from '../math/rng.ts';
import { cos, sin, tan } from '../math/trigonometry.ts';
import { box } from './family-parts.ts';
import { type Part, part } from './object.ts';

/** Corners of a convex polygon in the plane: points of an ellipse at jittered angles. Lengths in metres. */
function polygon(rng: Rng, corners: number, half: readonly [number, number]): (readonly [number, number])[] {
  const start = rng.range(0, 2 * Math.PI);
  return Array.from({ length: corners }, (_, i) => {
    const a = start + (2 * Math.PI * (i + rng.range(-0.3, 0.3))) / corners;
    return [half[0] * cos(a), half[1] * sin(a)];
  });
}

const RING_SIDES = 14;

/** A frustum between two radii, as a hull. */
function frustum(bottom: number, top: number, z: readonly [number, number]): Part {
  const ring = (radius: number, height: number): Vec3[] =>
    Array.from({ length: RING_SIDES }, (_, i) => {
      const a = (2 * Math.PI * i) / RING_SIDES;
      return [radius * cos(a), radius * sin(a), height];
    });
  return part({ kind: 'hull', points: [...ring(bottom, z[0]), ...ring(top, z[1])] });
}

/** One random convex solid around a point, in a random orientation. */
function anySolid(rng: Rng, at: Vec3): Part {
  const size = (): number => rng.range(0.009, 0.026);
  const turn = rng.next() < 0.5 ? axisAngle([0, 0, 1], rng.range(0, Math.PI)) : randomQuat(rng);
  switch (rng.int(4)) {
    case 0:
      return part({ kind: 'box', half: [size(), size(), size()] }, at, turn);
    case 1:
      return part({ kind: 'cylinder', radius: size(), halfHeight: size() }, at, turn);
    case 2:
      return part({ kind: 'capsule', radius: 0.7 * size(), halfHeight: size() }, at, turn);
    default: {
      const half: Vec3 = [size(), size(), size()];
      const points = [-1, 1].flatMap((z) =>
        polygon(rng, 3 + rng.int(4), [half[0], half[1]]).map(([x, y]): Vec3 => [x, y, z * half[2]]),
      );
      return part({ kind: 'hull', points }, at, turn);
    }
  }
}

/**
 * Families for pretraining alone: open-ended ones whose members differ a great deal. Neither training nor evaluation draws
 * from them, so what a pretrained trunk saw, what a learner trains on, and what it is judged by are three disjoint sets.
 */
export const SOURCE_SHAPES = {
  /** A convex polygon of 3 to 8 corners, extruded, its top a little smaller. */
  prism: (r) => {
    const [h, taper] = [r.range(0.008, 0.04), r.range(0.6, 1)];
    const base = polygon(r, 3 + r.int(6), [r.range(0.014, 0.05), r.range(0.012, 0.04)]);
    const level = (z: number, s: number): Vec3[] => base.map(([x, y]) => [x * s, y * s, z]);
    return [part({ kind: 'hull', points: [...level(-h, 1), ...level(h, taper)] })];
  },
  /** A turned body: two to five frusta on one axis. */
  lathe: (r) => {
    const count = 2 + r.int(4);
    const radii = Array.from({ length: count + 1 }, () => r.range(0.007, 0.036));
    const heights = Array.from({ length: count }, () => r.range(0.008, 0.032));
    const total = heights.reduce((a, b) => a + b, 0);
    let z = -total / 2;
    return heights.map((h, i) => {
      z += h;
      return frustum(radii[i], radii[i + 1], [z - h, z]);
    });
  },
  /** Two to five random solids grown together. */
  composite: (r) => {
    const parts = [anySolid(r, [0, 0, 0])];
    const count = 2 + r.int(4);
    while (parts.length < count) {
      const [x, y, z] = r.pick(parts).pose.position;
      const a = r.range(0, 2 * Math.PI);
      const d = r.range(0.012, 0.026);
      parts.push(anySolid(r, [x + d * cos(a), y + d * sin(a), z + r.range(-0.012, 0.012)]));
    }
    return parts;
  },
  /** A bent rod: two to four capsules end to end, turning at every joint. */
  bent: (r) => {
    const [radius, count] = [r.range(0.007, 0.016), 2 + r.int(3)];
    let [x, y, heading] = [0, 0, 0];
    return Array.from({ length: count }, () => {
      const length = r.range(0.022, 0.055);
      const at: Vec3 = [x + (length / 2) * cos(heading), y + (length / 2) * sin(heading), 0];
      // a capsule lies along +Z: first onto +X, then to its heading
      const axis: Vec3 = [-sin(heading), cos(heading), 0];
      const piece = part({ kind: 'capsule', radius, halfHeight: length / 2 }, at, axisAngle(axis, Math.PI / 2));
      [x, y] = [x + length * cos(heading), y + length * sin(heading)];
      heading += r.range(0.4, 1.6) * (r.next() < 0.7 ? 1 : -1);
      return piece;
    });
  },
  /** A piece of a round wall, with or without a floor: gutters, hooks, open bowls. */
  arc: (r) => {
    const [radius, thick, height] = [r.range(0.022, 0.05), r.range(0.006, 0.016), r.range(0.012, 0.05)];
    const [pieces, sweep] = [4 + r.int(7), r.range(1.2, 4.6)];
    const width = 2 * radius * tan(sweep / pieces / 2);
    const wall = Array.from({ length: pieces }, (_, i) => {
      const a = (sweep * (i + 0.5)) / pieces;
      const middle = radius - thick / 2;
      const at: Vec3 = [middle * cos(a), middle * sin(a), 0];
      return box(thick, width, height, at, axisAngle([0, 0, 1], a));
    });
    if (r.next() < 0.6) return wall;
    const floor = part({ kind: 'cylinder', radius: radius - thick, halfHeight: thick / 2 }, [
      0,
      0,
      (thick - height) / 2,
    ]);
    return [...wall, floor];
  },
  /** A slab with a sloping top. */
  wedge: (r) => {
    const [a, b, h, low] = [r.range(0.02, 0.08), r.range(0.016, 0.045), r.range(0.02, 0.055), r.range(0.15, 0.75)];
    const shift = r.range(-0.25, 0.25) * a;
    const corners = [-1, 1].flatMap((s): Vec3[] => [
      [-a / 2, (s * b) / 2, 0],
      [a / 2, (s * b) / 2, 0],
      [-a / 2 + shift, (s * b) / 2, h],
      [a / 2 + shift, (s * b) / 2, h * low],
    ]);
    return [part({ kind: 'hull', points: corners })];
  },
} as const satisfies Record<string, (rng: Rng) => Part[]>;
