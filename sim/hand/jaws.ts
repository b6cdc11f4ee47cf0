/** Parallel jaws: how they approach, drive, press and miss. */
import { freeMotion } from '../free-motion.ts';
import { closingAxis, type Grasp } from '../grasp.ts';
import { add, dot, type Pose, rotate, scale, subtract, type Vec3 } from '../math/pose.ts';
import { extentAlong, nearest, type Phase } from '../motion.ts';
import { collisionMesh, type Solid } from '../objects/object.ts';
import { hasDiverged, type Outcome } from '../outcome.ts';
import {
  addCollider,
  addKinematic,
  addSlider,
  addWeightless,
  type Body,
  bodyId,
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
  timestepOf,
  type World,
} from '../physics.ts';
import type { Scene } from '../scene.ts';
import { type HandGeometry, type HandPart, jawGeometry } from './geometry.ts';
import type { Approach, Hand, HandKind, HandStart, HandTiming } from './hand.ts';
import type { HandSettings } from './settings.ts';

/** Stiffness that keeps the two fingers symmetric, N/m: the mechanical coupling of a real hand. */
export const COUPLING = 4000;

/** Any jaws, in any engine. */
export const JAW_TIMING: HandTiming = {
  feelSeconds: 0.01,
  backOff: 0.0015,
  closeSeconds: 1.5,
  stalls: true,
  checkSeconds: 0.05,
};

/** The distance between the pads of jaws that approach, metres. */
export const jawOpening = ({ opening }: Grasp, { stroke }: HandSettings): number =>
  Math.min(Math.max(opening, 0), stroke);

/** Why jaws have nothing between them: what stopped them is too wide for the opening, or was in the way. */
export function jawMissReason(scene: Scene, grasp: Grasp, target: number, stopped: boolean): Outcome {
  if (!stopped) return 'missed';
  const { model, pose } = scene.objects[target];
  return extentAlong(collisionMesh(model), pose, closingAxis(grasp)) > grasp.opening ? 'too-wide' : 'collided';
}

/**
 * A parallel-jaw hand: a kinematic palm with two dynamic fingers on prismatic joints. Body frames coincide with the tcp frame
 * when closed.
 *
 * The drive models one motor with both jaws geared together: each finger feels
 *   f = -force - COUPLING * (q - mean(q)) - damping * dq/dt
 * so the sum is limited to twice the force whatever is between the pads, while the gearing resists a sideways push.
 */
class Jaws implements Hand {
  readonly timing = JAW_TIMING;
  readonly #start: HandStart<HandSettings, Approach>;
  readonly #palm: Body;
  readonly #fingers: readonly [Body, Body];
  readonly #world: World;
  readonly #joints: readonly [Slider, Slider];
  readonly #palmColliders: readonly Collider[];
  readonly #pads: readonly [readonly Collider[], readonly Collider[]];
  /** Bodies of the hand itself. */
  readonly #own: ReadonlySet<number>;
  /** As of the last step. */
  #gap: number | undefined;
  /** Where the palm is, world frame. */
  #at: Vec3;
  /** Closing direction, world frame. */
  readonly #closing: Vec3;

