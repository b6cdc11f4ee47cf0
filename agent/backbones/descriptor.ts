/** Descriptor of a grasp: the hand and the depth as numbers beside the picture. */
import { palmHalf } from '../../sim/hand/geometry.ts';
import { type HandSettings, kindOf, type SuctionSettings } from '../../sim/hand/settings.ts';
import { log } from '../../sim/math/exponential.ts';

/**
 * What a grasp depends on besides the picture, by kind of hand, in the order of {@link graspDescriptor}; and the values of an
 * ordinary grasp, against which others are measured. Heads that were pretrained before a key was known read those before it.
 * Metres, newtons, newton metres, radians.
 */
const USUAL = {
  jaws: {
    opening: 0.08,
    fingerWidth: 0.02,
    fingerThickness: 0.01,
    fingerLength: 0.055,
    force: 20,
    padFriction: 1,
    depth: 0.03,
    palmWidth: 0.112,
    palmDepth: 0.04,
  },
  suction: {
    cupRadius: 0.01,
    force: 18,
    torqueLimit: 0.08,
    padFriction: 1,
    sealFlatness: 0.001,
    sealAngle: 0.35,
    lipTravel: 0.004,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Kinds of hand that a head can be pretrained for. */
export type HeadKind = keyof typeof USUAL;
export const HEAD_KINDS = Object.keys(USUAL) as readonly HeadKind[];
export const isHeadKind = (kind: string): kind is HeadKind => kind in USUAL;

/** The keys of a kind's descriptor, in order. */
export const descriptorKeys = (kind: HeadKind): readonly string[] => Object.keys(USUAL[kind]);

/**
 * The hand and the grasp's shape as numbers around zero: the logarithm of each value against the usual one's. A head that is
 * pretrained with many hands reads this beside the features; for one hand it is a constant, and becomes part of the bias.
 * @param hand    jaws or a cup; what a cup holds depends on neither depth nor opening.
 * @param depth   of the finger tips below the local top, metres.
 * @param opening share of the stroke.
 * @returns as {@link descriptorKeys}.
 */
export function graspDescriptor(hand: HandSettings, depth: number, opening = 1): Float32Array {
  if (kindOf(hand) === 'suction') return scaled(USUAL.suction, hand as SuctionSettings);
  const [palmWidth, palmDepth] = palmHalf(hand).map((half) => 2 * half);
  return scaled(USUAL.jaws, { ...hand, opening: hand.stroke * opening, depth, palmWidth, palmDepth });
}

const scaled = <Key extends string>(
  usual: Readonly<Record<Key, number>>,
  values: Readonly<Record<NoInfer<Key>, number>>,
): Float32Array => Float32Array.from(Object.keys(usual) as Key[], (key) => log(values[key] / usual[key]));
