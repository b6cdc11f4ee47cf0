/** Check: one case played in Rapier and in MuJoCo, and how far the two differ. */
import type { Grasp } from '../../../sim/grasp.ts';
import { conjugate, multiply, norm, type Pose, scale, subtract, transform, type Vec3 } from '../../../sim/math/pose.ts';
import type { TrialResult, TrialSettings } from '../../../sim/outcome.ts';
import type { Scene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import type { CheckCase, ShapeKind } from './cases.ts';
import { type Mujoco, MujocoTrial, type Variation } from './mujoco.ts';

/** Both engines' answers to one case. */
export interface CheckResult {
  readonly kind: ShapeKind;
  readonly family: string;
  readonly rapier: boolean;
  readonly mujoco: boolean;
  /** MuJoCo at half the step. */
  readonly mujocoHalfStep: boolean;
  /** MuJoCo's outcome survives every one of {@link VARIATIONS}. */
  readonly robust: boolean;
  /** Both held the same object. */
  readonly both: boolean;
  /** Difference of the distances between the pads at the end, metres. */
  readonly gapError: number;
  /** Distance between the object's final positions, metres, and angle between its final orientations, radians. */
  readonly positionError: number;
  readonly angleError: number;
  readonly rapierSeconds: number;
  readonly mujocoSeconds: number;
  readonly mujocoCompileSeconds: number;
}

/** MuJoCo's own step in the comparison of speed, seconds. */
const STEP = 0.002;
const SHIFT = 0.001;
const BASE: Variation = { friction: 1, shift: [0, 0, 0] };

/** What a robust outcome survives: half the step, friction +-10 %, 1 mm along and across the closing axis. */
const VARIATIONS = (grasp: Grasp): readonly Variation[] => {
  const along = (axis: Vec3): Vec3 => subtract(transform(grasp.pose, axis), grasp.pose.position);
  const [x, y] = [along([1, 0, 0]), along([0, 1, 0])];
  return [
    { ...BASE, friction: 0.9 },
    { ...BASE, friction: 1.1 },
    ...[scale(x, SHIFT), scale(x, -SHIFT), scale(y, SHIFT), scale(y, -SHIFT)].map((shift) => ({ ...BASE, shift })),
  ];
};

/** Angle between two orientations, radians. */
const angleBetween = (a: Pose, b: Pose): number =>
  2 * Math.acos(Math.min(1, Math.abs(multiply(conjugate(a.quaternion), b.quaternion)[3])));

const isHeld = ({ outcome }: TrialResult): boolean => outcome === 'held';

function halfStep(mujoco: Mujoco, scene: Scene, grasp: Grasp, settings: TrialSettings): boolean {
  const trial = new MujocoTrial(mujoco, scene, grasp, settings, STEP / 2);
  try {
    return isHeld(trial.run(BASE));
  } finally {
    trial.free();
  }
}

/** Plays one case in both engines. */
export function checkCase(mujoco: Mujoco, { kind, scene, grasp, settings }: CheckCase): CheckResult {
  const started = performance.now();
  const ours = runTrial(scene, grasp, settings);
  const rapierSeconds = (performance.now() - started) / 1000;
  const trial = new MujocoTrial(mujoco, scene, grasp, settings, STEP);
  try {
    const theirs = trial.run(BASE);
    const held = isHeld(theirs);
    const theirPose = theirs.finalPoses[theirs.target];
    const half = halfStep(mujoco, scene, grasp, settings);
    const robust = half === held && VARIATIONS(grasp).every((variation) => isHeld(trial.run(variation)) === held);
    const ourPose = ours.finalPoses[ours.target];
    return {
      kind,
      family: scene.objects[theirs.target].model.family,
      rapier: isHeld(ours),
      mujoco: held,
      mujocoHalfStep: half,
      robust,
      both: held && isHeld(ours) && ours.target === theirs.target,
      gapError: Math.abs(ours.gap - theirs.gap),
      positionError: norm(subtract(ourPose.position, theirPose.position)),
      angleError: angleBetween(ourPose, theirPose),
      rapierSeconds,
      mujocoSeconds: theirs.seconds,
      mujocoCompileSeconds: trial.compileSeconds,
    };
  } finally {
    trial.free();
  }
}
