/**
 * The one wrapper around Rapier: no other file imports it, and its methods cannot be called outside, for worlds, bodies,
 * colliders and joints are opaque there. Everything is in SI units; Rapier itself runs in decimetres.
 */
import RAPIER from '@dimforge/rapier3d-simd-compat';
import { axisAngle, compose, type Pose, type Quat, scale, type Vec3 } from './math/pose.ts';
import type { Mesh } from './objects/mesh.ts';
import type { MassProperties, ObjectModel, Solid } from './objects/object.ts';
import { objectMassProperties } from './objects/solid-moments.ts';
import { isKnownLayout, type PhysicsSettings, SCALE, writeUnexposed } from './physics-constants.ts';

export { PHYSICS_DEFAULTS, type PhysicsSettings } from './physics-constants.ts';

declare const hidden: unique symbol;

/** A physics world. */
export interface World {
  readonly [hidden]: 'world';
}
/** A rigid body. */
export interface Body {
  readonly [hidden]: 'body';
}
/** A convex shape that collides, part of a body. */
export interface Collider {
  readonly [hidden]: 'collider';
}
/** A sliding joint with a motor. */
export interface Slider {
  readonly [hidden]: 'slider';
}

interface Raw {
  readonly world: RAPIER.World;
  readonly body: RAPIER.RigidBody;
  readonly collider: RAPIER.Collider;
  readonly slider: RAPIER.PrismaticImpulseJoint;
}

/** What an opaque thing is, and back. */
const raw = <K extends keyof Raw>(thing: { readonly [hidden]: K }): Raw[K] => thing as unknown as Raw[K];
const opaque = <K extends keyof Raw>(thing: Raw[K]): { readonly [hidden]: K } =>
  thing as unknown as { readonly [hidden]: K };

/** What runs, for logs and reports. */
export const PHYSICS_ENGINE = '@dimforge/rapier3d-simd-compat';

let ready: Promise<void> | undefined;

/** Loads Rapier's WebAssembly; call once before {@link createWorld}. Repeated calls wait for the same load. */
export function loadPhysics(): Promise<void> {
  ready ??= silently(() => RAPIER.init());
  return ready;
}

/** Rapier 0.20's loader warns about its own deprecated call; that line is of no use to anyone running graft. */
async function silently(load: () => Promise<void>): Promise<void> {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes('deprecated parameters')) warn(...words);
  };
  try {
    await load();
  } finally {
    console.warn = warn;
  }
}

export const physicsVersion = (): string => RAPIER.version();

/** Snapshot of an empty world with these settings, exposed or not. */
function emptySnapshot(settings: PhysicsSettings): Uint8Array {
  const world = new RAPIER.World({ x: 0, y: 0, z: -settings.gravity * SCALE });
  const p = world.integrationParameters;
  p.dt = 1 / settings.stepHz;
  p.numSolverIterations = settings.solverIterations;
  p.numInternalPgsIterations = settings.internalPgsIterations;
  p.contact_natural_frequency = settings.contactFrequencyHz;
  p.lengthUnit = settings.lengthUnit * SCALE;
  const bytes = world.takeSnapshot();
  world.free();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isKnownLayout(view, settings)) {
    throw new Error(`physics: expected the snapshot layout of Rapier 0.20, got another one from ${RAPIER.version()}`);
  }
  writeUnexposed(view, settings);
  return bytes;
}

const snapshots = new Map<string, Uint8Array>();
let pipeline: RAPIER.SerializationPipeline | undefined;

/** An empty world; whoever creates it calls {@link freeWorld}. */
export function createWorld(settings: PhysicsSettings): World {
  const key = JSON.stringify(settings);
  const bytes = snapshots.get(key) ?? emptySnapshot(settings);
  if (snapshots.size < 32) snapshots.set(key, bytes);
  // as `World.restoreSnapshot` does it, which leaves 2 kB a world to a collector that never comes to it within a loop of trials
  pipeline ??= new RAPIER.SerializationPipeline();
  const parts = pipeline.raw.deserializeAll(bytes);
  if (!parts) throw new Error('physics: expected the snapshot of an empty world, got one that Rapier cannot read');
  const world = RAPIER.World.fromRaw(parts);
  parts.free();
  return opaque<'world'>(world);
}

/** Frees a world with all that is in it. */
export const freeWorld = (world: World): void => raw(world).free();

const noClock = (): number => 0;

