import { describe, expect, it } from 'vitest';
import type { Hand } from '../../sim/hand/hand.ts';
import { JAW_TIMING } from '../../sim/hand/jaws.ts';
import { IDENTITY_QUAT, type Pose } from '../../sim/math/pose.ts';
import { HELD_HEIGHT, heldObject, outcomeOf } from '../../sim/success.ts';

const at = (z: number): Pose => ({ position: [0, 0, z], quaternion: IDENTITY_QUAT });

/** A hand after its trial, over objects that rose so far and are gripped or not. */
const handOver = (objects: readonly { readonly rise: number; readonly gripped: boolean }[]): Hand => ({
  timing: JAW_TIMING,
  step: () => {},
  gap: () => 0,
  contactForce: () => 0,
  forcesOn: () => [0, 0],
  grips: (o) => objects[o].gripped,
  hasClosedOnSomething: () => true,
  missReason: () => 'collided',
  poses: () => [at(0), at(0), at(0)],
  objectPose: (o) => at(0.02 + objects[o].rise),
  hasDiverged: () => false,
});
const START = [at(0.02), at(0.02)];

describe('the success rule', () => {
  it('holds what is gripped and has risen by 10 cm, whichever object it is', () => {
    const hand = handOver([
      { rise: 0.2, gripped: false },
      { rise: HELD_HEIGHT + 1e-9, gripped: true },
    ]);
    expect(heldObject(hand, START)).toBe(1);
    expect(outcomeOf(hand, START, true, false)).toBe('held');
  });

  it('calls unstable what is gripped and did not rise', () => {
    const hand = handOver([
      { rise: HELD_HEIGHT - 1e-6, gripped: true },
      { rise: 0, gripped: false },
    ]);
    expect(outcomeOf(hand, START, true, false)).toBe('unstable');
  });

  it('calls slipped what was lost on the way, and says why it was stopped if it was', () => {
    const hand = handOver([
      { rise: 0.2, gripped: false },
      { rise: 0, gripped: false },
    ]);
    expect(outcomeOf(hand, START, false, false)).toBe('slipped');
    expect(outcomeOf(hand, START, false, true)).toBe('collided');
  });
});
