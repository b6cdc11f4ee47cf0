import { describe, expect, it } from 'vitest';
import { compose, multiply, randomQuat, type Vec3 } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { box } from '../../../sim/objects/family-parts.ts';
import { graspWidth } from '../../../sim/objects/grasp-width.ts';
import { type Part, part } from '../../../sim/objects/object.ts';

const FINGER = 0.012;
const rng = rngStream(0, 'test/grasp-width');
const turned = (parts: readonly Part[]): Part[] => {
  const pose = { position: [0.1, -0.2, 0.3] as const, quaternion: randomQuat(rng) };
  return parts.map(({ solid, pose: at }) => ({ solid, pose: compose(pose, at) }));
};

describe('the width between two fingers', () => {
  it('is the least side of a box, the diameter of a cylinder and of a sphere', () => {
    expect(graspWidth([box(0.05, 0.09, 0.07)], FINGER)).toBeCloseTo(0.05, 6);
    expect(graspWidth([part({ kind: 'cylinder', radius: 0.03, halfHeight: 0.05 })], FINGER)).toBeCloseTo(0.06, 2);
    expect(graspWidth([part({ kind: 'sphere', radius: 0.03 })], FINGER)).toBeCloseTo(0.06, 2);
  });

  it('does not depend on how the object lies', () => {
    for (let i = 0; i < 20; i++) {
      const sides: Vec3 = [rng.range(0.01, 0.1), rng.range(0.01, 0.1), rng.range(0.01, 0.1)];
      expect(graspWidth(turned([box(...sides)]), FINGER)).toBeCloseTo(Math.min(...sides), 6);
    }
    const cross = [box(0.1, 0.02, 0.05), box(0.03, 0.04, 0.05, [0, 0.03, 0]), box(0.03, 0.04, 0.05, [0, -0.03, 0])];
    const width = graspWidth(cross, FINGER)!;
    for (let i = 0; i < 5; i++) expect(graspWidth(turned(cross), FINGER)).toBeCloseTo(width, 5);
  });

  it('counts touching pieces as one, and needs room for a finger at both ends', () => {
    const halves = [box(0.05, 0.09, 0.07, [0, 0, 0]), box(0.05, 0.09, 0.07, [0.05, 0, 0])];
    expect(graspWidth(halves, FINGER)).toBeCloseTo(0.07, 6);
    // two thin walls: a finger fits between them only if they are far enough apart
    const walls = (gap: number) => [box(0.004, 0.2, 0.2), box(0.004, 0.2, 0.2, [gap, 0, 0])];
    expect(graspWidth(walls(0.03), FINGER)).toBeCloseTo(0.004, 6);
    expect(graspWidth(walls(0.01), FINGER)).toBeCloseTo(0.2, 6);
  });

  it('is unknown where no two faces oppose each other', () => {
    const corners: readonly Vec3[] = [
      [0, 0, 0],
      [0.05, 0, 0],
      [0, 0.05, 0],
      [0, 0, 0.05],
    ];
    expect(graspWidth([part({ kind: 'hull', points: corners })], FINGER)).toBeUndefined();
    const quaternion = multiply(randomQuat(rng), randomQuat(rng));
    expect(graspWidth([part({ kind: 'hull', points: corners }, [1, 2, 3], quaternion)], FINGER)).toBeUndefined();
  });
});