/**
 * One step. Rapier reads the clock 28 times in it, for a profiler that is off: a twentieth of the time of a trial. So the clock
 * stands still meanwhile.
 */
export function stepWorld(world: World): void {
  const { now } = performance;
  performance.now = noClock;
  try {
    raw(world).step();
  } finally {
    performance.now = now;
  }
}

/** One step of another length. @param seconds so long. */
export function stepBriefly(world: World, seconds: number): void {
  const { timestep } = raw(world);
  raw(world).timestep = seconds;
  stepWorld(world);
  raw(world).timestep = timestep;
}

/** Length of a step, seconds. */
export const timestepOf = (world: World): number => raw(world).timestep;

const vector = ([x, y, z]: readonly [number, number, number]): RAPIER.Vector3 => ({ x, y, z });
/** Metres, m/s or N s to Rapier's units, and back. */
const toRapier = ([x, y, z]: Vec3): RAPIER.Vector3 => ({ x: x * SCALE, y: y * SCALE, z: z * SCALE });
const fromRapier = ({ x, y, z }: RAPIER.Vector3): Vec3 => [x / SCALE, y / SCALE, z / SCALE];
const rotation = ([x, y, z, w]: Quat): RAPIER.Quaternion => ({ x, y, z, w });

/** graft's cylinders and capsules lie along +Z, Rapier's along +Y. */
const Z_TO_Y: Quat = axisAngle([1, 0, 0], Math.PI / 2);

function colliderDesc(solid: Solid): { desc: RAPIER.ColliderDesc; turn?: Quat } {
  switch (solid.kind) {
    case 'box': {
      const [x, y, z] = solid.half;
      return { desc: RAPIER.ColliderDesc.cuboid(x * SCALE, y * SCALE, z * SCALE) };
    }
    case 'sphere':
      return { desc: RAPIER.ColliderDesc.ball(solid.radius * SCALE) };
    case 'cylinder':
      return { desc: RAPIER.ColliderDesc.cylinder(solid.halfHeight * SCALE, solid.radius * SCALE), turn: Z_TO_Y };
    case 'capsule':
      return { desc: RAPIER.ColliderDesc.capsule(solid.halfHeight * SCALE, solid.radius * SCALE), turn: Z_TO_Y };
    case 'hull': {
      const desc = RAPIER.ColliderDesc.convexHull(Float32Array.from(solid.points.flat(), (x) => x * SCALE));
      if (!desc) throw new RangeError(`hull: expected points that span a volume, got ${solid.points.length} flat ones`);
      return { desc };
    }
    default:
      return solid satisfies never;
  }
}

/**
 * Adds a collider to a body at `pose` (T_body_collider). Between two surfaces the coefficients of friction multiply: an
 * object's own value is the one against a surface of 1 (the default finger pads).
 */
export function addCollider(
  world: World,
  body: Body,
  solid: Solid,
  pose: Pose,
  surface: { readonly density: number; readonly friction: number },
): Collider {
  const { desc, turn } = colliderDesc(solid);
  const placed = turn ? compose(pose, { position: [0, 0, 0], quaternion: turn }) : pose;
  const { x, y, z } = toRapier(placed.position);
  desc.setTranslation(x, y, z);
  desc.setRotation(rotation(placed.quaternion));
  desc.setDensity(surface.density / SCALE ** 3);
  desc.setFriction(surface.friction);
  desc.setFrictionCombineRule(RAPIER.CoefficientCombineRule.Multiply);
  desc.setRestitution(0);
  return opaque<'collider'>(raw(world).createCollider(desc, raw(body)));
}

/** @param pose T_world_body. */
function placed(desc: RAPIER.RigidBodyDesc, { position, quaternion }: Pose): RAPIER.RigidBodyDesc {
  const { x, y, z } = toRapier(position);
  return desc.setTranslation(x, y, z).setRotation(rotation(quaternion));
}

/** A free rigid body made of the object's parts. @param pose T_world_object. */
export function addObject(world: World, model: ObjectModel, pose: Pose): Body {
  const desc = placed(RAPIER.RigidBodyDesc.dynamic(), pose);
  const { mass, centre, inertia, frame } = objectMassProperties(model);
  desc.setAdditionalMassProperties(mass, toRapier(centre), vector(scale(inertia, SCALE ** 2)), rotation(frame));
  const body = opaque<'body'>(raw(world).createRigidBody(desc));
  const surface = { density: 0, friction: model.friction };
  for (const { solid, pose: partPose } of model.parts) addCollider(world, body, solid, partPose, surface);
  return body;
}

