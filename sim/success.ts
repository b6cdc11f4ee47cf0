/**
 * The success rule: an object is held if, after lift, hold and shake, it is still in the hand's grip and has risen by at least
 * {@link HELD_HEIGHT}.
 */
import type { Hand } from './hand/hand.ts';
import type { Pose } from './math/pose.ts';
import type { Outcome } from './outcome.ts';

/** The least rise of a held object, metres. */
export const HELD_HEIGHT = 0.1;

/** Index of the object that is held, or -1. @param start T_world_object of every object before the trial. */
export const heldObject = (hand: Hand, start: readonly Pose[]): number =>
  start.findIndex(
    ({ position }, object) => hand.grips(object) && hand.objectPose(object).position[2] - position[2] >= HELD_HEIGHT,
  );

/** Whether any object is in the hand's grip. */
export const gripsAny = (hand: Hand, start: readonly Pose[]): boolean => start.some((_, object) => hand.grips(object));

/**
 * What became of a trial in which the hand closed on something and was lifted.
 * @param lifted whether something was in the grip to the end. @param stopped whether something stopped the descent.
 */
export function outcomeOf(hand: Hand, start: readonly Pose[], lifted: boolean, stopped: boolean): Outcome {
  if (lifted && heldObject(hand, start) >= 0) return 'held';
  if (lifted && gripsAny(hand, start)) return 'unstable';
  return stopped ? hand.missReason(true) : 'slipped';
}
