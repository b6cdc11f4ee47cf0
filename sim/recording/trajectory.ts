/** Trajectory: a trial run and written down frame by frame. */
import { binMeshes } from '../bin.ts';
import type { Grasp } from '../grasp.ts';
import type { Pose, Vec3 } from '../math/pose.ts';
import { PHASES } from '../motion.ts';
import type { TrialResult, TrialSettings } from '../outcome.ts';
import type { Scene } from '../scene.ts';
import { runTrial } from '../trial.ts';
import { type Episode, GRIPPER_BODIES } from './episode.ts';

/** What happened in a trial, as an episode has it, and what came of it. */
export type Trajectory = Required<Pick<Episode, 'hz' | 'poses' | 'phases' | 'pressed'>> & {
  readonly result: TrialResult;
};

/** What is drawn in a recording, in the order of its poses: the scene's objects, and the bin if there is one. */
export const recordedObjects = (scene: Scene): Episode['objects'] => [
  ...scene.objects.map(({ model: { mesh, colour, family } }) => ({ mesh, colour, family })),
  ...binMeshes(scene).map(({ mesh }) => ({ mesh, colour: BIN_COLOUR, family: 'bin' })),
];

const BIN_COLOUR: Vec3 = [0.3, 0.36, 0.44];

/**
 * Runs a trial and keeps the poses of all bodies, about `hz` times a simulated second (a whole number of physics steps a frame). Recording reads only: the result
 * is bit for bit that of {@link runTrial} alone.
 * @throws RangeError if hz is not positive.
 */
export function recordTrial(scene: Scene, grasp: Grasp, settings: TrialSettings, hz = 60): Trajectory {
  if (!(hz > 0)) throw new RangeError(`recordTrial: expected hz > 0, got ${hz}`);
  const every = Math.max(1, Math.round(settings.physics.stepHz / hz));
  const walls = binMeshes(scene);
  const stride = (GRIPPER_BODIES + scene.objects.length + walls.length) * 7;
  const frames: Float32Array[] = [];
  const phases: number[] = [];
  const pressed: number[] = [];
  let steps = 0;
  const result = runTrial(scene, grasp, settings, ({ phase, hand }) => {
    if (steps++ % every !== 0) return;
    const frame = new Float32Array(stride);
    hand.poses().forEach((pose, i) => {
      writePose(frame, i, pose);
    });
    scene.objects.forEach((_, i) => {
      writePose(frame, GRIPPER_BODIES + i, hand.objectPose(i));
      pressed.push(...hand.forcesOn(i));
    });
    walls.forEach(({ pose }, i) => {
      writePose(frame, GRIPPER_BODIES + scene.objects.length + i, pose);
    });
    frames.push(frame);
    phases.push(PHASES.indexOf(phase));
  });
  const poses = new Float32Array(frames.length * stride);
  frames.forEach((frame, i) => {
    poses.set(frame, i * stride);
  });
  return {
    result,
    poses,
    phases: Uint8Array.from(phases),
    pressed: Float32Array.from(pressed),
    hz: settings.physics.stepHz / every,
  };
}

function writePose(frame: Float32Array, body: number, { position, quaternion }: Pose): void {
  frame.set(position, body * 7);
  frame.set(quaternion, body * 7 + 3);
}
