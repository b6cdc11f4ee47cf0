import { beforeAll, describe, expect, it } from 'vitest';
import { axisAngle, type Pose, type Vec3 } from '../../sim/math/pose.ts';
import { box } from '../../sim/objects/family-parts.ts';
import { type ObjectModel, partsMesh } from '../../sim/objects/object.ts';
import { loadPhysics, PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import { type Placement, restingPoses, SceneError } from '../../sim/placed.ts';

beforeAll(loadPhysics);

const parts = [box(0.04, 0.04, 0.04)];
const cube: ObjectModel = {
  ...{ family: 'box', parts, mesh: partsMesh(parts), density: 500, friction: 0.6, colour: [1, 0, 0] },
};
const at = (position: Vec3, falls = false, quaternion: Pose['quaternion'] = [0, 0, 0, 1]): Placement => ({
  ...{ name: 'it', model: cube, pose: { position, quaternion }, falls },
});
const rest = (...placed: Placement[]) =>
  restingPoses({ placed, workspaceHalfWidth: 0.13, tableFriction: 0.6 }, PHYSICS_DEFAULTS);

describe('objects that are placed', () => {
  it('keep their poses, to the bit, where they lie at rest', () => {
    const pose = at([0.0123, -0.04, 0.02], false, axisAngle([0, 0, 1], 0.3));
    expect(rest(pose)).toEqual([pose.pose]);
  });

  it('fall on one another in their order, and lie then', () => {
    const [low, high] = rest(at([0, 0, 0.05], true), at([0.005, 0, 0.12], true));
    expect(low.position[2]).toBeCloseTo(0.02, 3);
    expect(high.position[2]).toBeCloseTo(0.06, 3);
    const again = [low, high].map(({ position, quaternion }) => at(position, false, quaternion));
    expect(rest(...again)).toEqual([low, high]);
  });

  it.each([
    ['that hang in the air', at([0, 0, 0.06]), /it: expected the box to lie still .* moves 40 mm/],
    ['that stand on an edge', at([0, 0, 0.03], false, axisAngle([1, 0, 0], 0.7)), /it: .* to lie still/],
    ['outside the workspace', at([0.2, 0, 0.02]), /it: expected the box to lie within 0.13 m .* x, y, z = 0.2, 0/],
  ])('are refused %s', (_, object, message) => {
    expect(() => rest(object)).toThrow(message);
    expect(() => rest(object)).toThrow(SceneError);
  });

  it('are refused inside one another', () => {
    expect(() => rest(at([0, 0, 0.02]), at([0.02, 0, 0.02]))).toThrow(/expected the box to lie still/);
  });
});
