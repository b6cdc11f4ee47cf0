/** Object families: procedural shapes by name, who learns and is judged on which, and draws of objects. */
import { pow } from '../math/exponential.ts';
import type { Vec3 } from '../math/pose.ts';
import type { Rng } from '../math/rng.ts';
import { cos, sin } from '../math/trigonometry.ts';
import { ALONG_X, ALONG_Y, box, wall } from './family-parts.ts';
import { type ObjectModel, type Part, part, partsMesh } from './object.ts';
import { SOURCE_SHAPES } from './source-families.ts';

/** Sign-preserving power, for superquadrics. */
const signedPower = (value: number, exponent: number): number => Math.sign(value) * pow(Math.abs(value), exponent);

/** Points of a superellipsoid |x/a|^(2/e2) ... (A. Barr, 1981) with squareness e1 (vertical) and e2 (horizontal). */
function superquadric(half: Vec3, e1: number, e2: number): Vec3[] {
  const points: Vec3[] = [[0, 0, -half[2]]];
  for (let i = 1; i < 8; i++) {
    const v = -Math.PI / 2 + (Math.PI * i) / 8;
    for (let j = 0; j < 20; j++) {
      const w = (2 * Math.PI * j) / 20;
      const ring = signedPower(cos(v), e1);
      points.push([
        half[0] * ring * signedPower(cos(w), e2),
        half[1] * ring * signedPower(sin(w), e2),
        half[2] * signedPower(sin(v), e1),
      ]);
    }
  }
  points.push([0, 0, half[2]]);
  return points;
}

/** A point of the unit sphere, uniform. */
function direction(rng: Rng): Vec3 {
  const z = rng.range(-1, 1);
  const a = rng.range(0, 2 * Math.PI);
  const r = Math.sqrt(1 - z * z);
  return [r * cos(a), r * sin(a), z];
}

/** The procedural families: each draws the parts of one object, metres. */
const SHAPES = {
  box: (r) => [box(r.range(0.02, 0.09), r.range(0.02, 0.07), r.range(0.02, 0.06))],
  cylinder: (r) => [part({ kind: 'cylinder', radius: r.range(0.01, 0.036), halfHeight: r.range(0.015, 0.05) })],
  capsule: (r) => [part({ kind: 'capsule', radius: r.range(0.011, 0.028), halfHeight: r.range(0.012, 0.045) })],
  bar: (r) => [box(r.range(0.1, 0.17), r.range(0.012, 0.035), r.range(0.012, 0.035))],
  'l-shape': (r) => {
    const [a, b, w, h] = [r.range(0.06, 0.11), r.range(0.05, 0.1), r.range(0.016, 0.032), r.range(0.016, 0.036)];
    return [box(a, w, h), box(w, b, h, [(w - a) / 2, (w + b) / 2, 0])];
  },
  frustum: (r) => {
    const [bottom, top, h] = [r.range(0.02, 0.045), r.range(0.008, 0.03), r.range(0.03, 0.07)];
    const sides = 3 + r.int(8);
    const ring = (radius: number, z: number): Vec3[] =>
      Array.from({ length: sides }, (_, i) => {
        const a = (2 * Math.PI * i) / sides;
        return [radius * cos(a), radius * sin(a), z];
      });
    return [part({ kind: 'hull', points: [...ring(bottom, -h / 2), ...ring(top, h / 2)] })];
  },
  superquadric: (r) => {
    const half: Vec3 = [r.range(0.015, 0.05), r.range(0.014, 0.036), r.range(0.013, 0.036)];
    return [part({ kind: 'hull', points: superquadric(half, r.range(0.3, 1.5), r.range(0.3, 1.7)) })];
  },
  ring: (r) => wall(r.range(0.028, 0.05), r.range(0.008, 0.014), r.range(0.015, 0.04), 12),
  dumbbell: (r) => {
    const [length, bar, head] = [r.range(0.05, 0.09), r.range(0.007, 0.013), r.range(0.017, 0.03)];
    const width = r.range(0.015, 0.03);
    const end = (x: number): Part =>
      part({ kind: 'cylinder', radius: head, halfHeight: width / 2 }, [x, 0, 0], ALONG_X);
    const x = (length + width) / 2;
    return [part({ kind: 'cylinder', radius: bar, halfHeight: length / 2 }, [0, 0, 0], ALONG_X), end(-x), end(x)];
  },
  sphere: (r) => [part({ kind: 'sphere', radius: r.range(0.013, 0.036) })],
  't-shape': (r) => {
    const [a, b, w, h] = [r.range(0.07, 0.12), r.range(0.04, 0.09), r.range(0.016, 0.03), r.range(0.016, 0.036)];
    return [box(a, w, h), box(w, b, h, [0, (w + b) / 2, 0])];
  },
  cross: (r) => {
    const [a, b, w, h] = [r.range(0.07, 0.12), r.range(0.07, 0.12), r.range(0.016, 0.03), r.range(0.016, 0.036)];
    const arm = (b - w) / 2;
    return [box(a, w, h), box(w, arm, h, [0, (w + arm) / 2, 0]), box(w, arm, h, [0, -(w + arm) / 2, 0])];
  },
  rock: (r) => {
    const half: Vec3 = [r.range(0.02, 0.045), r.range(0.018, 0.036), r.range(0.016, 0.033)];
    const count = 10 + r.int(14);
    const points = Array.from({ length: count }, (): Vec3 => {
      const d = direction(r);
      const s = r.range(0.8, 1);
      return [half[0] * d[0] * s, half[1] * d[1] * s, half[2] * d[2] * s];
    });
    return [part({ kind: 'hull', points })];
  },
  mug: (r) => {
    const [radius, height, thick] = [r.range(0.026, 0.04), r.range(0.05, 0.085), r.range(0.006, 0.009)];
    const [reach, grip] = [r.range(0.016, 0.026), r.range(0.007, 0.011)];
    const bottom = part({ kind: 'cylinder', radius: radius - thick, halfHeight: thick / 2 }, [
      0,
      0,
      (thick - height) / 2,
    ]);
    const level = height * r.range(0.22, 0.3);
    const bar = (z: number): Part => box(reach, grip, grip, [radius + reach / 2, 0, z]);
    const outer = box(grip, grip, 2 * level + grip, [radius + reach + grip / 2, 0, 0]);
    return [...wall(radius, thick, height, 12), bottom, bar(level), bar(-level), outer];
  },
  pestle: (r) => {
    const [radius, length, head] = [r.range(0.008, 0.014), r.range(0.06, 0.11), r.range(0.016, 0.026)];
    const knob = part({ kind: 'sphere', radius: head }, [0, length / 2 + head * 0.8, 0]);
    return [part({ kind: 'cylinder', radius, halfHeight: length / 2 }, [0, 0, 0], ALONG_Y), knob];
  },
  plate: (r) => [box(r.range(0.045, 0.075), r.range(0.05, 0.1), r.range(0.005, 0.011))],
  key: (r) => {
    const [bow, thick, h] = [r.range(0.014, 0.02), r.range(0.006, 0.009), r.range(0.004, 0.008)];
    const [length, width] = [r.range(0.035, 0.055), r.range(0.007, 0.011)];
    const tooth = (share: number): Part => {
      const [w, reach] = [r.range(0.005, 0.009), r.range(0.005, 0.01)];
      return box(w, reach, h, [bow + share * length, (width + reach) / 2, 0]);
    };
    return [...wall(bow, thick, h, 12), box(length, width, h, [bow + length / 2, 0, 0]), tooth(0.65), tooth(0.9)];
  },
  tetra: (r) => {
    const corners: readonly Vec3[] = [
      [1, 1, 1],
      [1, -1, -1],
      [-1, 1, -1],
      [-1, -1, 1],
    ];
    const half = r.range(0.016, 0.028);
    const points = corners.map((c): Vec3 => {
      const stretch = half * r.range(0.85, 1.15);
      return [c[0] * stretch, c[1] * stretch, c[2] * stretch];
    });
    return [part({ kind: 'hull', points })];
  },
  ...SOURCE_SHAPES,
} as const satisfies Record<string, (rng: Rng) => Part[]>;

