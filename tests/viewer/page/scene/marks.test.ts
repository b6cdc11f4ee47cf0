import { ArrowHelper, LineBasicMaterial, Mesh, MeshBasicMaterial, Vector3 } from 'three';
import { describe, expect, it } from 'vitest';
import { ForceMark, Trail, unlit } from '../../../../viewer/page/scene/marks.ts';

describe('the mark of a force', () => {
  const partsOf = (mark: ForceMark) => {
    const [arrow, dot] = mark.parts;
    if (!(arrow instanceof ArrowHelper && dot instanceof Mesh)) throw new Error('expected an arrow and a dot');
    return { arrow, dot };
  };
  /** Length of an arrow, metres: its line and its head. */
  const lengthOf = (arrow: ArrowHelper): number => arrow.cone.position.y;

  it('is a dot where the finger touches and an arrow that ends there, as long as the force is large', () => {
    const mark = new ForceMark(0xff0000);
    const { arrow, dot } = partsOf(mark);
    for (const [force, length] of [
      [10, 0.04],
      [0.1, 0.008],
      [500, 0.12],
    ] as const) {
      mark.show([1, 2, 3], [0, -1, 0], force);
      expect(dot.position.toArray()).toEqual([1, 2, 3]);
      expect(arrow.position.toArray()).toEqual([1, expect.closeTo(2 + length, 9), 3]);
      expect(lengthOf(arrow)).toBeCloseTo(length, 6);
      expect(new Vector3(0, 1, 0).applyQuaternion(arrow.quaternion).toArray()).toEqual(
        [0, -1, 0].map((x) => expect.closeTo(x, 6)),
      );
    }
  });

  it('is hidden and shown again without being made anew', () => {
    const mark = new ForceMark(0xff0000);
    const before = mark.parts;
    mark.hide();
    expect(before.map((p) => p.visible)).toEqual([false, false]);
    mark.show([0, 0, 0], [1, 0, 0], 1);
    expect(before.map((p) => p.visible)).toEqual([true, true]);
    expect(mark.parts).toEqual(before);
  });
});

describe('a trail', () => {
  const positions = (trail: Trail): number[] => [
    ...trail.line.geometry.attributes.position.array.slice(0, 3 * trail.line.geometry.drawRange.count),
  ];

  it('grows point by point past any size, and keeps all of them', () => {
    const trail = new Trail(new LineBasicMaterial());
    const points = Array.from({ length: 700 }, (_, i) => [i * 0.001, Math.fround(Math.sin(i)), 1]);
    for (const [x, y, z] of points) trail.add(x, y, z);
    expect(positions(trail)).toEqual(points.flat().map(Math.fround));
  });

  it('knows how far it came from its first point, and begins anew', () => {
    const trail = new Trail(new LineBasicMaterial());
    trail.add(1, 0, 0);
    trail.add(1, 3, 4);
    trail.add(1, 0, 1);
    expect(trail.farthest).toBe(5);
    trail.clear();
    expect(trail.farthest).toBe(0);
    trail.add(9, 9, 9);
    expect([positions(trail), trail.farthest]).toEqual([[9, 9, 9], 0]);
  });
});

it('signs keep their colour whatever the light', () => {
  const material = new MeshBasicMaterial();
  expect(unlit(material)).toBe(material);
  expect([material.toneMapped, material.fog]).toEqual([false, false]);
});
