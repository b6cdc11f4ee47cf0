import { freeMotion } from './free-motion.ts';
import { approachAxis, closingAxis, type Grasp } from './grasp.ts';
import { runSuctionTrial } from './hand/cup.ts';
import { Gripper } from './hand/jaws.ts';
import { isSuction } from './hand/kind.ts';
import { add, dot, type Pose, scale, subtract, transform, type Vec3 } from './math/pose.ts';
import {
  BACK_OFF,
  CHECK_SECONDS,
  CLOSE_SECONDS,
  carryPath,
  carrySeconds,
  clearPose,
  extentAlong,
  FEEL_SECONDS,
  HELD_HEIGHT,
  LOST_CHECKS,
  nearest,
  type Phase,
  STALL_SECONDS,
  STALL_SPEED,
} from './motion.ts';
import { collisionMesh } from './objects/object.ts';
import {
  hasDiverged,
  hashPoses,
  type Outcome,
  type TrialObserver,
  type TrialResult,
  type TrialSettings,
} from './outcome.ts';
import { type Body, bodyPose, bodyPosition, type World } from './physics.ts';
import { buildWorld, type Scene } from './scene.ts';

/** State of a trial while it runs. */
interface Run {
  readonly world: World;
  readonly bodies: readonly Body[];
  readonly gripper: Gripper;
  readonly settings: TrialSettings;
  readonly start: readonly Pose[];
  readonly target: number;
  readonly observer: TrialObserver | undefined;
  /** Steps simulated, and those skipped because nothing could happen in them. */
  steps: number;
  skipped: number;
}

interface TrialOptions {
  /**
   * Simulates the free motion of the open gripper, too. Nothing is touched by it, but the fingers arrive micrometres elsewhere,
   * which decides about one outcome in a hundred: things struck at an edge.
   */
  readonly unabridged?: boolean;
}

/**
 * Tries one grasp on a scene at rest: descend (stopping on contact), close, lift, hold, shake. The open gripper starts where
 * its finger tips clear the scene along the approach. What it does before it could touch anything (`freeMotion`) is not
 * simulated, and a grasp with nothing between the pads is a miss without simulation; objects sleep until they are touched.
 * The same arguments give the same bits.
 */
export function runTrial(
  scene: Scene,
  grasp: Grasp,
  settings: TrialSettings,
  observer?: TrialObserver,
  { unabridged = false }: TrialOptions = {},
): TrialResult {
  if (isSuction(settings.gripper)) return runSuctionTrial(scene, grasp, settings, settings.gripper, observer);
  const { world, bodies } = buildWorld(scene, settings.physics);
  try {
    const from = clearPose(scene, grasp);
    const path = descentPath(from, grasp, settings);
    const opening = Math.min(Math.max(grasp.opening, 0), settings.gripper.stroke);
    const free = unabridged ? { back: path.distance, gap: opening } : freeMotion(scene, grasp, settings.gripper);
    const whole = free.back === 0;
    const first = whole ? path.steps : Math.max(Math.floor((path.distance - free.back) / path.stride), 0);
    const gripper = new Gripper(world, settings.gripper, path.pose(first), opening, free.gap);
    const target = nearest(scene, grasp);
    const start = bodies.map(bodyPose);
    const run: Run = { world, bodies, gripper, settings, start, target, observer, steps: 0, skipped: 0 };
    if (!unabridged) skipFreeMotion(run, path, first, opening, free.gap);
    if (whole && free.gap === 0) return finish(run, 'missed');
    const { pose, stopped } = whole ? { pose: grasp.pose, stopped: false } : descend(run, path, first);
    closeFingers(run, pose);
    if (!touched(run)) return finish(run, missReason(run, scene, grasp, stopped));
    const lifted = carry(run, pose);
    return finish(run, lifted ? verdict(run, scene, grasp, stopped) : lossReason(run, scene, grasp, stopped));
  } finally {
    world.free();
  }
}

/** The straight way from the clear pose to the grasp, cut into steps. */
interface DescentPath {
  readonly approach: Vec3;
  readonly distance: number;
  readonly stride: number;
  readonly steps: number;
  readonly pose: (step: number) => Pose;
  /** `back` metres before where step `step` ends. */
  readonly behind: (step: number, back: number) => Pose;
}

function descentPath(from: Pose, grasp: Grasp, { motion, physics }: TrialSettings): DescentPath {
  const approach = approachAxis(grasp);
  const distance = dot(subtract(grasp.pose.position, from.position), approach);
  const stride = motion.descentSpeed / physics.stepHz;
  const at = (done: number): Pose => ({ ...from, position: add(from.position, scale(approach, done)) });
  const done = (step: number): number => Math.min(step * stride, distance);
  return {
    ...{ approach, distance, stride, steps: Math.ceil(distance / stride - 1e-9) },
    pose: (step) => at(done(step)),
    behind: (step, back) => at(Math.max(done(step) - back, 0)),
  };
}

