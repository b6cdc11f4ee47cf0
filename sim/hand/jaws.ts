import { add, dot, IDENTITY_QUAT, type Pose, rotate, scale, subtract, type Vec3 } from '../math/pose.ts';
import {
  addCollider,
  addKinematic,
  addSlider,
  addWeightless,
  type Body,
  bodyPose,
  bodyPosition,
  type Collider,
  driveSlider,
  limitSlider,
  normalImpulse,
  type Slider,
  setVelocity,
  slideKinematic,
  stepWorld,
  type World,
} from '../physics.ts';

/** A parallel-jaw gripper. Lengths in metres. */
export interface GripperSettings {
  /** Largest distance between the pads. */
  readonly stroke: number;
  /** Force of each finger, N. */
  readonly force: number;
  /** Speed of each finger in free air, m/s. */
  readonly closingSpeed: number;
  readonly fingerLength: number;
  readonly fingerWidth: number;
  readonly fingerThickness: number;
  /** kg, each. */
  readonly fingerMass: number;
  /** Coefficient of friction of the pads; multiplies with the object's. */
  readonly padFriction: number;
}

/** About a Franka hand: 80 mm stroke, 20 mm wide fingers. */
export const GRIPPER_DEFAULTS: GripperSettings = {
  stroke: 0.08,
  force: 20,
  closingSpeed: 0.1,
  fingerLength: 0.055,
  fingerWidth: 0.02,
  fingerThickness: 0.01,
  fingerMass: 0.03,
  padFriction: 1,
};

/** Half extents of the palm, which sits behind the fingers. */
export const palmHalf = (g: GripperSettings): Vec3 => [g.stroke / 2 + g.fingerThickness + 0.006, 0.02, 0.016];

/** Stiffness that keeps the two fingers symmetric, N/m: the mechanical coupling of a real hand. */
export const COUPLING = 4000;

/**
 * A kinematic palm with two dynamic fingers on prismatic joints. Body frames coincide with the tcp frame when closed.
 *
 * The drive models one motor with both jaws geared together: each finger feels
 *   f = -force - COUPLING * (q - mean(q)) - damping * dq/dt
 * so the sum is limited to twice the force whatever is between the pads, while the gearing resists a sideways push.
 * The world owns the bodies; free the world to free them.
 */
export class Gripper {
  readonly palm: Body;
  readonly fingers: readonly [Body, Body];
  readonly #world: World;
  readonly #settings: GripperSettings;
  readonly #joints: readonly [Slider, Slider];
  readonly #palmCollider: Collider;
  readonly #pads: readonly [Collider, Collider];
  readonly #pose: Pose;
  /** As of the last step. */
  #gap: number | undefined;
  /** Where the palm is, world frame. */
  #palm: Vec3;
  /** Closing direction, world frame. */
  readonly #closing: Vec3;
  #opening: number;

  /**
   * @param pose T_world_tcp. @param opening distance between the pads while approaching, clamped to the stroke.
   * @param gap distance between the pads now.
   */
  constructor(world: World, settings: GripperSettings, pose: Pose, opening: number, gap = opening) {
    this.#world = world;
    this.#settings = settings;
    this.#pose = pose;
    this.#palm = pose.position;
    this.#closing = rotate(pose.quaternion, [1, 0, 0]);
    this.#opening = Math.min(Math.max(opening, 0), settings.stroke);
    this.palm = addKinematic(world, pose);
    const half = palmHalf(settings);
    const rigid = { density: 1000, friction: settings.padFriction };
    const behind: Pose = { position: [0, 0, -settings.fingerLength - half[2]], quaternion: IDENTITY_QUAT };
    this.#palmCollider = addCollider(world, this.palm, { kind: 'box', half }, behind, rigid);
    const left = this.#addFinger(1, gap);
    const right = this.#addFinger(-1, gap);
    this.fingers = [left.body, right.body];
    this.#joints = [left.joint, right.joint];
    this.#pads = [left.pad, right.pad];
    this.#hold();
  }

