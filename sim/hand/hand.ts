/** Hand: what the trial asks of any kind, and how a kind plans and opens one. */
import type { FreeMotion } from '../free-motion.ts';
import type { Grasp } from '../grasp.ts';
import type { Pose, Vec3 } from '../math/pose.ts';
import type { Phase } from '../motion.ts';
import type { Outcome } from '../outcome.ts';
import type { Body, World } from '../physics.ts';
import type { Scene } from '../scene.ts';
import type { HandGeometry } from './geometry.ts';
import type { HandSettings } from './settings.ts';

/**
 * A hand as the trial drives it, in whichever engine: the protocol (`trial.ts`) says where it goes and when it closes, the hand
 * says what it feels and what it holds. Objects go by their index in the scene. Whoever made the world frees it.
 */
export interface Hand {
  readonly timing: HandTiming;
  /**
   * Simulates one step, in which the hand moves; it never turns. It is open while it descends and closes from then on.
   * @param pose T_world_tcp at the end of the step.
   */
  step(pose: Pose, phase: Phase): void;
  /** Gives the hand the speed of steady motion, where the free way was not simulated. @param velocity m/s, world frame. */
  setMoving?(velocity: Vec3, closing: boolean): void;
  /** Distance between the pads, metres; 0 without pads. */
  gap(): number;
  /** Force on the whole hand from anything that is not the hand, over the last step, N. */
  contactForce(): number;
  /** Force of each finger on an object over the last step, N; a cup's pull and shear. */
  forcesOn(object: number): readonly [number, number];
  /** Whether the object is in the hand's grip as of the last step. */
  grips(object: number): boolean;
  /** Whether closing has got hold of anything. */
  hasClosedOnSomething(): boolean;
  /** Why there is nothing in the hand. @param stopped whether something stopped the descent. */
  missReason(stopped: boolean): Outcome;
  /** T_world_palm and T_world_finger of both fingers. */
  poses(): readonly [Pose, Pose, Pose];
  /** T_world_object. */
  objectPose(object: number): Pose;
  /** Whether the simulation has diverged. */
  hasDiverged(): boolean;
}

/** When a hand's phases end. Seconds and metres. */
export interface HandTiming {
  /** How long a force must act to be felt in full: a sensor's filter, so that the step does not decide what stops. */
  readonly feelSeconds: number;
  /** How far it backs off before it closes once something stopped it; undefined: it gives up. */
  readonly backOff?: number;
  /** Longest time for closing. */
  readonly closeSeconds: number;
  /** Whether it has closed as soon as its fingers stall. */
  readonly stalls: boolean;
  /** How often what it carries is looked at; 0: at every step. */
  readonly checkSeconds: number;
}

/** What geometry alone says of the way to a grasp. */
export interface Approach {
  /** The object that the grasp is for, should nothing be held: what failed is told of this one. */
  readonly target: number;
  /** Length of the straight way from where the hand is clear of everything, metres. */
  readonly distance: number;
  /** Distance between the pads on the way, metres. */
  readonly opening: number;
  /** The part of the way in which nothing can be met, if that is known. */
  readonly free?: FreeMotion;
}

/** What a kind of hand plans with. */
export interface ApproachQuery<S extends HandSettings> {
  readonly scene: Scene;
  readonly grasp: Grasp;
  readonly settings: S;
  /** T_world_tcp where the hand is clear of everything along the approach. */
  readonly from: Pose;
  /** Distance from there to the grasp, metres. */
  readonly reach: number;
}

/** Where a hand is when its simulation begins. */
export interface HandStart<S extends HandSettings, A extends Approach> {
  readonly scene: Scene;
  readonly grasp: Grasp;
  readonly settings: S;
  readonly approach: A;
  /** The scene's objects, in its order. */
  readonly bodies: readonly Body[];
  /** T_world_tcp. */
  readonly pose: Pose;
  /** Distance between the pads, metres. */
  readonly gap: number;
  /** m/s^2, along world -Z. */
  readonly gravity: number;
}

/**
 * A kind of hand: its shape, how it finds its way, and how it is put into a world. A new kind is one file that exports one of
 * these, a line in `registry.ts`, and a preset.
 */
export interface HandKind<S extends HandSettings = HandSettings, A extends Approach = Approach> {
  readonly kind: string;
  readonly geometry: (settings: S) => HandGeometry;
  readonly approach: (query: ApproachQuery<S>) => A;
  readonly open: (world: World, start: HandStart<S, A>) => Hand;
}