function step(run: Run, phase: Phase, pose: Pose): void {
  run.gripper.step(pose, phase !== 'descend');
  run.steps++;
  run.observer?.({ phase, time: timeOf(run), gripper: run.gripper, bodies: run.bodies });
}

const timeOf = (run: Run): number => (run.steps + run.skipped) / run.settings.physics.stepHz;

/** A step in which nothing can happen: only told to the observer. */
function skip(run: Run, phase: Phase, pose: Pose, gap: number): void {
  run.skipped++;
  if (!run.observer) return;
  const finger = (side: number): Pose => ({ ...pose, position: transform(pose, [(side * gap) / 2, 0, 0]) });
  const gripper = {
    poses: () => [pose, finger(1), finger(-1)] as const,
    gap: () => gap,
    forcesOn: () => [0, 0] as const,
    contactForce: () => 0,
  };
  run.observer({ phase, time: timeOf(run), gripper, bodies: run.bodies });
}

/** Tells the observer of the free motion, and gives the gripper the speed it has at the end of it. */
function skipFreeMotion(run: Run, path: DescentPath, first: number, opening: number, gap: number): void {
  const { physics, gripper, motion } = run.settings;
  for (let i = 1; i <= first; i++) skip(run, 'descend', path.pose(i), opening);
  const stride = (2 * gripper.closingSpeed) / physics.stepHz;
  for (let at = opening - stride; at > gap; at -= stride) skip(run, 'close', path.pose(first), at);
  const speed = first > 0 && first < path.steps ? motion.descentSpeed : 0;
  run.gripper.setMoving(scale(path.approach, speed), gap < opening);
}

/** Moves along the approach until the grasp pose, or until something is felt; then backs off. */
function descend(run: Run, path: DescentPath, first: number): { pose: Pose; stopped: boolean } {
  const { motion, physics } = run.settings;
  let felt = 0;
  for (let i = first + 1; i <= path.steps; i++) {
    step(run, 'descend', path.pose(i));
    felt += (run.gripper.contactForce() - felt) * Math.min(1, 1 / (physics.stepHz * FEEL_SECONDS));
    if (felt > motion.stopForce) return { pose: path.behind(i, BACK_OFF), stopped: true };
  }
  return { pose: path.pose(path.steps), stopped: false };
}

/** Closes until the fingers stall, or for {@link CLOSE_SECONDS}. */
function closeFingers(run: Run, pose: Pose): void {
  const { stepHz } = run.settings.physics;
  let before = run.gripper.gap();
  let quiet = 0;
  for (let i = 0; i < CLOSE_SECONDS * stepHz; i++) {
    step(run, 'close', pose);
    const gap = run.gripper.gap();
    quiet = Math.abs(gap - before) * stepHz < STALL_SPEED && i > stepHz / 60 ? quiet + 1 : 0;
    before = gap;
    if (quiet >= STALL_SECONDS * stepHz) return;
  }
}

/** Whether both fingers press on one and the same object. */
function touched(run: Run): boolean {
  return run.bodies.some((body) => {
    const [a, b] = run.gripper.forcesOn(body);
    return a > 0 && b > 0;
  });
}

/** Lift, hold, shake. Ends early once no object has touched both fingers for a while. @returns whether something is still held. */
function carry(run: Run, from: Pose): boolean {
  const { motion, physics } = run.settings;
  const checkEvery = Math.round(physics.stepHz * CHECK_SECONDS);
  let missing = 0;
  for (let i = 1; i <= Math.round(carrySeconds(motion) * physics.stepHz); i++) {
    const { phase, pose } = carryPath(motion, from, i / physics.stepHz);
    step(run, phase, pose);
    if (i % checkEvery !== 0) continue;
    missing = touched(run) ? 0 : missing + 1;
    if (missing === LOST_CHECKS) return false;
  }
  return touched(run);
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
    return a > 0 && b > 0 && bodyPosition(body)[2] - run.start[i].position[2] >= HELD_HEIGHT;
  });
}

function lossReason(run: Run, scene: Scene, grasp: Grasp, stopped: boolean): Outcome {
  return stopped ? missReason(run, scene, grasp, stopped) : 'slipped';
}

function missReason(run: Run, scene: Scene, grasp: Grasp, stopped: boolean): Outcome {
  if (!stopped) return 'missed';
  const { model, pose } = scene.objects[run.target];
  return extentAlong(collisionMesh(model), pose, closingAxis(grasp)) > grasp.opening ? 'too-wide' : 'collided';
}

function finish(run: Run, outcome: Outcome): TrialResult {
  const finalPoses = run.bodies.map(bodyPose);
  const held = outcome === 'held' ? heldObject(run) : -1;
  const target = held >= 0 ? held : run.target;
  return {
    outcome: [...run.bodies, ...run.gripper.fingers].some(hasDiverged) ? 'invalid' : outcome,
    target,
    gap: run.gripper.gap(),
    forces: run.gripper.forcesOn(run.bodies[target]),
    rise: finalPoses[target].position[2] - run.start[target].position[2],
    finalPoses,
    steps: run.steps,
    stateHash: hashPoses([...finalPoses, ...run.gripper.poses()]),
  };
}
