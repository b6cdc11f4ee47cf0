import { binMeshes } from './bin.ts';
import { approachAxis, closingAxis, type Grasp } from './grasp.ts';
import { Gripper, type GripperSettings } from './gripper.ts';
import { isSuction } from './gripper-kind.ts';
import type { Mesh } from './mesh.ts';
import { type Body, bodyPose, type PhysicsSettings, type World } from './physics.ts';
import { add, conjugate, dot, invert, type Pose, rotate, scale, subtract, transform, type Vec3 } from './pose.ts';
import { buildWorld, type Scene } from './scene.ts';
import { runSuctionTrial } from './suction.ts';

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

/** The motion around a grasp. Lengths in metres, times in seconds. */
export interface MotionSettings {
  readonly descentSpeed: number;
  /** Force on the gripper that stops the descent, N. */
  readonly stopForce: number;
  /** Height through which the object is lifted. */
  readonly lift: number;
  readonly liftTime: number;
  readonly holdTime: number;
  readonly shakeTime: number;
  /** Amplitude of the shake along each axis. */
  readonly shakeAmplitude: number;
  readonly shakeHz: number;
}

export const MOTION_DEFAULTS: MotionSettings = {
  descentSpeed: 0.25,
  stopForce: 3,
  lift: 0.2,
  liftTime: 0.6,
  holdTime: 0.25,
  shakeTime: 0.5,
  shakeAmplitude: 0.012,
  shakeHz: 4,
};

/** The least rise of a held object, metres. */
export const HELD_HEIGHT = 0.1;

export interface TrialSettings {
  readonly physics: PhysicsSettings;
  /** Jaws, or a suction cup. */
  readonly gripper: GripperSettings;
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
  readonly steps: number;
  /** Hash of the final state, bit for bit: equal hashes mean the same trial. */
  readonly stateHash: string;
}

export type Phase = 'descend' | 'close' | 'lift' | 'hold' | 'shake';

/** Called after every simulated step with live bodies; must not change them. */
export type TrialObserver = (state: {
  readonly phase: Phase;
  /** Seconds since the start of the descent. */
  readonly time: number;
  readonly gripper: Pick<Gripper, 'poses' | 'gap' | 'forcesOn' | 'contactForce'>;
  readonly bodies: readonly Body[];
}) => void;

/** State of a trial while it runs. */
interface Run {
  readonly world: World;
  readonly bodies: readonly Body[];
  readonly gripper: Gripper;
  readonly settings: TrialSettings;
  readonly start: readonly Pose[];
  readonly target: number;
  readonly observer: TrialObserver | undefined;
  steps: number;
}

/**
 * Tries one grasp on a scene at rest: descend (stopping on contact), close, lift, hold, shake. The free approach is not
 * simulated: the open gripper starts where its finger tips clear the scene along the approach.
 * The same arguments give the same bits.
 */
export function runTrial(scene: Scene, grasp: Grasp, settings: TrialSettings, observer?: TrialObserver): TrialResult {
  if (isSuction(settings.gripper)) return runSuctionTrial(scene, grasp, settings, settings.gripper, observer);
  const { world, bodies } = buildWorld(scene, settings.physics);
  try {
    const pregrasp = clearPose(scene, grasp);
    const gripper = new Gripper(world, settings.gripper, pregrasp, grasp.opening);
    const start = bodies.map(bodyPose);
    const run: Run = { world, bodies, gripper, settings, start, target: nearest(scene, grasp), observer, steps: 0 };
    const { pose, stopped } = descend(run, pregrasp, grasp);
    const closed = closeFingers(run, pose);
    if (!touched(run)) return finish(run, missReason(run, scene, grasp, stopped));
    const lifted = closed && carry(run, pose);
    return finish(run, lifted ? verdict(run, scene, grasp, stopped) : lossReason(run, scene, grasp, stopped));
  } finally {
    world.free();
  }
}

/** The pose along the approach at which the finger tips clear every object, or the grasp itself if it is higher. */
export function clearPose(scene: Scene, grasp: Grasp): Pose {
  const approach = approachAxis(grasp);
  let back = 0.01;
  for (const { model, pose } of scene.objects) {
    back = Math.max(back, 0.008 - rangeAlong(model.mesh, pose, approach, grasp.pose.position).least);
  }
  for (const { mesh, pose } of binMeshes(scene)) {
    back = Math.max(back, 0.008 - rangeAlong(mesh, pose, approach, grasp.pose.position).least);
  }
  return { ...grasp.pose, position: subtract(grasp.pose.position, scale(approach, back)) };
}

