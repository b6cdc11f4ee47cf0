/** Suction cup: how it approaches, seals, carries and lets go. */
import { approachAxis } from '../grasp.ts';
import {
  add,
  compose,
  conjugate,
  cross,
  dot,
  invert,
  multiply,
  norm,
  type Pose,
  scale,
  subtract,
  transform,
  type Vec3,
} from '../math/pose.ts';
import { atan2, hypot } from '../math/trigonometry.ts';
import { nearest, type Phase } from '../motion.ts';
import { hasDiverged, type Outcome } from '../outcome.ts';
import {
  addCollider,
  addKinematic,
  angularInertia,
  applyImpulse,
  type Body,
  bodyId,
  bodyMass,
  bodyPose,
  bodySpin,
  bodyVelocity,
  type Collider,
  centreOfMass,
  moveKinematic,
  normalImpulse,
  stepWorld,
  timestepOf,
  type World,
} from '../physics.ts';
import { cupGeometry } from './geometry.ts';
import type { Approach, ApproachQuery, Hand, HandKind, HandStart, HandTiming } from './hand.ts';
import { findSeal, type SealContact } from './seal.ts';
import type { SuctionSettings } from './settings.ts';

/** The vacuum builds up for 0.15 s before the lift; what stops palm or stem ends the trial. */
const TIMING: HandTiming = { feelSeconds: 0, closeSeconds: 0.15, stalls: false, checkSeconds: 0 };

/** The way of a cup: to where its lip rests. */
interface CupApproach extends Approach {
  /** What the lip meets within reach. */
  readonly contact?: SealContact;
}

/** What the cup does to an object over one step, world frame. Torque about the middle of the lip. */
interface Wrench {
  readonly force: Vec3;
  readonly torque: Vec3;
}

const NO_WRENCH: Wrench = { force: [0, 0, 0], torque: [0, 0, 0] };

/**
 * A suction cup: a kinematic palm and stem, and an attachment in place of the lip. The lip itself does not collide: it gives
 * way (`lipTravel`) until the cup rests on the surface.
 *
 * The attachment is a critically damped spring between the pose that the object had relative to the cup when the seal closed
 * and the one it has now, scaled by the object's mass and inertia: its natural frequency is the cup's `compliance` (20 Hz: an
 * object of any weight sags 0.6 mm). It is an explicit force, integrated implicitly, so what it takes to carry the object is
 * known at every step, contacts with others included:
 *
 *   a = (w^2 (x* - x + u h) + 2 w u) / (1 + 2 w h + w^2 h^2),   u = v* - v - g h,   w = 2 pi compliance,   h = one step
 *
 * The seal breaks when the pull exceeds `force`; when the shear exceeds what friction gives under the pressure that is left,
 * mu (force - pull), with mu the product of lip and object (Mahler et al., Dex-Net 3.0, 2018); or when the torque about the
 * middle of the lip, bending and twisting together, exceeds `torqueLimit`.
 */
class SuctionCup implements Hand {
  readonly timing = TIMING;
  readonly #start: HandStart<SuctionSettings, CupApproach>;
  readonly #palm: Body;
  readonly #world: World;
  readonly #colliders: readonly Collider[];
  #pose: Pose;
  #next: Pose;
  #closed = false;
  /** The object under the lip, while the seal holds. */
  #held: { readonly object: number; readonly body: Body; readonly grip: Pose } | undefined;
  #wrench: Wrench = NO_WRENCH;