/** How a mesh is cut into convex pieces (V-HACD, K. Mamou 2016). */
export interface DecompositionSettings {
  /** Voxels along the longest side. */
  readonly resolution: number;
  /** Deviation from convexity that is let pass, 0..1. */
  readonly concavity: number;
  readonly maxHulls: number;
}

export const DECOMPOSITION_DEFAULTS: DecompositionSettings = { resolution: 64, concavity: 0.01, maxHulls: 32 };

/** Vertices of convex pieces that together stand for a mesh, in its frame; none if it has no volume. */
export function convexPieces(mesh: Mesh, { resolution, concavity, maxHulls }: DecompositionSettings): Vec3[][] {
  const desc = RAPIER.ColliderDesc.convexDecomposition(mesh.positions, mesh.indices, {
    resolution,
    concavity,
    maxConvexHulls: maxHulls,
  });
  if (!desc) return [];
  const shapes = desc.shape instanceof RAPIER.Compound ? desc.shape.shapes : [desc.shape];
  return shapes.flatMap((shape) => (shape instanceof RAPIER.ConvexPolyhedron ? [toPoints(shape.vertices)] : []));
}

const toPoints = (flat: ArrayLike<number>): Vec3[] =>
  Array.from({ length: flat.length / 3 }, (_, i): Vec3 => [flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]]);

/** A body that follows commanded poses and is moved by nothing else. @param pose T_world_body. */
export function addKinematic(world: World, pose: Pose): Body {
  return opaque<'body'>(raw(world).createRigidBody(placed(RAPIER.RigidBodyDesc.kinematicPositionBased(), pose)));
}

/** A body that never moves. */
export const addFixed = (world: World): Body =>
  opaque<'body'>(raw(world).createRigidBody(RAPIER.RigidBodyDesc.fixed()));

/**
 * A dynamic body that keeps its orientation and has no weight: a finger. The joint to the palm alone would let a light
 * finger tilt by degrees under grip forces; the palm never turns during a trial, so the rotation can be locked outright.
 * @param pose T_world_body.
 */
export function addWeightless(world: World, pose: Pose): Body {
  const desc = placed(RAPIER.RigidBodyDesc.dynamic(), pose).setGravityScale(0).lockRotations().setCanSleep(false);
  return opaque<'body'>(raw(world).createRigidBody(desc));
}

/**
 * A sliding joint along `axis` with a force-based motor, between two bodies that do not turn and whose frames coincide at
 * position 0. Without angular rows and limits: with locked rotations the former solve for nothing, and cost a tenth of a trial.
 */
export function addSlider(world: World, base: Body, slider: Body, axis: readonly [number, number, number]): Slider {
  const origin = { x: 0, y: 0, z: 0 };
  const { LinY, LinZ } = RAPIER.JointAxesMask;
  const data = RAPIER.JointData.generic(origin, origin, vector(axis), LinY | LinZ);
  const { impulseJoints, bodies } = raw(world);
  const { handle } = raw(world).createImpulseJoint(data, raw(base), raw(slider), true);
  // generic joints have no motors in Rapier's JavaScript interface, sliding ones do
  const joint = new RAPIER.PrismaticImpulseJoint(impulseJoints.raw, bodies, handle);
  joint.configureMotorModel(RAPIER.MotorModel.ForceBased);
  joint.setContactsEnabled(false);
  return opaque<'slider'>(joint);
}

/** World frame, metres. */
export const bodyPosition = (body: Body): Vec3 => fromRapier(raw(body).translation());

/** World frame, m/s. */
export const bodyVelocity = (body: Body): Vec3 => fromRapier(raw(body).linvel());

/** World frame, rad/s. */
export function bodySpin(body: Body): Vec3 {
  const { x, y, z } = raw(body).angvel();
  return [x, y, z];
}

/** kg. */
export const bodyMass = (body: Body): number => raw(body).mass();

/** A number that is the body's alone in its world. */
export const bodyId = (body: Body): number => raw(body).handle;

/** Puts a body to sleep: it stays where it is until something touches it. */
export const putToSleep = (body: Body): void => raw(body).sleep();

export const isAsleep = (body: Body): boolean => raw(body).isSleeping();

