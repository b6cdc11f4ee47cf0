/** Trial: one grasp from the descent to the shake, step by step. */
import { approachAxis, type Grasp } from './grasp.ts';
import type { Approach, Hand } from './hand/hand.ts';
import { handKind } from './hand/registry.ts';
import { add, dot, type Pose, scale, subtract, transform, type Vec3 } from './math/pose.ts';
import { carryPath, carrySeconds, clearPose, LOST_SECONDS, type Phase, STALL_SECONDS, STALL_SPEED } from './motion.ts';
import { hashPoses, type Outcome, type TrialObserver, type TrialResult, type TrialSettings } from './outcome.ts';
import { freeWorld } from './physics.ts';
import { buildWorld, type Scene } from './scene.ts';
import { gripsAny, heldObject, outcomeOf } from './success.ts';

interface TrialOptions {
  /**
   * Simulates the free motion of the open gripper, too. Nothing is touched by it, but the fingers arrive micrometres elsewhere,
   * which decides about one outcome in a hundred: things struck at an edge.
   */
  readonly unabridged?: boolean;
}

/**
 * Tries one grasp on a scene at rest: descend (stopping on contact), close, lift, hold, shake. The open hand starts where it is
 * clear of the scene along the approach. What jaws do before they could touch anything (`freeMotion`) is not simulated, and a
 * grasp with nothing between the pads is a miss without simulation; objects sleep until they are touched.
 * The same arguments give the same bits.
 */
export function runTrial(
  scene: Scene,
  grasp: Grasp,
  settings: TrialSettings,
  observer?: TrialObserver,
  { unabridged = false }: TrialOptions = {},
): TrialResult {
  const { gripper, physics } = settings;
  const kind = handKind(gripper);
  const { world, bodies } = buildWorld(scene, physics);
  try {
    const path = descentPath(scene, grasp, settings.motion.descentSpeed / physics.stepHz);
    const planned = kind.approach({ scene, grasp, settings: gripper, from: path.from, reach: path.reach });
    const approach = unabridged ? { ...planned, free: undefined } : planned;
    const first = simulatedFrom(approach, path);
    const start = { scene, grasp, settings: gripper, approach, bodies, gravity: physics.gravity };
    const hand = kind.open(world, {
      ...start,
      pose: path.pose(first, approach.distance),
      gap: approach.free?.gap ?? approach.opening,
    });
    return playTrial(hand, { scene, grasp, settings, approach, path, first, stepHz: physics.stepHz, observer });
  } finally {
    freeWorld(world);
  }
}

/** The straight way from where the hand is clear of everything to the grasp, cut into steps. */
export interface DescentPath {
  /** T_world_tcp where it begins. */
  readonly from: Pose;
  readonly approach: Vec3;
  /** Distance to the grasp, metres. */
  readonly reach: number;
  /** Metres a step. */
  readonly stride: number;
  /** T_world_tcp where step `step` ends, at most `distance` metres on, less `back` metres. */
  readonly pose: (step: number, distance: number, back?: number) => Pose;
}

/** @param stride metres a step. */
export function descentPath(scene: Scene, grasp: Grasp, stride: number): DescentPath {
  const [from, approach] = [clearPose(scene, grasp), approachAxis(grasp)];
  const reach = dot(subtract(grasp.pose.position, from.position), approach);
  const pose = (step: number, distance: number, back = 0): Pose => {
    const done = Math.max(Math.min(step * stride, distance) - back, 0);
    return { ...from, position: add(from.position, scale(approach, done)) };
  };
  return { from, approach, reach, stride, pose };
}

/** Steps that `distance` takes. */
const stepsOf = ({ stride }: DescentPath, distance: number): number => Math.ceil(distance / stride - 1e-9);

/** The step after which something could be met; all steps if nothing can be. */
function simulatedFrom({ free, distance }: Approach, path: DescentPath): number {
  if (!free) return 0;
  return free.back === 0 ? stepsOf(path, distance) : Math.max(Math.floor((distance - free.back) / path.stride), 0);
}

/** A trial about to be played by a hand. */
export interface TrialPlan {
  readonly scene: Scene;
  readonly grasp: Grasp;
  readonly settings: TrialSettings;
  readonly approach: Approach;
  readonly path: DescentPath;
  /** The step at whose end the hand is. */
  readonly first: number;
  /** Steps a second. */
  readonly stepHz: number;
  readonly observer?: TrialObserver;
}

/** State of a trial while it runs. */
interface Run extends TrialPlan {
  readonly hand: Hand;
  /** T_world_object of every object before the trial. */
  readonly start: readonly Pose[];
  /** Steps simulated, and those skipped because nothing could happen in them. */
  steps: number;
  skipped: number;
}