  /** @param geometry a palm, and one or more parts for each finger. */
  constructor(world: World, start: HandStart<HandSettings, Approach>, { parts }: HandGeometry) {
    const { pose } = start;
    this.#world = world;
    this.#start = start;
    this.#at = pose.position;
    this.#closing = rotate(pose.quaternion, [1, 0, 0]);
    const of = (body: HandPart['body']): HandPart[] => parts.filter((part) => part.body === body);
    this.#palm = addKinematic(world, pose);
    this.#palmColliders = this.#addParts(this.#palm, of(0), 1000);
    const [left, right] = [this.#addFinger(of(1), 1), this.#addFinger(of(2), -1)];
    this.#fingers = [left.body, right.body];
    this.#joints = [left.joint, right.joint];
    this.#pads = [left.pads, right.pads];
    this.#own = new Set([this.#palm, ...this.#fingers].map(bodyId));
    this.#hold();
  }

  #addParts(body: Body, parts: readonly HandPart[], density: number): Collider[] {
    const surface = { density, friction: this.#start.settings.padFriction };
    return parts.map(({ solid, pose }) => addCollider(this.#world, body, solid, pose, surface));
  }

  #addFinger(parts: readonly HandPart[], side: 1 | -1): { body: Body; joint: Slider; pads: Collider[] } {
    const { settings: g, pose, gap } = this.#start;
    const position = this.#fingerAt(pose, side, gap);
    const body = addWeightless(this.#world, { position, quaternion: pose.quaternion });
    const volume = parts.reduce((sum, { solid }) => sum + boxVolume(solid), 0);
    const pads = this.#addParts(body, parts, g.fingerMass / volume);
    const joint = addSlider(this.#world, this.#palm, body, [side, 0, 0]);
    limitSlider(joint, 4 * g.force);
    return { body, joint, pads };
  }

  /** Distance of a finger's pad from the middle, metres. */
  #position(finger: 0 | 1): number {
    const along = dot(subtract(bodyPosition(this.#fingers[finger]), this.#at), this.#closing);
    return finger === 0 ? along : -along;
  }

  gap(): number {
    this.#gap ??= this.#position(0) + this.#position(1);
    return this.#gap;
  }

  step({ position }: Pose, phase: Phase): void {
    slideKinematic(this.#palm, position);
    if (phase !== 'descend') this.#close();
    stepWorld(this.#world);
    this.#at = position;
    this.#gap = undefined;
  }

  #fingerAt({ position, quaternion }: Pose, side: 1 | -1, gap: number): Vec3 {
    const half = Math.min(Math.max(gap, 0), this.#start.settings.stroke) / 2;
    return add(position, rotate(quaternion, [side * half, 0, 0]));
  }

  setMoving(velocity: Vec3, closing: boolean): void {
    ([1, -1] as const).forEach((side, i) => {
      const speed = closing ? -side * this.#start.settings.closingSpeed : 0;
      setVelocity(this.#fingers[i], add(velocity, scale(this.#closing, speed)));
    });
  }

  /** Holds the opening with full force (the approach). */
  #hold(): void {
    for (const joint of this.#joints) driveSlider(joint, this.#start.approach.opening / 2, COUPLING, 60);
  }

  /** Drives the fingers together. */
  #close(): void {
    const { force, closingSpeed } = this.#start.settings;
    const target = this.gap() / 2 - force / COUPLING;
    const damping = Math.max(force / closingSpeed - COUPLING * timestepOf(this.#world), 1);
    for (const joint of this.#joints) driveSlider(joint, target, COUPLING, damping);
  }

  forcesOn(object: number): readonly [number, number] {
    const id = bodyId(this.#start.bodies[object]);
    const on = (pads: readonly Collider[]): number =>
      this.#impulse(pads, (other) => other === id) / timestepOf(this.#world);
    return [on(this.#pads[0]), on(this.#pads[1])];
  }

  /** Both fingers press on it. */
  grips(object: number): boolean {
    const [a, b] = this.forcesOn(object);
    return a > 0 && b > 0;
  }

  hasClosedOnSomething(): boolean {
    return this.#start.bodies.some((_, object) => this.grips(object));
  }

  missReason(stopped: boolean): Outcome {
    const { scene, grasp, approach } = this.#start;
    return jawMissReason(scene, grasp, approach.target, stopped);
  }

  contactForce(): number {
    const foreign = (other: number): boolean => !this.#own.has(other);
    const palm = this.#impulse(this.#palmColliders, foreign);
    return (
      (palm + this.#impulse(this.#pads[0], foreign) + this.#impulse(this.#pads[1], foreign)) / timestepOf(this.#world)
    );
  }

  #impulse(colliders: readonly Collider[], accept: (body: number) => boolean): number {
    let sum = 0;
    for (const collider of colliders) sum += normalImpulse(this.#world, collider, accept);
    return sum;
  }

  poses(): readonly [Pose, Pose, Pose] {
    return [bodyPose(this.#palm), bodyPose(this.#fingers[0]), bodyPose(this.#fingers[1])];
  }

  objectPose(object: number): Pose {
    return bodyPose(this.#start.bodies[object]);
  }

  hasDiverged(): boolean {
    return [...this.#start.bodies, ...this.#fingers].some(hasDiverged);
  }
}

/** @throws RangeError for anything but a box. */
function boxVolume(solid: Solid): number {
  if (solid.kind !== 'box') throw new RangeError(`jaws: expected fingers made of boxes, got a ${solid.kind}`);
  const [x, y, z] = solid.half;
  return 8 * x * y * z;
}

/**
 * Parallel jaws of some shape. Nothing that they pass freely is simulated.
 * @param geometry a palm and two fingers of boxes, within those that {@link jawGeometry} makes of the same settings.
 */
export const jawsOf = (kind: string, geometry: (settings: HandSettings) => HandGeometry): HandKind => ({
  kind,
  geometry,
  approach: ({ scene, grasp, settings, reach }) => ({
    target: nearest(scene, grasp),
    distance: reach,
    opening: jawOpening(grasp, settings),
    free: freeMotion(scene, grasp, settings),
  }),
  open: (world, start) => new Jaws(world, start, geometry(start.settings)),
});

/** Two parallel jaws, a box each. */
export const jaws = jawsOf('jaws', jawGeometry);