  #addFinger(side: 1 | -1, gap: number): { body: Body; joint: Slider; pad: Collider } {
    const g = this.#settings;
    const half: Vec3 = [g.fingerThickness / 2, g.fingerWidth / 2, g.fingerLength / 2];
    const body = addWeightless(this.#world, {
      position: this.#fingerAt(this.#pose, side, gap),
      quaternion: this.#pose.quaternion,
    });
    const at: Pose = { position: [side * half[0], 0, -half[2]], quaternion: IDENTITY_QUAT };
    const surface = { density: g.fingerMass / (8 * half[0] * half[1] * half[2]), friction: g.padFriction };
    const pad = addCollider(this.#world, body, { kind: 'box', half }, at, surface);
    const joint = addSlider(this.#world, this.palm, body, [side, 0, 0]);
    limitSlider(joint, 4 * g.force);
    return { body, joint, pad };
  }

  /** Distance of a finger's pad from the middle, metres. */
  #position(finger: 0 | 1): number {
    const along = dot(subtract(bodyPosition(this.fingers[finger]), this.#palm), this.#closing);
    return finger === 0 ? along : -along;
  }

  /** Distance between the pads, metres. */
  gap(): number {
    this.#gap ??= this.#position(0) + this.#position(1);
    return this.#gap;
  }

  /** One step of the world, in which the palm moves; it never turns. @param pose T_world_tcp. */
  step({ position }: Pose, closing: boolean): void {
    slideKinematic(this.palm, position);
    if (closing) this.#close();
    stepWorld(this.#world);
    this.#palm = position;
    this.#gap = undefined;
  }

  #fingerAt({ position, quaternion }: Pose, side: 1 | -1, gap: number): Vec3 {
    const half = Math.min(Math.max(gap, 0), this.#settings.stroke) / 2;
    return add(position, rotate(quaternion, [side * half, 0, 0]));
  }

  /** Gives the fingers the speed they have in steady motion. @param velocity of the palm, m/s, world frame. */
  setMoving(velocity: Vec3, closing: boolean): void {
    ([1, -1] as const).forEach((side, i) => {
      const speed = closing ? -side * this.#settings.closingSpeed : 0;
      setVelocity(this.fingers[i], add(velocity, scale(this.#closing, speed)));
    });
  }

  /** Holds the opening with full force (the approach). */
  #hold(): void {
    for (const joint of this.#joints) driveSlider(joint, this.#opening / 2, COUPLING, 60);
  }

  /** Drives the fingers together. */
  #close(): void {
    const { force, closingSpeed } = this.#settings;
    const target = this.gap() / 2 - force / COUPLING;
    const damping = Math.max(force / closingSpeed - COUPLING * this.#world.timestep, 1);
    for (const joint of this.#joints) driveSlider(joint, target, COUPLING, damping);
  }

  /** Normal force between each finger and a body over the last step, N. */
  forcesOn(body: Body): readonly [number, number] {
    const on = (pad: Collider): number =>
      normalImpulse(this.#world, pad, (other) => other.parent()?.handle === body.handle) / this.#world.timestep;
    return [on(this.#pads[0]), on(this.#pads[1])];
  }

  /** Normal force on the whole gripper from anything that is not the gripper, N. */
  contactForce(): number {
    const own = new Set([this.palm.handle, this.fingers[0].handle, this.fingers[1].handle]);
    const foreign = (other: Collider): boolean => !own.has(other.parent()?.handle ?? -1);
    let impulse = 0;
    for (const part of [this.#palmCollider, ...this.#pads]) impulse += normalImpulse(this.#world, part, foreign);
    return impulse / this.#world.timestep;
  }

  /** T_world_palm and T_world_finger of both fingers. */
  poses(): readonly [Pose, Pose, Pose] {
    return [bodyPose(this.palm), bodyPose(this.fingers[0]), bodyPose(this.fingers[1])];
  }
}
