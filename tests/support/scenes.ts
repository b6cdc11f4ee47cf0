import { GRIPPER_DEFAULTS } from '../../sim/hand/presets.ts';
import { IDENTITY_QUAT, type Quat, type Vec3 } from '../../sim/math/pose.ts';
import { MOTION_DEFAULTS } from '../../sim/motion.ts';
import { type Part, part, partsMesh, type Solid } from '../../sim/objects/object.ts';
import type { TrialSettings } from '../../sim/outcome.ts';
import { PHYSICS_DEFAULTS } from '../../sim/physics.ts';
import type { Scene } from '../../sim/scene.ts';

export const TRIAL: TrialSettings = { physics: PHYSICS_DEFAULTS, gripper: GRIPPER_DEFAULTS, motion: MOTION_DEFAULTS };

/** A scene with one object made of one solid, placed by hand. */
export function sceneOf(
  solid: Solid,
  position: Vec3,
  options: { density?: number; friction?: number; quaternion?: Quat; parts?: readonly Part[] } = {},
): Scene {
  const parts = options.parts ?? [part(solid)];
  const { density = 400, friction = 0.6, quaternion = IDENTITY_QUAT } = options;
  const model = { family: 'test', parts, mesh: partsMesh(parts), density, friction, colour: [0.8, 0.1, 0.1] as const };
  return { objects: [{ model, pose: { position, quaternion } }], tableFriction: 0.6 };
}

export const CUBE: Solid = { kind: 'box', half: [0.02, 0.02, 0.02] };