export type Family = keyof typeof SHAPES;

/** Every procedural family's name. */
export const FAMILIES = Object.keys(SHAPES) as readonly Family[];

/** Families that no learner trains on: generalisation is measured on these. */
export const HELD_OUT_FAMILIES: readonly Family[] = ['sphere', 't-shape', 'cross', 'rock', 'mug'];

/**
 * Adversarial families: thin and flat ones of which the camera and the jaws catch little, and one without two parallel faces.
 * No default draws them; a scenario must name them.
 */
export const HARD_FAMILIES: readonly Family[] = ['plate', 'key', 'tetra'];

/** What trunks are pretrained on, and nothing else. No default draws them; a scenario must name them. */
export const SOURCE_FAMILIES = Object.keys(SOURCE_SHAPES) as readonly Family[];

/** What scenarios draw from unless they say otherwise. */
export const STANDARD_FAMILIES: readonly Family[] = FAMILIES.filter(
  (f) => !HARD_FAMILIES.includes(f) && !SOURCE_FAMILIES.includes(f),
);

/** The families that learners train on. */
export const TRAINING_FAMILIES: readonly Family[] = STANDARD_FAMILIES.filter((f) => !HELD_OUT_FAMILIES.includes(f));

/** Ranges from which size, mass and surface are drawn, uniformly. */
export interface ObjectRanges {
  /** Factor on every length. */
  readonly scale: readonly [number, number];
  /** kg/m^3 */
  readonly density: readonly [number, number];
  readonly friction: readonly [number, number];
}

/** Hue, saturation and value in 0..1 to RGB in 0..1. */
export function hsvToRgb(h: number, s: number, v: number): Vec3 {
  const channel = (n: number): number => {
    const k = (n + h * 6) % 6;
    return v - v * s * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}

const scaleVec = (v: Vec3, s: number): Vec3 => [v[0] * s, v[1] * s, v[2] * s];

/** The part of an object `s` times as large. */
export function scalePart({ solid, pose }: Part, s: number): Part {
  const placed = { position: scaleVec(pose.position, s), quaternion: pose.quaternion };
  switch (solid.kind) {
    case 'box':
      return { solid: { kind: 'box', half: scaleVec(solid.half, s) }, pose: placed };
    case 'sphere':
      return { solid: { kind: 'sphere', radius: solid.radius * s }, pose: placed };
    case 'hull':
      return { solid: { kind: 'hull', points: solid.points.map((p) => scaleVec(p, s)) }, pose: placed };
    case 'cylinder':
    case 'capsule':
      return { solid: { ...solid, radius: solid.radius * s, halfHeight: solid.halfHeight * s }, pose: placed };
    default:
      return solid satisfies never;
  }
}

/** Draws one object of a family: shape, size, density, friction, colour. */
export function sampleObject(family: Family, ranges: ObjectRanges, rng: Rng): ObjectModel {
  const size = rng.range(...ranges.scale);
  const parts = SHAPES[family](rng).map((p) => scalePart(p, size));
  return {
    family,
    parts,
    mesh: partsMesh(parts),
    density: rng.range(...ranges.density),
    friction: rng.range(...ranges.friction),
    colour: hsvToRgb(rng.next(), rng.range(0.25, 0.95), rng.range(0.45, 0.95)),
  };
}
