import { describe, expect, it } from 'vitest';
import { applyTransforms, cameraPoseOf, gripperOf } from '../../../../sim/recording/read/motion.ts';

const transform = (childFrameId: string, x: number) => ({
  ...{ childFrameId, translation: { x, y: 0, z: 0 }, rotation: { x: 0, y: 0, z: 0, w: 1 } },
});

describe('transforms', () => {
  it('are put where the body of their frame is, and leave the others as they are', () => {
    const poses = new Float32Array(5 * 7).fill(9);
    applyTransforms({ transforms: [transform('finger_right', 1), transform('object_1', 2)] }, poses);
    expect([...poses.subarray(14, 21)]).toEqual([1, 0, 0, 0, 0, 0, 1]);
    expect([...poses.subarray(28, 35)]).toEqual([2, 0, 0, 0, 0, 0, 1]);
    expect([...poses.subarray(0, 14), ...poses.subarray(21, 28)].every((n) => n === 9)).toBe(true);
  });

  it('of frames that are not there are left out', () => {
    const poses = new Float32Array(4 * 7);
    const names = ['camera', 'object_1', 'object_99999', 'object_-1', 'object_0x', ''];
    applyTransforms({ transforms: names.map((name) => transform(name, 1)) }, poses);
    expect(poses.every((n) => n === 0)).toBe(true);
  });

  it('are refused if they are not finite', () => {
    const message = { transforms: [transform('palm', Number.NaN)] };
    expect(() => applyTransforms(message, new Float32Array(28))).toThrow('transform of palm: expected finite numbers');
  });

  it("have the camera's pose, or none", () => {
    expect(cameraPoseOf({ transforms: [transform('camera', 3)] })).toEqual({
      ...{ position: [3, 0, 0], quaternion: [0, 0, 0, 1] },
    });
    expect(cameraPoseOf({ transforms: [transform('palm', 3)] })).toBeUndefined();
  });
});

describe("the gripper's state", () => {
  it('has the number of its phase, and what touches objects', () => {
    const contacts = [
      { frameId: 'object_2', left: 1, right: 2 },
      { frameId: 'table', left: 3, right: 4 },
    ];
    expect(gripperOf({ phase: 'lift', contacts })).toEqual({ phase: 2, contacts: [{ object: 2, left: 1, right: 2 }] });
    expect(gripperOf({ phase: 'dance', contacts: [] }).phase).toBe(0);
  });
});
