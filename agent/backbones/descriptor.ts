/** Descriptor of a grasp: the hand and the depth as numbers beside the picture. */
import type { HandSettings } from '../../sim/hand/settings.ts';
import { log } from '../../sim/math/exponential.ts';

/** What a grasp depends on besides the picture, in the order of {@link graspDescriptor}. */
export const DESCRIPTOR_KEYS = [
  'opening',
  'fingerWidth',
  'fingerThickness',
  'fingerLength',
  'force',
  'padFriction',
  'depth',
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
} as const satisfies Record<(typeof DESCRIPTOR_KEYS)[number], number>;

/** What the descriptor reads of a gripper. */
export type GraspHand = Pick<
  HandSettings,
  'stroke' | 'fingerWidth' | 'fingerThickness' | 'fingerLength' | 'force' | 'padFriction'
>;

/**
 * The hand and the depth as numbers around zero: the logarithm of each value against the usual one's. A head that is
 * pretrained with many hands reads this beside the features; for one hand it is a constant, and becomes part of the bias.
 * @param depth of the finger tips below the local top, metres.
 * @returns [DESCRIPTOR_KEYS.length]
 */
export function graspDescriptor({ stroke, ...hand }: GraspHand, depth: number): Float32Array {
  const values = { ...hand, opening: stroke, depth };
  return Float32Array.from(DESCRIPTOR_KEYS, (key) => log(values[key] / USUAL[key]));
}