/** Least and greatest coordinate of a mesh along an axis, measured from a point. */
function rangeAlong({ positions: p }: Mesh, pose: Pose, axis: Vec3, from: Vec3): { least: number; most: number } {
  const [x, y, z] = rotate(conjugate(pose.quaternion), axis); // in the mesh's frame: nothing to allocate per vertex
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < p.length; i += 3) {
    const d = p[i] * x + p[i + 1] * y + p[i + 2] * z;
    if (d < least) least = d;
    if (d > most) most = d;
  }
  const offset = dot(subtract(pose.position, from), axis);
  return { least: least + offset, most: most + offset };
}

/** The object whose surface comes nearest to the grasp. */
export function nearest(scene: Scene, grasp: Grasp): number {
  let best = 0;
  let bestDistance = Number.POSITIVE_INFINITY;
  scene.objects.forEach(({ model, pose }, i) => {
    const p = model.mesh.positions;
    const [x, y, z] = transform(invert(pose), grasp.pose.position);
    for (let v = 0; v < p.length; v += 3) {
      const distance = (p[v] - x) ** 2 + (p[v + 1] - y) ** 2 + (p[v + 2] - z) ** 2;
      if (distance < bestDistance) {
        bestDistance = distance;
        best = i;
      }
    }
  });
  return best;
}

function step(run: Run, phase: Phase, pose: Pose): void {
  run.gripper.moveTo(pose);
  if (phase !== 'descend') run.gripper.close();
  run.world.step();
  run.steps++;
  run.observer?.({ phase, time: run.steps / run.settings.physics.stepHz, gripper: run.gripper, bodies: run.bodies });
}

/** How long a force must act to be felt in full, seconds: a sensor's filter, so that the step does not decide what stops. */
export const FEEL_SECONDS = 0.01;
/** How far the gripper backs off once it was stopped, metres. */
export const BACK_OFF = 0.0015;

/** Moves along the approach until the grasp pose, or until something is felt; then backs off. */
function descend(run: Run, from: Pose, grasp: Grasp): { pose: Pose; stopped: boolean } {
  const { motion, physics } = run.settings;
  const approach = approachAxis(grasp);
  const distance = dot(subtract(grasp.pose.position, from.position), approach);
  const stride = motion.descentSpeed / physics.stepHz;
  let felt = 0;
  for (let done = 0; done < distance; ) {
    done = Math.min(done + stride, distance);
    step(run, 'descend', { ...from, position: add(from.position, scale(approach, done)) });
    felt += (run.gripper.contactForce() - felt) * Math.min(1, 1 / (physics.stepHz * FEEL_SECONDS));
    if (felt > motion.stopForce) {
      const pose = { ...from, position: add(from.position, scale(approach, Math.max(done - BACK_OFF, 0))) };
      return { pose, stopped: true };
    }
  }
  return { pose: grasp.pose, stopped: false };
}

/** Longest time for closing, and how slow the fingers must be, for how long, to count as stalled. */
export const CLOSE_SECONDS = 1;
export const STALL_SPEED = 0.001;
export const STALL_SECONDS = 0.1;

/** Closes until the fingers stall. @returns false if they never do. */
function closeFingers(run: Run, pose: Pose): boolean {
  const { stepHz } = run.settings.physics;
  let before = run.gripper.gap();
  let quiet = 0;
  for (let i = 0; i < CLOSE_SECONDS * stepHz; i++) {
    step(run, 'close', pose);
    const gap = run.gripper.gap();
    quiet = Math.abs(gap - before) * stepHz < STALL_SPEED && i > stepHz / 60 ? quiet + 1 : 0;
    before = gap;
    if (quiet >= STALL_SECONDS * stepHz) return true;
  }
  return true;
}

/** Whether both fingers press on one and the same object. */
function touched(run: Run): boolean {
  return run.bodies.some((body) => {
    const [a, b] = run.gripper.forcesOn(body);
    return a > 0 && b > 0;
  });
}

/** How often a carried object is looked at, and how many looks in a row without both fingers on it mean that it is lost. */
export const CHECK_SECONDS = 0.05;
export const LOST_CHECKS = 2;