  constructor(world: World, start: HandStart<SuctionSettings, CupApproach>) {
    const { settings, pose } = start;
    this.#world = world;
    this.#start = start;
    this.#pose = pose;
    this.#next = pose;
    this.#palm = addKinematic(world, pose);
    const rigid = { density: 1000, friction: settings.padFriction };
    this.#colliders = cupGeometry(settings)
      .parts.filter(({ collides }) => collides)
      .map(({ solid, pose: at }) => addCollider(world, this.#palm, solid, at, rigid));
  }

  step(pose: Pose, phase: Phase): void {
    if (phase !== 'descend' && !this.#closed) this.#close();
    this.#next = pose;
    moveKinematic(this.#palm, pose);
    this.#pull();
    stepWorld(this.#world);
  }

  /** Closes the seal on the object under the lip, as it lies. */
  #close(): void {
    this.#closed = true;
    if (!this.hasClosedOnSomething()) return;
    const object = this.#start.approach.target;
    const body = this.#start.bodies[object];
    this.#held = { object, body, grip: compose(invert(this.#pose), bodyPose(body)) };
  }

  /** Pulls the object along. Lets go if that takes more than the seal gives. */
  #pull(): void {
    if (this.#held) {
      this.#wrench = this.#carry(this.#held.body, this.#held.grip);
      if (this.#breaks(this.#wrench, this.#start.scene.objects[this.#held.object].model.friction)) {
        this.#held = undefined;
        this.#wrench = NO_WRENCH;
      }
    }
    this.#pose = this.#next;
  }

  #carry(body: Body, grip: Pose): Wrench {
    const h = timestepOf(this.#world);
    const w = 2 * Math.PI * this.#start.settings.compliance;
    const softened = 1 + 2 * w * h + w * w * h * h;
    const spring = (offset: Vec3, speed: Vec3): Vec3 =>
      scale(add(scale(add(offset, scale(speed, h)), w * w), scale(speed, 2 * w)), 1 / softened);
    const pose = bodyPose(body);
    const [centre, v, spin] = [centreOfMass(body), bodyVelocity(body), bodySpin(body)];
    // where the centre of mass belongs, now and after this step: the cup moves but never turns
    const wanted = transform(compose(this.#pose, grip), transform(invert(pose), centre));
    const travel = subtract(this.#next.position, this.#pose.position);
    const after: Vec3 = [v[0], v[1], v[2] - this.#start.gravity * h];
    const acceleration = spring(subtract(wanted, centre), subtract(scale(travel, 1 / h), after));
    const turn = rotationVector(multiply(compose(this.#pose, grip).quaternion, conjugate(pose.quaternion)));
    const spun = spring(turn, [-spin[0], -spin[1], -spin[2]]);
    const [ix, iy, iz] = angularInertia(body);
    const twist: Vec3 = [dot(ix, spun), dot(iy, spun), dot(iz, spun)];
    const force = scale(acceleration, bodyMass(body));
    applyImpulse(body, scale(force, h), scale(twist, h));
    return { force, torque: add(twist, cross(subtract(centre, this.#pose.position), force)) };
  }

  /** Pull away from the object and shear along its surface, N. */
  #loads(force: Vec3): readonly [number, number] {
    const axis = approachAxis({ pose: this.#pose, opening: 0 });
    const pull = -dot(force, axis);
    return [pull, norm(add(force, scale(axis, pull)))];
  }

  #breaks({ force, torque }: Wrench, friction: number): boolean {
    const cup = this.#start.settings;
    const [pull, shear] = this.#loads(force);
    const grip = cup.padFriction * friction * (cup.force - pull);
    return pull > cup.force || shear > grip || norm(torque) > cup.torqueLimit;
  }

  /** Pull and shear; zero unless it is the one held. */
  forcesOn(object: number): readonly [number, number] {
    return this.grips(object) ? this.#loads(this.#wrench.force) : [0, 0];
  }

  grips(object: number): boolean {
    return this.#held?.object === object;
  }

  hasClosedOnSomething(): boolean {
    const { contact } = this.#start.approach;
    return contact !== undefined && contact.object >= 0 && contact.sealed;
  }

  missReason(stopped: boolean): Outcome {
    if (stopped) return 'collided';
    const { contact } = this.#start.approach;
    return !contact || contact.object < 0 ? 'missed' : 'no-seal';
  }

  contactForce(): number {
    const own = bodyId(this.#palm);
    const impulse = this.#colliders.reduce(
      (sum, c) => sum + normalImpulse(this.#world, c, (other) => other !== own),
      0,
    );
    return impulse / timestepOf(this.#world);
  }

  gap(): number {
    return 0;
  }

  /** T_world_tcp, three times: the palm's and, where a recording has the fingers, twice the cup's. */
  poses(): readonly [Pose, Pose, Pose] {
    const pose = bodyPose(this.#palm);
    return [pose, pose, pose];
  }

  objectPose(object: number): Pose {
    return bodyPose(this.#start.bodies[object]);
  }

  hasDiverged(): boolean {
    return this.#start.bodies.some(hasDiverged);
  }
}

/** Axis times angle of a rotation, the short way round, radians. */
function rotationVector([x, y, z, w]: readonly [number, number, number, number]): Vec3 {
  const sine = hypot(x, y, z);
  const angle = 2 * atan2(sine, Math.abs(w));
  const factor = sine > 1e-12 ? (angle / sine) * Math.sign(w || 1) : 2;
  return [x * factor, y * factor, z * factor];
}

/** The cup descends until its lip rests on something, or as far as the grasp asks it to. */
function approach({ scene, grasp, settings, from, reach }: ApproachQuery<SuctionSettings>): CupApproach {
  const met = findSeal(scene, from, settings);
  const contact = met && met.distance <= reach + settings.lipTravel ? met : undefined;
  const target = contact && contact.object >= 0 ? contact.object : nearest(scene, grasp);
  return { target, distance: contact?.distance ?? reach, opening: grasp.opening, ...(contact && { contact }) };
}

/** A suction cup. The grasp's opening and the turn about the approach have no effect. */
export const cup: HandKind<SuctionSettings, CupApproach> = {
  kind: 'suction',
  geometry: cupGeometry,
  approach,
  open: (world, start) => new SuctionCup(world, start),
};
