/**
 * Settings of hands: the dimensions that every hand has, so that whatever draws, places or describes one needs not know its
 * kind, and what a suction cup has besides. Lengths in metres.
 */
export interface HandSettings {
  /** How it works: the name of a {@link HandKind}; jaws if left out. */
  readonly kind?: string;
  /** Largest distance between the pads; the diameter of a cup. */
  readonly stroke: number;
  /** Force of each finger; the pull at which a cup's vacuum lets go. N. */
  readonly force: number;
  /** Speed of each finger in free air, m/s. */
  readonly closingSpeed: number;
  /** Of a finger, or of a cup's stem behind the lip. */
  readonly fingerLength: number;
  readonly fingerWidth: number;
  readonly fingerThickness: number;
  /** kg, each. */
  readonly fingerMass: number;
  /** Coefficient of friction of the pads, or of the lip; multiplies with the object's. */
  readonly padFriction: number;
  /**
   * The housing behind the fingers, along +X, +Y and +Z of the tcp frame; what is left out is a slim one, as wide as the open
   * fingers.
   */
  readonly palmWidth?: number | undefined;
  readonly palmDepth?: number | undefined;
  readonly palmHeight?: number | undefined;
}

/** Settings that not every preset has. */
export const PALM_KEYS = ['palmWidth', 'palmDepth', 'palmHeight'] as const satisfies readonly (keyof HandSettings)[];

/** A suction cup. What jaws have besides follows from the cup's radius. */
export interface SuctionSettings extends HandSettings {
  readonly kind: 'suction';
  /** Radius of the lip. */
  readonly cupRadius: number;
  /** Torque about the middle of the lip at which it peels off, N m. */
  readonly torqueLimit: number;
  /** How far the surface under the cup may stray from a plane. */
  readonly sealFlatness: number;
  /** Largest angle between the surface and the lip, and between any face under the lip and the lip, radians. */
  readonly sealAngle: number;
  /** How far the lip is pressed in by the surface before the stem touches it. */
  readonly lipTravel: number;
  /** How stiffly the cup holds: the natural frequency of the object on it, Hz. */
  readonly compliance: number;
}

/** The kind of a hand. */
export const kindOf = ({ kind }: Pick<HandSettings, 'kind'>): string => kind ?? 'jaws';