/** Lift, hold, shake. Ends early once no object has touched both fingers for a while. @returns whether something is still held. */
function carry(run: Run, from: Pose): boolean {
  const { motion, physics } = run.settings;
  const [liftSteps, holdSteps, shakeSteps] = [motion.liftTime, motion.holdTime, motion.shakeTime].map((t) =>
    Math.round(t * physics.stepHz),
  );
  const checkEvery = Math.round(physics.stepHz * CHECK_SECONDS);
  let missing = 0;
  const total = liftSteps + holdSteps + shakeSteps;
  for (let i = 1; i <= total; i++) {
    const t = Math.min(i / liftSteps, 1);
    const height = motion.lift * t * t * (3 - 2 * t);
    const shaking = i - liftSteps - holdSteps;
    const offset = shaking > 0 ? shakeOffset(motion, shaking / physics.stepHz) : ([0, 0, 0] as const);
    const phase = shaking > 0 ? 'shake' : i > liftSteps ? 'hold' : 'lift';
    step(run, phase, { ...from, position: add(add(from.position, [0, 0, height]), offset) });
    if (i % checkEvery !== 0) continue;
    missing = touched(run) ? 0 : missing + 1;
    if (missing === LOST_CHECKS) return false;
  }
  return touched(run);
}

/** Along all three world axes at once, out of step, starting and ending at rest. */
export function shakeOffset(motion: MotionSettings, time: number): Vec3 {
  const w = 2 * Math.PI * motion.shakeHz * time;
  const envelope = Math.min(1, time / 0.05, Math.max((motion.shakeTime - time) / 0.05, 0));
  const a = motion.shakeAmplitude * envelope;
  return [a * Math.sin(w), a * Math.sin(w + 2.1), a * Math.sin(w + 4.2)];
}

function verdict(run: Run, scene: Scene, grasp: Grasp, stopped: boolean): Outcome {
  const held = heldObject(run);
  if (held >= 0) return 'held';
  return touched(run) ? 'unstable' : lossReason(run, scene, grasp, stopped);
}

/** Index of the object pressed by both fingers and risen by {@link HELD_HEIGHT}, or -1. */
function heldObject(run: Run): number {
  return run.bodies.findIndex((body, i) => {
    const [a, b] = run.gripper.forcesOn(body);
    return a > 0 && b > 0 && body.translation().z - run.start[i].position[2] >= HELD_HEIGHT;
  });
}

function lossReason(run: Run, scene: Scene, grasp: Grasp, stopped: boolean): Outcome {
  return stopped ? missReason(run, scene, grasp, stopped) : 'slipped';
}

function missReason(run: Run, scene: Scene, grasp: Grasp, stopped: boolean): Outcome {
  if (!stopped) return 'missed';
  const { model, pose } = scene.objects[run.target];
  return extentAlong(model.mesh, pose, closingAxis(grasp)) > grasp.opening ? 'too-wide' : 'collided';
}

/** Width of a mesh along an axis, metres. */
export function extentAlong(mesh: Mesh, pose: Pose, axis: Vec3): number {
  const { least, most } = rangeAlong(mesh, pose, axis, pose.position);
  return most - least;
}

/** No grasp accelerates anything beyond this, m/s: past it the solver has diverged. */
export const DIVERGED_SPEED = 15;

function diverged(run: Run): boolean {
  return [...run.bodies, ...run.gripper.fingers].some((body) => {
    const v = body.linvel();
    const t = body.translation();
    const bad = ![t.x, t.y, t.z, v.x, v.y, v.z].every(Number.isFinite);
    return bad || Math.hypot(v.x, v.y, v.z) > DIVERGED_SPEED || t.z < -0.05;
  });
}

function finish(run: Run, outcome: Outcome): TrialResult {
  const finalPoses = run.bodies.map(bodyPose);
  const held = outcome === 'held' ? heldObject(run) : -1;
  const target = held >= 0 ? held : run.target;
  return {
    outcome: diverged(run) ? 'invalid' : outcome,
    target,
    gap: run.gripper.gap(),
    forces: run.gripper.forcesOn(run.bodies[target]),
    rise: finalPoses[target].position[2] - run.start[target].position[2],
    finalPoses,
    steps: run.steps,
    stateHash: hashPoses([...finalPoses, ...run.gripper.poses()]),
  };
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
