/** Descriptor of a grasp: the hand and the depth as numbers beside the picture. */
import { palmHalf } from '../../sim/hand/geometry.ts';
import type { HandSettings } from '../../sim/hand/settings.ts';
import { log } from '../../sim/math/exponential.ts';

/**
 * What a grasp depends on besides the picture, in the order of {@link graspDescriptor}. Heads that were pretrained before one of
 * them was known read those before it.
 */
export const DESCRIPTOR_KEYS = [
  'opening',
  'fingerWidth',
  'fingerThickness',
  'fingerLength',
  'force',
  'padFriction',
  'depth',
  'palmWidth',
  'palmDepth',
] as const;

/** The hand of an ordinary grasp: what values are measured against. Metres, newtons. */
const USUAL = {
  opening: 0.08,
  fingerWidth: 0.02,
  fingerThickness: 0.01,
  fingerLength: 0.055,
  force: 20,
  padFriction: 1,
  depth: 0.03,
  palmWidth: 0.112,
  palmDepth: 0.04,
} as const satisfies Record<(typeof DESCRIPTOR_KEYS)[number], number>;

/** What the descriptor reads of a gripper. */
export type GraspHand = Pick<
  HandSettings,
  | 'stroke'
  | 'fingerWidth'
  | 'fingerThickness'
  | 'fingerLength'
  | 'force'
  | 'padFriction'
  | 'palmWidth'
  | 'palmDepth'
  | 'palmHeight'
>;

/**
 * The hand and the grasp's shape as numbers around zero: the logarithm of each value against the usual one's. A head that is
 * pretrained with many hands reads this beside the features; for one hand it is a constant, and becomes part of the bias.
 * @param depth   of the finger tips below the local top, metres.
 * @param opening share of the stroke between the pads while approaching.
 * @returns [DESCRIPTOR_KEYS.length]
 */
export function graspDescriptor(hand: GraspHand, depth: number, opening = 1): Float32Array {
  const [palmWidth, palmDepth] = palmHalf(hand).map((half) => 2 * half);
  const values = { ...hand, opening: hand.stroke * opening, depth, palmWidth, palmDepth };
  return Float32Array.from(DESCRIPTOR_KEYS, (key) => log(values[key] / USUAL[key]));
}
