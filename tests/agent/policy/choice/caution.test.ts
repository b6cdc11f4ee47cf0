import { describe, expect, it } from 'vitest';
import { ACTION_DEFAULTS } from '../../../../agent/policy/action-space.ts';
import { bestCarefulAction, repeatCost, shadowCost } from '../../../../agent/policy/choice/caution.ts';
import type { PolicyInput } from '../../../../agent/policy/proposal.ts';
import { topDownGrasp } from '../../../../sim/grasp.ts';
import { GRIPPER_DEFAULTS } from '../../../../sim/hand/presets.ts';
import { IDENTITY_QUAT, type Vec3 } from '../../../../sim/math/pose.ts';
import { rngStream } from '../../../../sim/math/rng.ts';

const [SIZE, CELL] = [96, 0.004];
const [LEFT, RIGHT] = [48 * SIZE + 30, 48 * SIZE + 66];

/** Two boxes, 28 mm wide and 50 mm tall; `wall` puts a third where a finger of the left one comes down. */
function inputOf({ wall = false, hidden = false }, failed: PolicyInput['failed'] = []): PolicyInput {
  const height = new Float32Array(SIZE * SIZE);
  const observed = new Uint8Array(SIZE * SIZE).fill(1);
  for (let r = 45; r <= 51; r++) {
    for (const middle of [30, 66]) height.fill(0.05, r * SIZE + middle - 3, r * SIZE + middle + 4);
    if (wall) height.fill(0.06, r * SIZE + 40, r * SIZE + 43);
    if (hidden) observed.fill(0, r * SIZE + 15, r * SIZE + 27);
  }
  const heightmap = { size: SIZE, cell: CELL, height, observed, colour: new Float32Array(3 * SIZE * SIZE) };
  const position: Vec3 = [1.2, 0, 0.5];
  const intrinsics = { widthPx: 8, heightPx: 8, fx: 8, fy: 8, cx: 4, cy: 4 };
  const frame = {
    camera: { intrinsics, pose: { position, quaternion: IDENTITY_QUAT } },
    ...{ depth: new Float32Array(64), colour: new Uint8Array(192), segmentation: new Uint8Array(64) },
  };
  const action = { ...ACTION_DEFAULTS, depths: [0.035], careful: true };
  return { observation: { frame, heightmap }, action, hand: GRIPPER_DEFAULTS, rng: rngStream(0, 'test'), failed };
}

/** Closing along x at both boxes. */
function scored(left: number, right: number) {
  const logits = new Float32Array(ACTION_DEFAULTS.angles * 2).fill(-9);
  [logits[0], logits[1]] = [left, right];
  return { cells: [LEFT, RIGHT], logits };
}

const chosen = (input: PolicyInput, left: number, right: number) =>
  bestCarefulAction(scored(left, right), input)?.action.cell;

describe('a careful choice', () => {
  it('is the best score where nothing speaks against it', () => {
    expect(chosen(inputOf({}), 2, 1)).toBe(LEFT);
    expect(bestCarefulAction({ cells: [], logits: new Float32Array(0) }, inputOf({}))).toBeUndefined();
  });

  it('misses what is seen, however well it scores', () => expect(chosen(inputOf({ wall: true }), 9, -2)).toBe(RIGHT));

  it('keeps out of what is hidden unless it scores much better', () => {
    const input = inputOf({ hidden: true });
    expect(chosen(input, 2, 1.9)).toBe(RIGHT);
    expect(chosen(input, 9, 1.9)).toBe(LEFT);
  });

  it('is another one than the grasp that has just failed', () => {
    const failed = [topDownGrasp([(30.5 - 48) * CELL, 0.5 * CELL, 0.02], 0, 0.08)];
    expect(chosen(inputOf({}, failed), 2, 1)).toBe(RIGHT);
    expect(chosen(inputOf({}, failed), 9, 1)).toBe(LEFT);
  });
});

describe('what speaks against a grasp', () => {
  it('grows with the reach into the shadow, from a free depth to a limit', () => {
    const costs = [0, 0.01, 0.03, 0.05, 0.09].map((hidden) => shadowCost({ seen: 0, hidden }));
    expect(costs.slice(0, 2)).toEqual([0, 0]);
    expect(costs[3]).toBeGreaterThan(costs[2]);
    expect(costs[2]).toBeGreaterThan(1);
    expect(costs[4]).toBeLessThanOrEqual(2.8 + 1e-9);
  });

  it('is a repetition in place and closing axis, whichever finger is which', () => {
    const { pose } = topDownGrasp([0, 0, 0.02], 0.3, 0.08);
    const other = (x: number, yaw: number) => [topDownGrasp([x, 0, 0.02], yaw, 0.08).pose];
    expect(repeatCost(pose, other(0.01, 0.3 + Math.PI))).toBeGreaterThan(0);
    expect(repeatCost(pose, other(0.03, 0.3))).toBe(0);
    expect(repeatCost(pose, other(0, 0.3 + Math.PI / 2))).toBe(0);
  });
});
