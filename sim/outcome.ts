/** What a trial is made with and what comes out of it, whatever the gripper. */
import type { Hand } from './hand/hand.ts';
import type { HandSettings } from './hand/settings.ts';
import { norm, type Pose } from './math/pose.ts';
import type { MotionSettings, Phase } from './motion.ts';
import { type Body, bodyPosition, bodyVelocity, type PhysicsSettings } from './physics.ts';

/**
 * Why a trial ended as it did. `no-seal` is for suction cups only. `invalid` marks a diverged simulation: it is reported, never
 * counted.
 */
export const OUTCOMES = [
  'held',
  'missed',
  'slipped',
  'collided',
  'too-wide',
  'no-seal',
  'unstable',
  'invalid',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface TrialSettings {
  readonly physics: PhysicsSettings;
  readonly gripper: HandSettings;
  readonly motion: MotionSettings;
}

export interface TrialResult {
  readonly outcome: Outcome;
  /** Index of the object held in the end (outcome `held`), else of the one nearest to the grasp. */
  readonly target: number;
  /** Distance between the pads at the end, metres. */
  readonly gap: number;
  /** Normal force of each finger on the target at the end, N; a cup's pull and shear. */
  readonly forces: readonly [number, number];
  /** Rise of the target, metres. */
  readonly rise: number;
  /** T_world_object of every object at the end. */
  readonly finalPoses: readonly Pose[];
  /** Physics steps that were simulated. */
  readonly steps: number;
  /** Hash of the final state, bit for bit: equal hashes mean the same trial. */
  readonly stateHash: string;
}

/** Called after every step, simulated or skipped because nothing can happen in it; must not move anything. */
export type TrialObserver = (state: {
  readonly phase: Phase;
  /** Seconds since the start of the descent. */
  readonly time: number;
  readonly hand: Pick<Hand, 'poses' | 'gap' | 'forcesOn' | 'contactForce' | 'objectPose'>;
}) => void;

/** No grasp accelerates anything beyond this, m/s: past it the solver has diverged. */
const DIVERGED_SPEED = 15;

/** Whether a body's state is not finite, absurdly fast or below the table. */
export function hasDiverged(body: Body): boolean {
  const position = bodyPosition(body);
  return !position.every(Number.isFinite) || !(norm(bodyVelocity(body)) < DIVERGED_SPEED) || position[2] < -0.05;
}

/** FNV-1a, twice with different offsets, over the bits of the poses as doubles: 64 bits in hexadecimal. */
export function hashPoses(poses: readonly Pose[]): string {
  const bytes = new Uint8Array(Float64Array.from(poses.flatMap((p) => [...p.position, ...p.quaternion])).buffer);
  const fnv = (offset: number): number => {
    let h = offset;
    for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
    return h >>> 0;
  };
  return [fnv(0x811c9dc5), fnv(0x2b51f7a3)].map((h) => h.toString(16).padStart(8, '0')).join('');
}
