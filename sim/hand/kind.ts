import type { GripperSettings } from './jaws.ts';

/**
 * A suction cup. It shares the jaws' settings where they mean the same: `force` is the pull at which the vacuum lets go, N;
 * `padFriction` the lip's coefficient; `fingerLength` the stem behind the lip. The other dimensions of the jaws follow from
 * the cup's radius, so that whatever draws or places a gripper can do so with a cup, too.
 */
export interface SuctionSettings extends GripperSettings {
  readonly kind: 'suction';
  /** Radius of the lip, metres. */
  readonly cupRadius: number;
  /** Torque about the middle of the lip at which it peels off, N m. */
  readonly torqueLimit: number;
  /** How far the surface under the cup may stray from a plane, metres. */
  readonly sealFlatness: number;
  /** Largest angle between the surface and the lip, and between any face under the lip and the lip, radians. */
  readonly sealAngle: number;
  /** How far the lip is pressed in by the surface before the stem touches it, metres. */
  readonly lipTravel: number;
  /** How stiffly the cup holds: the natural frequency of the object on it, Hz. */
  readonly compliance: number;
}

/** Radius of a cup's stem, as a share of the lip's. */
export const STEM_SHARE = 0.6;

/** What a trial can be made with. */
export const GRIPPER_KINDS = ['jaws', 'suction'] as const;
export type GripperKind = (typeof GRIPPER_KINDS)[number];

/** Whether a gripper is a suction cup. */
export const isSuction = (g: GripperSettings): g is SuctionSettings => 'kind' in g && g.kind === 'suction';
