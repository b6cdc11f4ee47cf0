import { expect, it } from 'vitest';
import { unpredicted } from '../../../agent/policy/proposal.ts';
import { plannedGrasp } from '../../../scenarios/trials/outputs.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';

it.each([0, 0.4, 1.5, 3])('a planned grasp closes at the angle of its hand, %s radians', (yaw) => {
  const planned = plannedGrasp(unpredicted(topDownGrasp([0.01, -0.02, 0.03], yaw, 0.06)));
  expect(planned.yaw).toBeCloseTo(yaw, 9);
  expect(planned).toMatchObject({ position: [0.01, -0.02, 0.03], opening: 0.06, probability: null });
});

it('a planned grasp turned by half a turn closes at the same angle', () => {
  const [a, b] = [0.4, 0.4 + Math.PI].map((yaw) => plannedGrasp(unpredicted(topDownGrasp([0, 0, 0.03], yaw, 0.06))));
  expect(a.yaw).toBeCloseTo(b.yaw, 9);
});
