import { describe, expect, it } from 'vitest';
import { cupGeometry, type HandPart, handGeometry, jawGeometry, palmHalf } from '../../../sim/hand/geometry.ts';
import { CUP_PRESETS, JAW_PRESETS, suctionCup } from '../../../sim/hand/presets.ts';
import { handKind } from '../../../sim/hand/registry.ts';
import { meshBounds } from '../../../sim/objects/mesh.ts';
import { solidMesh } from '../../../sim/objects/object.ts';

const boundsOf = ({ solid, pose }: HandPart) => meshBounds(solidMesh(solid), pose);

describe.each(Object.entries(JAW_PRESETS))('the geometry of %s', (_, settings) => {
  const { parts, travel, faces } = jawGeometry(settings);
  const [palm, left, right] = parts.map(boundsOf);

  it('has closed fingers that touch in the plane x = 0 and end at the tips', () => {
    expect(left.min[0]).toBeCloseTo(0, 8);
    expect(right.max[0]).toBeCloseTo(0, 8);
    for (const finger of [left, right]) expect(Math.abs(finger.max[2])).toBeLessThan(1e-8);
    expect(left.max[0] - left.min[0]).toBeCloseTo(settings.fingerThickness, 6);
    expect(2 * travel).toBe(settings.stroke);
  });

  it('has a palm where the fingers end, wide enough for both when open', () => {
    expect(palm.max[2]).toBeCloseTo(left.min[2], 6);
    expect(palm.max[0]).toBeGreaterThanOrEqual(travel + settings.fingerThickness);
    expect(palm.max[0]).toBeCloseTo(palmHalf(settings)[0], 6);
  });

  it('presses with faces that lie on the fingers, towards each other', () => {
    expect(faces.map(({ inward }) => inward[0])).toEqual([-1, 1]);
    for (const { middle, along, across } of faces) {
      expect(middle[0]).toBe(0);
      expect([across[1], -along[2]]).toEqual([settings.fingerWidth, settings.fingerLength]);
    }
  });
});

describe.each(Object.entries(CUP_PRESETS))('the geometry of %s', (_, preset) => {
  const settings = suctionCup(preset);
  const { parts, travel, faces } = cupGeometry(settings);

  it('is a palm, a stem and a lip in one line, of which the lip alone does not collide', () => {
    const [palm, stem, lip] = parts.map(boundsOf);
    expect(lip.max[2]).toBeCloseTo(0, 6);
    expect(stem.max[2]).toBeCloseTo(lip.min[2], 6);
    expect(palm.max[2]).toBeCloseTo(stem.min[2], 6);
    expect(parts.filter(({ collides }) => !collides).map(({ name }) => name)).toEqual(['lip']);
    expect(travel).toBe(0);
  });

  it('presses along the approach, with its lip', () => {
    expect(faces).toHaveLength(1);
    expect(faces[0].inward).toEqual([0, 0, 1]);
  });
});

describe('a hand of a kind that is not known', () => {
  const unknown = { ...JAW_PRESETS.default, kind: 'tentacle' };

  it('is refused by name', () => {
    expect(() => handGeometry(unknown)).toThrow(/^hand: expected one of jaws, suction\b.*, got 'tentacle'$/);
    expect(() => handKind(unknown)).toThrow(/^hand: expected one of jaws, suction\b.*, got 'tentacle'$/);
  });
});
