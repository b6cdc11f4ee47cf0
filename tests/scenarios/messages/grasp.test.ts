import { describe, expect, it } from 'vitest';
import { graspOf } from '../../../agent/policy/action-space.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { graspFrom, graspMessage } from '../../../scenarios/messages/grasp.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';

const { scenario } = loadScenario('quick');
const { size, cell } = scenario.sensor.heightmap;
const map = {
  size,
  cell,
  height: new Float32Array(size * size).fill(0.05),
  colour: new Float32Array(size * size * 3),
  observed: new Uint8Array(size * size),
};
const read = (message: unknown) =>
  graspFrom(message, map, { action: scenario.action, stroke: scenario.gripper.stroke });
const action = { cell: 4656, angle: 5, shape: 0 };
const position = [0.01, -0.02, 0.03];

describe('a grasp in a message', () => {
  it('is the one of the action space that it names', () => {
    const proposal = read({ action, probability: 0.25 });
    expect(proposal.grasp).toEqual(graspOf(map, action, scenario.gripper.stroke, scenario.action));
    expect(proposal).toMatchObject({ action, probability: 0.25 });
  });

  it('is straight down with a yaw, and opens as far as it can unless told otherwise', () => {
    expect(read({ position, yaw: 0.5 }).grasp).toEqual(topDownGrasp([0.01, -0.02, 0.03], 0.5, scenario.gripper.stroke));
    expect(read({ position, yaw: 0.5, opening: 0.04 }).grasp.opening).toBe(0.04);
  });

  it('comes back from its message bit for bit', () => {
    for (const yaw of [0, 0.3, 1.5, 3]) {
      const grasp = topDownGrasp([0.1, 0.2, 0.3], yaw, 0.05);
      const message = graspMessage({ grasp, probability: null, action: null, qMap: null });
      expect(read(JSON.parse(JSON.stringify(message))).grasp).toEqual(grasp);
    }
  });

  it('has a unit quaternion, whatever rounding did to it', () => {
    const { quaternion } = read({ position, quaternion: [1.0005, 0, 0, 0] }).grasp.pose;
    expect(quaternion).toEqual([1, 0, 0, 0]);
  });

  it.each([
    [undefined, 'grasp: expected object, got nothing'],
    [3, 'grasp: expected object, got 3'],
    [{ action: { ...action, cell: 9216 } }, 'grasp.action.cell: expected 0 to 9215, got 9216'],
    [{ action: { ...action, angle: 12 } }, 'grasp.action.angle: expected 0 to 11, got 12'],
    [{ action: { ...action, shape: 4 } }, 'grasp.action.shape: expected 0 to 3, got 4'],
    [{ action: { ...action, cell: 1.5 } }, 'grasp.action.cell: expected an integer, got 1.5'],
    [{ action: { cell: 1 } }, 'grasp.action.angle: expected number, got nothing'],
    [{ action, position }, "grasp: expected only known keys, got 'position'"],
    [{ position: [0, 0, Number.NaN], yaw: 0 }, 'grasp.position.2: expected a finite number, got NaN'],
    [{ position: [0, 0, null], yaw: 0 }, 'grasp.position.2: expected a finite number, got null'],
    [{ position: [0, 0], yaw: 0 }, /^grasp\.position.*: expected .*, got /],
    [{ position: [0, 1.5, 0], yaw: 0 }, 'grasp.position.1: expected -1 to 1, got 1.5'],
    [{ position: [0, 0, -0.01], yaw: 0 }, 'grasp.position.2: expected 0 to 1, got -0.01'],
    [{ position }, 'grasp: expected either yaw or quaternion, got neither'],
    [{ position, yaw: 0, quaternion: [1, 0, 0, 0] }, 'grasp: expected either yaw or quaternion, got both'],
    [{ position, quaternion: [1, 1, 0, 0] }, /^grasp\.quaternion: expected a unit quaternion .*, got \[1,1,0,0\]$/],
    [{ position, quaternion: [0, 0, 0, 1] }, /^grasp\.quaternion: expected an approach .* does not point up/],
    [{ position, yaw: 0, opening: 0.2 }, 'grasp.opening: expected 0 to 0.08, got 0.2'],
    [{ position, yaw: 0, probability: 2 }, 'grasp.probability: expected 0 to 1, got 2'],
  ])('is refused as %j', (message, error) => expect(() => read(message)).toThrow(error));
});