/** The trial protocol, the one for every hand in every engine. @param hand open, at the end of the plan's first step. */
export function playTrial(hand: Hand, plan: TrialPlan): TrialResult {
  const start = plan.scene.objects.map((_, object) => hand.objectPose(object));
  const run: Run = { ...plan, hand, start, steps: 0, skipped: 0 };
  const { free, distance, opening } = plan.approach;
  const whole = free?.back === 0;
  if (free) skipFreeMotion(run, opening, free.gap);
  if (whole && free.gap === 0) return finish(run, 'missed');
  const { pose, stopped } = whole ? { pose: plan.grasp.pose, stopped: false } : descend(run, distance);
  if (stopped && hand.timing.backOff === undefined) return finish(run, hand.missReason(true));
  close(run, pose);
  if (!hand.hasClosedOnSomething()) return finish(run, hand.missReason(stopped));
  const lifted = carry(run, pose);
  return finish(run, outcomeOf(hand, start, lifted, stopped));
}

function step(run: Run, phase: Phase, pose: Pose): void {
  run.hand.step(pose, phase);
  run.steps++;
  run.observer?.({ phase, time: timeOf(run), hand: run.hand });
}

const timeOf = (run: Run): number => (run.steps + run.skipped) / run.stepHz;

/** A step in which nothing can happen: only told to the observer. */
function skip(run: Run, phase: Phase, pose: Pose, gap: number): void {
  run.skipped++;
  if (!run.observer) return;
  const finger = (side: number): Pose => ({ ...pose, position: transform(pose, [(side * gap) / 2, 0, 0]) });
  const hand = {
    poses: () => [pose, finger(1), finger(-1)] as const,
    gap: () => gap,
    forcesOn: () => [0, 0] as const,
    contactForce: () => 0,
    objectPose: (object: number) => run.start[object],
  };
  run.observer({ phase, time: timeOf(run), hand });
}

/** Tells the observer of the free motion, and gives the hand the speed it has at the end of it. */
function skipFreeMotion(run: Run, opening: number, gap: number): void {
  const { path, first, stepHz, approach } = run;
  const { gripper, motion } = run.settings;
  const at = (i: number): Pose => path.pose(i, approach.distance);
  for (let i = 1; i <= first; i++) skip(run, 'descend', at(i), opening);
  const stride = (2 * gripper.closingSpeed) / stepHz;
  for (let now = opening - stride; now > gap; now -= stride) skip(run, 'close', at(first), now);
  const speed = first > 0 && first < stepsOf(path, approach.distance) ? motion.descentSpeed : 0;
  run.hand.setMoving?.(scale(path.approach, speed), gap < opening);
}

/** Moves along the approach until the distance is done, or until something is felt; then backs off. */
function descend(run: Run, distance: number): { pose: Pose; stopped: boolean } {
  const { hand, path, first, stepHz, settings } = run;
  const { feelSeconds, backOff = 0 } = hand.timing;
  const share = Math.min(1, 1 / (stepHz * feelSeconds));
  const steps = stepsOf(path, distance);
  let felt = 0;
  for (let i = first + 1; i <= steps; i++) {
    step(run, 'descend', path.pose(i, distance));
    felt += (hand.contactForce() - felt) * share;
    if (felt > settings.motion.stopForce) return { pose: path.pose(i, distance, backOff), stopped: true };
  }
  return { pose: path.pose(steps, distance), stopped: false };
}

/** Closes for as long as the hand takes, or until its fingers stall. */
function close(run: Run, pose: Pose): void {
  const { hand, stepHz } = run;
  const { closeSeconds, stalls } = hand.timing;
  let before = hand.gap();
  let quiet = 0;
  for (let i = 0; i < closeSeconds * stepHz; i++) {
    step(run, 'close', pose);
    if (!stalls) continue;
    const gap = hand.gap();
    quiet = Math.abs(gap - before) * stepHz < STALL_SPEED && i > stepHz / 60 ? quiet + 1 : 0;
    before = gap;
    if (quiet >= STALL_SECONDS * stepHz) return;
  }
}

/** Lift, hold, shake. Ends early once nothing has been in the grip for a while. @returns whether something still is. */
function carry(run: Run, from: Pose): boolean {
  const { hand, start, stepHz } = run;
  const { motion } = run.settings;
  const every = Math.max(Math.round(stepHz * hand.timing.checkSeconds), 1);
  const lostChecks = Math.max(Math.round((stepHz * LOST_SECONDS) / every), 1);
  let missing = 0;
  for (let i = 1; i <= Math.round(carrySeconds(motion) * stepHz); i++) {
    const { phase, pose } = carryPath(motion, from, i / stepHz);
    step(run, phase, pose);
    if (i % every !== 0) continue;
    missing = gripsAny(hand, start) ? 0 : missing + 1;
    if (missing === lostChecks) return false;
  }
  return gripsAny(hand, start);
}

function finish({ hand, start, approach, steps }: Run, outcome: Outcome): TrialResult {
  const finalPoses = start.map((_, object) => hand.objectPose(object));
  const held = outcome === 'held' ? heldObject(hand, start) : -1;
  const target = held >= 0 ? held : approach.target;
  return {
    outcome: hand.hasDiverged() ? 'invalid' : outcome,
    target,
    gap: hand.gap(),
    forces: hand.forcesOn(target),
    rise: finalPoses[target].position[2] - start[target].position[2],
    finalPoses,
    steps,
    stateHash: hashPoses([...finalPoses, ...hand.poses()]),
  };
}