/** Lets a body lose its speed, as if it moved in something thick. @param linear 1/s. @param angular 1/s. */
export function setDamping(body: Body, linear: number, angular: number): void {
  raw(body).setLinearDamping(linear);
  raw(body).setAngularDamping(angular);
}

/** World frame, metres. */
export const centreOfMass = (body: Body): Vec3 => fromRapier(raw(body).worldCom());

/** @param velocity world frame, m/s. */
export const setVelocity = (body: Body, velocity: Vec3): void => raw(body).setLinvel(toRapier(velocity), true);

/** kg m^2, world frame: rows of the symmetric tensor about the centre of mass, locked axes infinite. */
export function angularInertia(body: Body): readonly [Vec3, Vec3, Vec3] {
  const i = raw(body).effectiveAngularInertia();
  const rows: readonly Vec3[] = [
    [i.m11, i.m12, i.m13],
    [i.m12, i.m22, i.m23],
    [i.m13, i.m23, i.m33],
  ];
  const [a, b, c] = rows.map((row) => scale(row, 1 / SCALE ** 2));
  return [a, b, c];
}

/** @param linear N s, at the centre of mass. @param angular N m s. World frame. */
export function applyImpulse(body: Body, linear: Vec3, angular: Vec3): void {
  raw(body).applyImpulse(toRapier(linear), true);
  raw(body).applyTorqueImpulse(vector(scale(angular, SCALE ** 2)), true);
}

/** What the engine takes a body for: kg, metres, kg m^2, body frame. */
export function massPropertiesOf(body: Body): MassProperties {
  const rigid = raw(body);
  const [inertia, frame] = [rigid.principalInertia(), rigid.principalInertiaLocalFrame()];
  return {
    mass: rigid.mass(),
    centre: fromRapier(rigid.localCom()),
    inertia: scale([inertia.x, inertia.y, inertia.z], 1 / SCALE ** 2),
    frame: [frame.x, frame.y, frame.z, frame.w],
  };
}

/**
 * Drives a slider: f = stiffness (target - position) - damping speed, as a force on the second body along the axis.
 * @param target metres. @param stiffness N/m. @param damping N s/m.
 */
export const driveSlider = (joint: Slider, target: number, stiffness: number, damping: number): void =>
  raw(joint).configureMotorPosition(target * SCALE, stiffness, damping);

/** @param force N. */
export const limitSlider = (joint: Slider, force: number): void => raw(joint).setMotorMaxForce(force * SCALE);

/** T_world_body. */
export function bodyPose(body: Body): Pose {
  const r = raw(body).rotation();
  return { position: bodyPosition(body), quaternion: [r.x, r.y, r.z, r.w] };
}

/** Puts a body somewhere, at rest, without waking it. @param pose T_world_body. */
export function moveTo(body: Body, pose: Pose): void {
  const rigid = raw(body);
  rigid.setTranslation(toRapier(pose.position), false);
  rigid.setRotation(rotation(pose.quaternion), false);
  rigid.setLinvel(vector([0, 0, 0]), false);
  rigid.setAngvel(vector([0, 0, 0]), false);
}

/** Commands the position of a kinematic body after the next step. @param position world frame, metres. */
export const slideKinematic = (body: Body, position: Vec3): void =>
  raw(body).setNextKinematicTranslation(toRapier(position));

/** Commands where a kinematic body is to be after the next step. */
export function moveKinematic(body: Body, pose: Pose): void {
  slideKinematic(body, pose.position);
  raw(body).setNextKinematicRotation(rotation(pose.quaternion));
}

/**
 * Sum of normal impulses, N s over the last step, that a collider exchanges with the colliders of other bodies. Rapier adds the
 * impulse a step starts from (the last substep's of the step before) to those of its n substeps, so at rest it reports n + 1
 * of them; a body on the table then weighs (n + 1) / n of its weight. Corrected here.
 * @param accept which bodies count, by their {@link bodyId}; -1 is a collider without a body.
 */
export function normalImpulse(world: World, collider: Collider, accept: (body: number) => boolean): number {
  const [space, own] = [raw(world), raw(collider)];
  let sum = 0;
  space.contactPairsWith(own, (other) => {
    if (!accept(other.parent()?.handle ?? -1)) return;
    space.contactPair(own, other, (manifold) => {
      for (let i = 0; i < manifold.numContacts(); i++) sum += manifold.contactImpulse(i);
    });
  });
  const substeps = space.integrationParameters.numSolverIterations;
  return (sum * substeps) / (substeps + 1) / SCALE;
}
