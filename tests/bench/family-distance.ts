/**
 * How far the families of pretraining lie from those of evaluation: `tsx tests/bench/family-distance.ts [objects a family]`. A line
 * of JSON for each evaluation family: of how many of its objects the nearest source object is nearer than half of the object's own
 * family. Shapes are compared by distances between points of their surface and to their middle (shape distributions D2 and D1 of
 * Osada et al., 2002), as shares of the largest; so size, place and turn do not count.
 */

import { norm, subtract, type Vec3 } from '../../sim/math/pose.ts';
import { type Rng, rngStream } from '../../sim/math/rng.ts';
import {
  type Family,
  HARD_FAMILIES,
  HELD_OUT_FAMILIES,
  SOURCE_FAMILIES,
  sampleObject,
} from '../../sim/objects/families.ts';
import type { Mesh } from '../../sim/objects/mesh.ts';
import { partsMesh } from '../../sim/objects/object.ts';

const SEED = 17;
const [POINTS, QUANTILES] = [1500, 48];
const RANGES = { scale: [0.8, 1.2], density: [200, 1000], friction: [0.25, 0.8] } as const;

const each = Number(process.argv[2] ?? 60);

/** Points spread evenly over a surface. */
function surfacePoints({ positions, indices }: Mesh, count: number, rng: Rng): Vec3[] {
  const corner = (i: number): Vec3 => [positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]];
  const triangles: (readonly [Vec3, Vec3, Vec3])[] = [];
  const upTo: number[] = [];
  let area = 0;
  for (let t = 0; t < indices.length; t += 3) {
    const [a, b, c] = [corner(indices[t]), corner(indices[t + 1]), corner(indices[t + 2])];
    const [u, v] = [subtract(b, a), subtract(c, a)];
    area += norm([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]) / 2;
    triangles.push([a, b, c]);
    upTo.push(area);
  }
  return Array.from({ length: count }, () => {
    const at = rng.next() * area;
    const [a, b, c] = triangles[upTo.findIndex((sum) => sum >= at)];
    const [r, s] = [Math.sqrt(rng.next()), rng.next()];
    return [0, 1, 2].map((k) => (1 - r) * a[k] + r * (1 - s) * b[k] + r * s * c[k]) as unknown as Vec3;
  });
}

/** Quantiles of distances, as shares of the largest. */
function descriptor(family: Family, index: number): number[] {
  const rng = rngStream(SEED, `distance/${family}`, index);
  const points = surfacePoints(partsMesh(sampleObject(family, RANGES, rng).parts), 2 * POINTS, rng);
  const middle = [0, 1, 2].map((k) => points.reduce((sum, p) => sum + p[k], 0) / points.length) as unknown as Vec3;
  const between = points.slice(0, POINTS).map((p, i) => norm(subtract(p, points[POINTS + i])));
  const toMiddle = points.map((p) => norm(subtract(p, middle)));
  const largest = Math.max(...between);
  return [between, toMiddle].flatMap((distances) => {
    const sorted = distances.toSorted((a, b) => a - b);
    return Array.from(
      { length: QUANTILES },
      (_, q) => sorted[Math.floor(((q + 0.5) * sorted.length) / QUANTILES)] / largest,
    );
  });
}

const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((v, i) => v - b[i]));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const drawn = (family: Family): number[][] => Array.from({ length: each }, (_, i) => descriptor(family, i));

const source = SOURCE_FAMILIES.map((family) => ({ family, objects: drawn(family) }));
for (const family of [...HELD_OUT_FAMILIES, ...HARD_FAMILIES]) {
  const own = drawn(family);
  const nearest = own.map((object, i) => {
    const typical = median(own.filter((_, j) => j !== i).map((other) => distance(object, other)));
    const all = source.map(({ family: name, objects }) => ({
      name,
      least: Math.min(...objects.map((o) => distance(object, o))),
    }));
    const closest = all.reduce((a, b) => (b.least < a.least ? b : a));
    return { ...closest, nearer: closest.least < typical, typical };
  });
  const near = nearest.filter((n) => n.nearer);
  const mean = (values: readonly number[]): number =>
    Math.round((1000 * values.reduce((a, b) => a + b, 0)) / values.length) / 1000;
  const by: Record<string, number> = {};
  for (const { name } of near) by[name] = (by[name] ?? 0) + 1;
  process.stdout.write(
    `${JSON.stringify({ family, objects: each, nearer: near.length, by, nearestSource: mean(nearest.map((n) => n.least)), ownMedian: mean(nearest.map((n) => n.typical)) })}\n`,
  );
}
