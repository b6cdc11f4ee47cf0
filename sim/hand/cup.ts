import { approachAxis, type Grasp } from '../grasp.ts';
import {
  add,
  compose,
  conjugate,
  cross,
  dot,
  IDENTITY_QUAT,
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
import {
  CHECK_SECONDS,
  carryPath,
  carrySeconds,
  clearPose,
  HELD_HEIGHT,
  LOST_CHECKS,
  nearest,
  type Phase,
} from '../motion.ts';
import {
  hasDiverged,
  hashPoses,
  type Outcome,
  type TrialObserver,
  type TrialResult,
  type TrialSettings,
} from '../outcome.ts';
import {
  addCollider,
  addKinematic,
  angularInertia,
  applyImpulse,
  type Body,
  bodyPose,
  bodyPosition,
  bodyVelocity,
  type Collider,
  centreOfMass,
  moveKinematic,
  normalImpulse,
  stepWorld,
  type World,
} from '../physics.ts';
import { buildWorld, type Scene } from '../scene.ts';
import { palmHalf } from './jaws.ts';
import { STEM_SHARE, type SuctionSettings } from './kind.ts';
import { findSeal } from './seal.ts';

/** How long the vacuum builds up before the lift, seconds. */
const SEAL_SECONDS = 0.15;

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
class SuctionCup {
  readonly palm: Body;
  readonly #world: World;
  readonly #cup: SuctionSettings;
  readonly #gravity: number;
  readonly #colliders: readonly Collider[];
  #pose: Pose;
  #next: Pose;
  #held: { readonly body: Body; readonly grip: Pose; readonly friction: number } | undefined;
  #wrench: Wrench = NO_WRENCH;

  /** @param pose T_world_tcp: the middle of the lip, +Z along the approach. @param gravity m/s^2. */
  constructor(world: World, cup: SuctionSettings, pose: Pose, gravity: number) {
    this.#world = world;
    this.#gravity = gravity;
    this.#cup = cup;
    this.#pose = pose;
    this.#next = pose;
    this.palm = addKinematic(world, pose);
    const half = palmHalf(cup);
    const rigid = { density: 1000, friction: cup.padFriction };
    const stem = Math.max(cup.fingerLength - cup.lipTravel, 0.001) / 2;
    const at = (z: number): Pose => ({ position: [0, 0, z], quaternion: IDENTITY_QUAT });
    const rod = { kind: 'cylinder', radius: STEM_SHARE * cup.cupRadius, halfHeight: stem } as const;
    this.#colliders = [
      addCollider(world, this.palm, { kind: 'box', half }, at(-cup.fingerLength - half[2]), rigid),
      addCollider(world, this.palm, rod, at(-cup.lipTravel - stem), rigid),
    ];
  }

  /** Commands the cup for the next step. @param pose T_world_tcp. */
  moveTo(pose: Pose): void {
    this.#next = pose;
    moveKinematic(this.palm, pose);
  }

  /** Closes the seal on an object as it lies. @param friction the object's coefficient. */
  attach(body: Body, friction: number): void {
    this.#held = { body, grip: compose(invert(this.#pose), bodyPose(body)), friction };
  }

  get attached(): boolean {
    return this.#held !== undefined;
  }

  /** Pulls the object along; call once before every step, after {@link moveTo}. Lets go if that takes more than the seal gives. */
  pull(): void {
    if (this.#held) {
      this.#wrench = this.#carry(this.#held.body, this.#held.grip);
      if (this.#breaks(this.#wrench, this.#held.friction)) {
        this.#held = undefined;
        this.#wrench = NO_WRENCH;
      }
    }
    this.#pose = this.#next;
  }

  #carry(body: Body, grip: Pose): Wrench {
    const h = this.#world.timestep;
    const w = 2 * Math.PI * this.#cup.compliance;
    const softened = 1 + 2 * w * h + w * w * h * h;
    const spring = (offset: Vec3, speed: Vec3): Vec3 =>
      scale(add(scale(add(offset, scale(speed, h)), w * w), scale(speed, 2 * w)), 1 / softened);
    const pose = bodyPose(body);
    const [centre, v, spin] = [centreOfMass(body), bodyVelocity(body), body.angvel()];
    // where the centre of mass belongs, now and after this step: the cup moves but never turns
    const wanted = transform(compose(this.#pose, grip), transform(invert(pose), centre));
    const travel = subtract(this.#next.position, this.#pose.position);
    const after: Vec3 = [v[0], v[1], v[2] - this.#gravity * h];
    const acceleration = spring(subtract(wanted, centre), subtract(scale(travel, 1 / h), after));
    const turn = rotationVector(multiply(compose(this.#pose, grip).quaternion, conjugate(pose.quaternion)));
    const spun = spring(turn, [-spin.x, -spin.y, -spin.z]);
    const [ix, iy, iz] = angularInertia(body);
    const twist: Vec3 = [dot(ix, spun), dot(iy, spun), dot(iz, spun)];
    const force = scale(acceleration, body.mass());
    applyImpulse(body, scale(force, h), scale(twist, h));
    return { force, torque: add(twist, cross(subtract(centre, this.#pose.position), force)) };
  }

  /** Pull away from the object and shear along its surface, N. */
  #loads(force: Vec3): readonly [number, number] {
    const approach = approachAxis({ pose: this.#pose, opening: 0 });
    const pull = -dot(force, approach);
    return [pull, norm(add(force, scale(approach, pull)))];
  }

  #breaks({ force, torque }: Wrench, friction: number): boolean {
    const cup = this.#cup;
    const [pull, shear] = this.#loads(force);
    const grip = cup.padFriction * friction * (cup.force - pull);
    return pull > cup.force || shear > grip || norm(torque) > cup.torqueLimit;
  }

  /** Pull and shear on a body over the last step, N; zero unless it is the one held. */
  forcesOn(body: Body): readonly [number, number] {
    return this.#held?.body.handle === body.handle ? this.#loads(this.#wrench.force) : [0, 0];
  }

  /** Normal force on palm and stem, N. */
  contactForce(): number {
    const foreign = (other: Collider): boolean => other.parent()?.handle !== this.palm.handle;
    const impulse = this.#colliders.reduce((sum, part) => sum + normalImpulse(this.#world, part, foreign), 0);
    return impulse / this.#world.timestep;
  }

  /** A cup has no jaws. */
  gap(): number {
    return 0;
  }

  /** T_world_tcp, three times: the palm's and, where a recording has the fingers, twice the cup's. */
  poses(): readonly [Pose, Pose, Pose] {
    const pose = bodyPose(this.palm);
    return [pose, pose, pose];
  }
}

/** Axis times angle of a rotation, the short way round, radians. */
function rotationVector([x, y, z, w]: readonly [number, number, number, number]): Vec3 {
  const sine = hypot(x, y, z);
  const angle = 2 * atan2(sine, Math.abs(w));
  const factor = sine > 1e-12 ? (angle / sine) * Math.sign(w || 1) : 2;
  return [x * factor, y * factor, z * factor];
}

/** State of a trial while it runs. */
interface Run {
  readonly world: World;
  readonly bodies: readonly Body[];
  readonly cup: SuctionCup;
  readonly settings: TrialSettings;
  readonly start: readonly Pose[];
  readonly observer: TrialObserver | undefined;
  steps: number;
}

/**
 * Tries a suction cup on a scene at rest: descend until the lip rests on something (or the grasp's pose is reached), let
 * the vacuum build up, lift, hold, shake. The same phases, outcomes and determinism as with jaws; in the result, `gap` is 0
 * and `forces` are pull and shear. The grasp's opening and the turn about the approach have no effect.
 */
export function runSuctionTrial(
  scene: Scene,
  grasp: Grasp,
  settings: TrialSettings,
  cup: SuctionSettings,
  observer?: TrialObserver,
): TrialResult {
  const { world, bodies } = buildWorld(scene, settings.physics);
  try {
    const from = clearPose(scene, grasp);
    const run: Run = {
      ...{
        world,
        bodies,
        cup: new SuctionCup(world, cup, from, settings.physics.gravity),
        settings,
        observer,
        steps: 0,
      },
      start: bodies.map(bodyPose),
    };
    const approach = approachAxis(grasp);
    const reach = dot(subtract(grasp.pose.position, from.position), approach);
    const met = findSeal(scene, from, cup);
    const contact = met && met.distance <= reach + cup.lipTravel ? met : undefined;
    const target = contact && contact.object >= 0 ? contact.object : nearest(scene, grasp);
    const pose = descend(run, from, approach, contact?.distance ?? reach);
    if (!pose) return finish(run, target, 'collided');
    if (contact?.sealed) run.cup.attach(bodies[target], scene.objects[target].model.friction);
    for (let i = 0; i < SEAL_SECONDS * settings.physics.stepHz; i++) step(run, 'close', pose);
    if (!contact || contact.object < 0) return finish(run, target, 'missed');
    if (!contact.sealed) return finish(run, target, 'no-seal');
    carry(run, pose);
    return finish(run, target, verdict(run, target));
  } finally {
    world.free();
  }
}

function step(run: Run, phase: Phase, pose: Pose): void {
  run.cup.moveTo(pose);
  run.cup.pull();
  stepWorld(run.world);
  run.steps++;
  run.observer?.({ phase, time: run.steps / run.settings.physics.stepHz, gripper: run.cup, bodies: run.bodies });
}

/** Moves along the approach. @returns where it came to rest, or undefined if palm or stem were stopped before. */
function descend(run: Run, from: Pose, approach: Vec3, distance: number): Pose | undefined {
  const { motion, physics } = run.settings;
  const stride = motion.descentSpeed / physics.stepHz;
  let pose = from;
  for (let done = 0; done < distance; ) {
    done = Math.min(done + stride, distance);
    pose = { ...from, position: add(from.position, scale(approach, done)) };
    step(run, 'descend', pose);
    if (run.cup.contactForce() > motion.stopForce) return undefined;
  }
  return pose;
}

/** Lift, hold, shake. Ends soon after the seal broke. */
function carry(run: Run, from: Pose): void {
  const { motion, physics } = run.settings;
  const total = Math.round(carrySeconds(motion) * physics.stepHz);
  const after = Math.round(CHECK_SECONDS * LOST_CHECKS * physics.stepHz);
  for (let i = 1, lost = 0; i <= total && lost < after; i++) {
    const { phase, pose } = carryPath(motion, from, i / physics.stepHz);
    step(run, phase, pose);
    if (!run.cup.attached) lost++;
  }
}

function verdict(run: Run, target: number): Outcome {
  if (!run.cup.attached) return 'slipped';
  return rise(run, target) >= HELD_HEIGHT ? 'held' : 'unstable';
}

const rise = (run: Run, target: number): number => bodyPosition(run.bodies[target])[2] - run.start[target].position[2];

function finish(run: Run, target: number, outcome: Outcome): TrialResult {
  const finalPoses = run.bodies.map(bodyPose);
  return {
    ...{ outcome: run.bodies.some(hasDiverged) ? 'invalid' : outcome, target, gap: run.cup.gap() },
    ...{ forces: run.cup.forcesOn(run.bodies[target]), rise: rise(run, target), finalPoses, steps: run.steps },
    stateHash: hashPoses([...finalPoses, ...run.cup.poses()]),
  };
}
