import { describe, expect, it } from 'vitest';
import { approachAxis, closingAxis, topDownGrasp } from '../../sim/grasp.ts';
import { cross, rotate, type Vec3 } from '../../sim/math/pose.ts';

const YAWS = Array.from({ length: 24 }, (_, i) => (i * Math.PI) / 12);
const close = (got: Vec3, wanted: Vec3): void => expect(got).toEqual(wanted.map((x) => expect.closeTo(x, 12)));

describe('a grasp from above', () => {
  it('approaches straight down and closes along its yaw', () => {
    for (const yaw of YAWS) {
      const grasp = topDownGrasp([0.1, -0.2, 0.03], yaw, 0.05);
      expect(grasp).toMatchObject({ opening: 0.05, pose: { position: [0.1, -0.2, 0.03] } });
      close(approachAxis(grasp), [0, 0, -1]);
      close(closingAxis(grasp), [Math.cos(yaw), Math.sin(yaw), 0]);
    }
  });

  it('has a right-handed frame: closing x width = approach', () => {
    for (const yaw of YAWS) {
      const grasp = topDownGrasp([0, 0, 0], yaw, 0.08);
      close(cross(closingAxis(grasp), rotate(grasp.pose.quaternion, [0, 1, 0])), approachAxis(grasp));
    }
  });

  it('turned by half a turn closes the other way along the same line', () => {
    for (const yaw of YAWS) {
      const [one, other] = [yaw, yaw + Math.PI].map((a) => closingAxis(topDownGrasp([0, 0, 0], a, 0.08)));
      close(other, [-one[0], -one[1], 0]);
    }
  });
});
