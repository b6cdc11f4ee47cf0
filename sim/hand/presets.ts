/** Presets of the hands: jaws and cups by name, with their settings. */
import { type HandSettings, kindOf, type SuctionSettings } from './settings.ts';

/** Hands by name: about a Franka hand, the defaults: 80 mm stroke, 20 mm wide fingers. */
export const GRIPPER_DEFAULTS: HandSettings = {
  stroke: 0.08,
  force: 20,
  closingSpeed: 0.1,
  fingerLength: 0.055,
  fingerWidth: 0.02,
  fingerThickness: 0.01,
  fingerMass: 0.03,
  padFriction: 1,
};

/** The settings of a cup that say something of their own. */
export type CupSettings = Omit<SuctionSettings, 'kind' | keyof JawDimensions>;

type JawDimensions = Pick<HandSettings, 'stroke' | 'closingSpeed' | 'fingerWidth' | 'fingerThickness' | 'fingerMass'>;

/** What the jaws' other settings are for a cup: two halves of a stem as wide as the lip. */
const cupDimensions = (cupRadius: number): JawDimensions => ({
  stroke: 2 * cupRadius,
  closingSpeed: GRIPPER_DEFAULTS.closingSpeed,
  fingerWidth: 2 * cupRadius,
  fingerThickness: cupRadius,
  fingerMass: GRIPPER_DEFAULTS.fingerMass,
});

/** A cup with all its settings. */
export const suctionCup = (cup: CupSettings): SuctionSettings => ({
  kind: 'suction',
  ...cup,
  ...cupDimensions(cup.cupRadius),
});

/** A 30 mm bellows cup: 40 N is a vacuum of 57 kPa over its area. */
export const CUP_DEFAULTS: CupSettings = {
  cupRadius: 0.015,
  force: 40,
  torqueLimit: 0.25,
  padFriction: 1,
  fingerLength: 0.05,
  sealFlatness: 0.0015,
  sealAngle: 0.35,
  lipTravel: 0.006,
  compliance: 20,
};

/**
 * Hands with fingers by name, jaws unless they say another kind; `docs/physics.md` says where the numbers come from. Forces
 * are moderate ones of each hand's range: more force hides a bad grasp.
 */
export const JAW_PRESETS = {
  default: GRIPPER_DEFAULTS,
  'franka-hand': {
    stroke: 0.08,
    force: 40,
    closingSpeed: 0.05,
    fingerLength: 0.046,
    fingerWidth: 0.0205,
    fingerThickness: 0.0144,
    fingerMass: 0.015,
    padFriction: 1,
    palmWidth: 0.204,
    palmDepth: 0.063,
    palmHeight: 0.066,
  },
  '2f-85': {
    stroke: 0.085,
    force: 60,
    closingSpeed: 0.075,
    fingerLength: 0.06,
    fingerWidth: 0.022,
    fingerThickness: 0.013,
    fingerMass: 0.05,
    padFriction: 1,
  },
  'wsg-50': {
    stroke: 0.11,
    force: 40,
    closingSpeed: 0.1,
    fingerLength: 0.079,
    fingerWidth: 0.02,
    fingerThickness: 0.016,
    fingerMass: 0.05,
    padFriction: 1,
    palmWidth: 0.146,
    palmDepth: 0.05,
    palmHeight: 0.0725,
  },
} as const satisfies Record<string, HandSettings>;

/** Cups by name. */
export const CUP_PRESETS = {
  'cup-30': CUP_DEFAULTS,
  'cup-20': { ...CUP_DEFAULTS, cupRadius: 0.01, force: 18, torqueLimit: 0.08, sealFlatness: 0.001, lipTravel: 0.004 },
  'cup-12': {
    ...CUP_DEFAULTS,
    cupRadius: 0.006,
    force: 7,
    torqueLimit: 0.03,
    sealFlatness: 0.0012,
    sealAngle: 0.5,
    lipTravel: 0.004,
  },
} as const satisfies Record<string, CupSettings>;

export type GripperPreset = keyof typeof JAW_PRESETS | keyof typeof CUP_PRESETS;
export const GRIPPER_PRESETS = [...Object.keys(JAW_PRESETS), ...Object.keys(CUP_PRESETS)] as readonly GripperPreset[];

/** The kind of hand that a preset is. */
export function presetKind(preset: GripperPreset): string {
  if (preset in CUP_PRESETS) return 'suction';
  const hand: HandSettings = JAW_PRESETS[preset as keyof typeof JAW_PRESETS];
  return kindOf(hand);
}

/** Kinds that a scenario can name: those of which there is a preset. */
export const HAND_KINDS: readonly string[] = [...new Set(GRIPPER_PRESETS.map(presetKind))];
