import { Box3, type Group, MeshLambertMaterial, Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { handGeometry, palmHalf } from '../../../../sim/hand/geometry.ts';
import { CUP_PRESETS, JAW_PRESETS, suctionCup } from '../../../../sim/hand/presets.ts';
import type { HandSettings } from '../../../../sim/hand/settings.ts';
import { meshBounds } from '../../../../sim/objects/mesh.ts';
import { solidMesh } from '../../../../sim/objects/object.ts';
import { buildGripper } from '../../../../viewer/page/scene/hand.ts';

const build = (g: HandSettings) => buildGripper(g, palmHalf(g), (color) => new MeshLambertMaterial({ color }));
const drawn = (group: Group): Box3 => new Box3().setFromObject(group, true);

/** Bounds of what collides, or is drawn for what gives way, of one body of the hand. */
function solid(g: HandSettings, body: 0 | 1 | 2): Box3 {
  const box = new Box3();
  for (const part of handGeometry(g).parts.filter((p) => p.body === body)) {
    const { min, max } = meshBounds(solidMesh(part.solid), part.pose);
    box.expandByPoint(new Vector3(...min)).expandByPoint(new Vector3(...max));
  }
  return box;
}

const corners = ({ min, max }: Box3): number[] => [...min.toArray(), ...max.toArray()];

describe.each(Object.entries(JAW_PRESETS))('the jaws %s', (_, settings) => {
  it('have fingers that fill exactly the boxes that collide', () => {
    const { fingers } = build(settings);
    ([1, 2] as const).forEach((body, i) => {
      const wanted = corners(solid(settings, body));
      corners(drawn(fingers[i])).forEach((x, k) => {
        expect(Math.abs(x - wanted[k])).toBeLessThan(1e-6);
      });
    });
  });

  it('have a palm whose front is where it collides, and no wider than a stripe of paint', () => {
    const [box, wanted] = [drawn(build(settings).palm), solid(settings, 0)];
    expect(box.max.x - wanted.max.x).toBeGreaterThan(-1e-6);
    expect(box.max.x - wanted.max.x).toBeLessThan(0.001);
    // the wrist behind it is decoration
    expect(Math.abs(box.max.z - wanted.max.z)).toBeLessThan(0.001);
  });
});

describe.each(Object.entries(CUP_PRESETS))('the suction cup %s', (_, preset) => {
  it('is drawn as wide as its lip, from the palm to the point where it touches', () => {
    const settings = suctionCup(preset);
    const [cup, none] = build(settings).fingers;
    const box = drawn(cup);
    expect(box.max.x).toBeCloseTo(settings.cupRadius, 3);
    expect([box.max.z, box.min.z]).toEqual([expect.closeTo(0, 6), expect.closeTo(-settings.fingerLength, 6)]);
    expect(none.children).toEqual([]);
  });
});

it('a hand of a kind that the page has no model of is drawn with jaws', () => {
  const own = { ...Object.values(JAW_PRESETS)[0], kind: 'tentacle' } as unknown as HandSettings;
  expect(build(own).fingers.every((f) => f.children.length > 0)).toBe(true);
});
