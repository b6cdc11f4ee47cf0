import type { Grasp } from './grasp.ts';
import type { GripperSettings } from './gripper.ts';
import type { Mesh } from './mesh.ts';
import type { Pose, Vec3 } from './pose.ts';
import type { Scene, SceneSplit } from './scene.ts';
import { type Outcome, type Phase, runTrial, type TrialResult, type TrialSettings } from './trial.ts';

/** Phases of a trial in the order they happen; recordings store an index into this list. */
export const PHASES = ['descend', 'close', 'lift', 'hold', 'shake'] as const satisfies readonly Phase[];

/** Bodies of the gripper at the head of every pose frame: palm, finger on +X, finger on -X. */
export const GRIPPER_BODIES = 3;

/** The grasp a policy chose, for display. */
export interface PlannedGrasp {
  /** Midpoint of the finger tips at the end of the descent, world frame, metres. */
  readonly position: Vec3;
  /** Angle of the closing axis from world +X, radians. */
  readonly yaw: number;
  /** Distance between the pads while approaching, metres. */
  readonly opening: number;
  /** Predicted chance of success, 0..1; null for policies that predict none. */
  readonly probability: number | null;
}

/** One recorded trial: all that is needed to play it and to show what the policy saw. */
export interface Episode {
  readonly trial: number;
  readonly split: SceneSplit;
  /** Name of the policy that chose the grasp. */
  readonly policy: string;
  /** Meshes in the object frame; colours are linear RGB in 0..1. */
  readonly objects: readonly { readonly mesh: Mesh; readonly colour: Vec3; readonly family: string }[];
  readonly gripper: GripperSettings;
  /** Pose frames per simulated second. */
  readonly hz: number;
  /** [frames, GRIPPER_BODIES + objects, 7]: palm, finger +x, finger -x, objects; x y z qx qy qz qw, world frame. */
  readonly poses: Float32Array;
  /** [frames] index into {@link PHASES}. */
  readonly phases: Uint8Array;
  /** The camera frame, sRGB [height, width, 3]. */
  readonly image: { readonly width: number; readonly height: number; readonly rgb: Uint8Array };
  /** [image.height, image.width] metres, 0 = no return. */
  readonly depth?: Float32Array;
  /** [size, size] metres above the table; rows along world +Y. */
  readonly heightmap: { readonly size: number; readonly cell: number; readonly height: Float32Array };
  /** [size, size] chance of success 0..1, the best over all angles; null for policies without a map. */
  readonly affordance: Float32Array | null;
  readonly grasp: PlannedGrasp;
  readonly outcome: Outcome;
}

/** A trial with its trajectory; layout of `poses` and `phases` as in {@link Episode}. */
export interface RecordedTrial {
  readonly result: TrialResult;
  readonly poses: Float32Array;
  readonly phases: Uint8Array;
  /** Frames per simulated second: the requested rate, brought to a whole number of physics steps a frame. */
  readonly hz: number;
}

/**
 * Runs a trial and keeps the poses of all bodies, about `hz` times a simulated second. Recording reads only: the result
 * is bit for bit that of {@link runTrial} alone.
 * @throws RangeError if hz is not positive.
 */
export function recordTrial(scene: Scene, grasp: Grasp, settings: TrialSettings, hz = 60): RecordedTrial {
  if (!(hz > 0)) throw new RangeError(`recordTrial: expected hz > 0, got ${hz}`);
  const every = Math.max(1, Math.round(settings.physics.stepHz / hz));
  const stride = (GRIPPER_BODIES + scene.objects.length) * 7;
  const frames: Float32Array[] = [];
  const phases: number[] = [];
  let steps = 0;
  const result = runTrial(scene, grasp, settings, ({ phase, gripper, bodies }) => {
    if (steps++ % every !== 0) return;
    const frame = new Float32Array(stride);
    gripper.poses().forEach((pose, i) => {
      writePose(frame, i, pose);
    });
    bodies.forEach((body, i) => {
      const [t, q] = [body.translation(), body.rotation()];
      frame.set([t.x, t.y, t.z, q.x, q.y, q.z, q.w], (GRIPPER_BODIES + i) * 7);
    });
    frames.push(frame);
    phases.push(PHASES.indexOf(phase));
  });
  const poses = new Float32Array(frames.length * stride);
  frames.forEach((frame, i) => {
    poses.set(frame, i * stride);
  });
  return { result, poses, phases: Uint8Array.from(phases), hz: settings.physics.stepHz / every };
}

function writePose(frame: Float32Array, body: number, { position, quaternion }: Pose): void {
  frame.set(position, body * 7);
  frame.set(quaternion, body * 7 + 3);
}
