/** Source families: procedural shapes for pretraining. */
import { axisAngle, randomQuat, type Vec3 } from '../math/pose.ts';
import type { Rng } from '../math/rng.ts';
import { atan2, cos, sin, tan } from '../math/trigonometry.ts';
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

/** An upright board between two points of the plane. */
function plank(
  [x0, y0]: readonly [number, number],
  [x1, y1]: readonly [number, number],
  thick: number,
  height: number,
): Part {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = Math.sqrt(dx * dx + dy * dy);
  return box(length + thick, thick, height, [(x0 + x1) / 2, (y0 + y1) / 2, 0], axisAngle([0, 0, 1], atan2(dy, dx)));
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
  /** A trough or tray: three to six straight walls around a floor. */
  vessel: (r) => {
    const sides = 3 + r.int(4);
    const [radius, thick, height] = [r.range(0.02, 0.05), r.range(0.003, 0.009), r.range(0.015, 0.09)];
    const stretch = r.range(1, 1.7);
    const corners = Array.from({ length: sides }, (_, i): readonly [number, number] => {
      const a = (2 * Math.PI * (i + 0.5)) / sides;
      return [stretch * radius * cos(a), radius * sin(a)];
    });
    const walls = corners.map((from, i) => plank(from, corners[(i + 1) % sides], thick, height));
    if (r.next() < 0.2) return walls;
    const level = (z: number): Vec3[] => corners.map(([x, y]) => [x, y, z]);
    return [...walls, part({ kind: 'hull', points: [...level(-height / 2), ...level(thick - height / 2)] })];
  },
  /** A thin piece cut out of a board: a polygon of five to nine corners, often with an arm. */
  slab: (r) => {
    const thick = r.range(0.005, 0.014);
    const half = [r.range(0.016, 0.055), r.range(0.014, 0.04)] as const;
    const sheet = (points: readonly (readonly [number, number])[]): Part =>
      part({ kind: 'hull', points: [-1, 1].flatMap((z) => points.map(([x, y]): Vec3 => [x, y, (z * thick) / 2])) });
    const body = sheet(polygon(r, 5 + r.int(5), half));
    if (r.next() < 0.4) return [body];
    const [from, length, width] = [0.6 * half[0], r.range(0.03, 0.07), r.range(0.008, 0.02)];
    const at: Vec3 = [from + length / 2, r.range(-0.4, 0.4) * half[1], 0];
    return [body, part({ kind: 'box', half: [length / 2, width / 2, thick / 2] }, at)];
  },
  /** A thin stick, round or with edges, sometimes with a collar. */
  rod: (r) => {
    const [radius, half, edges] = [r.range(0.004, 0.01), r.range(0.03, 0.09), r.range(0, 1)];
    const outline = polygon(r, edges < 0.5 ? 16 : 3 + r.int(4), [radius, radius * r.range(0.7, 1)]);
    const points = [-1, 1].flatMap((z) => outline.map(([x, y]): Vec3 => [z * half, x, y]));
    const stick = part({ kind: 'hull', points });
    if (r.next() < 0.6) return [stick];
    const collar = frustum(radius * r.range(1.6, 3), radius * r.range(1.2, 3), [-0.006, r.range(0.002, 0.012)]);
    const at: Vec3 = [r.range(-0.9, 0.9) * half, 0, 0];
    return [stick, { solid: collar.solid, pose: { position: at, quaternion: axisAngle([0, 1, 0], Math.PI / 2) } }];
  },
  /** An open loop of straight bars: buckles, links, handles. */
  loop: (r) => {
    const sides = 3 + r.int(6);
    const [radius, thick, height] = [r.range(0.018, 0.045), r.range(0.004, 0.012), r.range(0.004, 0.03)];
    const stretch = r.range(1, 2);
    const corners = polygon(r, sides, [stretch * radius, radius]);
    const bars = corners.map((from, i) => plank(from, corners[(i + 1) % sides], thick, height));
    return r.next() < 0.3 ? bars.slice(1) : bars;
  },
  /** A container with a shoulder and a neck, filled: round, oval or with edges. */
  bottle: (r) => {
    const [radius, flat, height] = [r.range(0.016, 0.034), r.range(0.5, 1), r.range(0.04, 0.1)];
    const [neck, shoulder, rise] = [r.range(0.3, 0.7) * radius, r.range(0.006, 0.03), r.range(0.008, 0.035)];
    const outline = polygon(r, r.next() < 0.6 ? 16 : 4 + r.int(5), [1, flat]);
    const level = (z: number, s: number): Vec3[] => outline.map(([x, y]) => [x * s, y * s, z]);
    const body = part({ kind: 'hull', points: [...level(0, radius), ...level(height, radius)] });
    const slope = part({ kind: 'hull', points: [...level(height, radius), ...level(height + shoulder, neck)] });
    const top = height + shoulder;
    return [body, slope, frustum(neck, neck * r.range(0.8, 1.3), [top, top + rise])];
  },
  /** A convex chunk of five to eight corners, as if broken off. */
  shard: (r) => {
    const half: Vec3 = [r.range(0.014, 0.05), r.range(0.012, 0.036), r.range(0.008, 0.036)];
    const points = Array.from({ length: 5 + r.int(4) }, (_, i): Vec3 => {
      const [a, z] = [2.4 * i + r.range(-0.5, 0.5), r.range(-1, 1)];
      const ring = Math.sqrt(1 - 0.7 * z * z);
      return [half[0] * ring * cos(a), half[1] * ring * sin(a), half[2] * z];
    });
    return [part({ kind: 'hull', points })];
  },
  /** Two to four thin fins on a base. */
  comb: (r) => {
    const [length, width, base] = [r.range(0.03, 0.09), r.range(0.02, 0.06), r.range(0.004, 0.014)];
    const [count, thick, tall] = [2 + r.int(3), r.range(0.003, 0.009), r.range(0.015, 0.05)];
    const fins = Array.from({ length: count }, (_, i) =>
      box(thick, width * r.range(0.6, 1), tall, [length * ((i + 0.5) / count - 0.5), 0, (base + tall) / 2]),
    );
    return [box(length, width, base), ...fins];
  },
} as const satisfies Record<string, (rng: Rng) => Part[]>;
