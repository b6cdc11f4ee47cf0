import { describe, expect, it } from 'vitest';
import { IDENTITY_POSE } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import {
  FAMILIES,
  type Family,
  HARD_FAMILIES,
  HELD_OUT_FAMILIES,
  hsvToRgb,
  type ObjectRanges,
  SOURCE_FAMILIES,
  STANDARD_FAMILIES,
  sampleObject,
  scalePart,
  TRAINING_FAMILIES,
} from '../../../sim/objects/families.ts';
import { graspWidth } from '../../../sim/objects/grasp-width.ts';
import { meshBounds, meshVolume } from '../../../sim/objects/mesh.ts';
import { openEdges, weld } from '../../../sim/objects/mesh-check.ts';
import { partsMesh, solidMesh } from '../../../sim/objects/object.ts';

const RANGES: ObjectRanges = { scale: [0.85, 1.25], density: [200, 1000], friction: [0.25, 0.8] };
const drawn = (family: Family, index: number, ranges = RANGES) =>
  sampleObject(family, ranges, rngStream(1, `test/families/${family}`, index));
const TWENTY = Array.from({ length: 20 }, (_, i) => i);

describe('object families', () => {
  it('are at least eight, and those for pretraining, training and evaluation are disjoint', () => {
    expect(FAMILIES.length).toBeGreaterThanOrEqual(8);
    const sides = [TRAINING_FAMILIES, HELD_OUT_FAMILIES, HARD_FAMILIES, SOURCE_FAMILIES];
    expect(new Set(sides.flat()).size).toBe(FAMILIES.length);
    expect(sides.flat()).toHaveLength(FAMILIES.length);
  });

  it('are drawn by default only if they are neither hard nor for pretraining alone', () => {
    expect(new Set([...TRAINING_FAMILIES, ...HELD_OUT_FAMILIES])).toEqual(new Set(STANDARD_FAMILIES));
    expect(STANDARD_FAMILIES.filter((f) => HARD_FAMILIES.includes(f) || SOURCE_FAMILIES.includes(f))).toEqual([]);
  });
});

describe.each(FAMILIES)('the family %s', (family) => {
  it('draws solids that are closed, face outwards and fit on a table', () => {
    for (const i of TWENTY.slice(0, 6)) {
      const { parts, mesh } = drawn(family, i);
      expect(meshVolume(mesh)).toBe(meshVolume(partsMesh(parts)));
      for (const { solid } of parts) {
        const surface = solidMesh(solid);
        expect(openEdges(weld(surface))).toBe(0);
        expect(meshVolume(surface)).toBeGreaterThan(0);
      }
      const { min, max } = meshBounds(mesh, IDENTITY_POSE);
      const sides = [0, 1, 2].map((k) => max[k] - min[k]);
      expect(Math.max(...sides)).toBeLessThan(0.3);
      expect(Math.min(...sides)).toBeGreaterThan(0.004);
    }
  });

  it('keeps to its ranges, and uses them', () => {
    const models = TWENTY.map((i) => drawn(family, i));
    for (const [name, [low, high]] of Object.entries({ density: RANGES.density, friction: RANGES.friction })) {
      const values = models.map((m) => m[name as 'density' | 'friction']);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThan(high);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan((high - low) / 2);
    }
    for (const { colour, family: name } of models) {
      expect(name).toBe(family);
      expect(colour.every((c) => c >= 0 && c <= 1)).toBe(true);
    }
    expect(new Set(models.map(({ mesh }) => meshVolume(mesh))).size).toBe(20);
  });

  it('is the same for the same stream, and everything grows with the scale', () => {
    expect(drawn(family, 3)).toEqual(drawn(family, 3));
    const at = (s: number) => drawn(family, 3, { ...RANGES, scale: [s, s] });
    const [one, two] = [at(1), at(2)];
    expect(meshVolume(two.mesh) / meshVolume(one.mesh)).toBeCloseTo(8, 3);
    expect(two.parts.map((p) => p.solid)).toEqual(one.parts.map((p) => scalePart(p, 2).solid));
  });
});

it('every standard family has members that the jaws can hold', () => {
  for (const family of STANDARD_FAMILIES) {
    const widths = TWENTY.slice(0, 8).map((i) => graspWidth(drawn(family, i).parts, 0.012) ?? Number.POSITIVE_INFINITY);
    expect(widths.filter((w) => w < 0.08).length, family).toBeGreaterThan(1);
  }
});

describe('colours', () => {
  it('are those of the wheel at its corners, grey without saturation, black without value', () => {
    const corners = [
      [1, 0, 0],
      [1, 1, 0],
      [0, 1, 0],
      [0, 1, 1],
      [0, 0, 1],
      [1, 0, 1],
    ];
    corners.forEach((rgb, i) => {
      expect(hsvToRgb(i / 6, 1, 1)).toEqual(rgb.map((c) => expect.closeTo(c, 12)));
    });
    expect(hsvToRgb(0.3, 0, 0.7)).toEqual([0.7, 0.7, 0.7]);
    expect(hsvToRgb(0.3, 1, 0)).toEqual([0, 0, 0]);
  });
});
