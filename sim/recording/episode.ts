/** Episode: a trial as viewers and recordings have it. */
import type { Camera } from '../camera/camera.ts';
import type { Grasp } from '../grasp.ts';
import type { HandSettings } from '../hand/settings.ts';
import type { Vec3 } from '../math/pose.ts';
import type { Mesh } from '../objects/mesh.ts';
import type { Outcome, TrialResult } from '../outcome.ts';
import type { SceneSplit } from '../scene.ts';

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

/** The place of a grasp in rounds of clutter removal, where each grasp takes the scene that the one before left. */
export interface RoundPlace {
  /** Number of the round within its run. */
  readonly round: number;
  /** Number of the grasp within its round. */
  readonly attempt: number;
}

/** One recorded trial: all that is needed to play it, to show what the policy saw, and to prove it. */
export interface Episode {
  readonly trial: number;
  readonly inRound?: RoundPlace;
  readonly split: SceneSplit;
  /** Name of the policy that chose the grasp. */
  readonly policy: string;
  /** Meshes in the object frame; colours are linear RGB in 0..1. */
  readonly objects: readonly { readonly mesh: Mesh; readonly colour: Vec3; readonly family: string }[];
  readonly gripper: HandSettings;
  /** Pose frames per simulated second. */
  readonly hz: number;
  /** [frames, GRIPPER_BODIES + objects, 7]: palm, finger +x, finger -x, objects; x y z qx qy qz qw, world frame. */
  readonly poses: Float32Array;
  /** [frames] index into `PHASES`. */
  readonly phases: Uint8Array;
  /** [frames, objects without the bin, 2]: normal force of each finger on each object, N. */
  readonly pressed?: Float32Array;
  /** The camera of the image, as the policy believes it to be. */
  readonly camera?: Camera;
  /** The camera frame, sRGB [height, width, 3]. */
  readonly image: { readonly width: number; readonly height: number; readonly rgb: Uint8Array };
  /** [image.height, image.width] metres, 0 = no return. */
  readonly depth?: Float32Array;
  /** [size, size] metres above the table; rows along world +Y. */
  readonly heightmap: { readonly size: number; readonly cell: number; readonly height: Float32Array };
  /** [size, size] chance of success 0..1, the best over all angles; null for policies without a map. */
  readonly affordance: Float32Array | null;
  /** The same at the chosen angle alone. */
  readonly affordanceAtAngle?: Float32Array | null;
  readonly grasp: PlannedGrasp;
  readonly outcome: Outcome;
  /** What it takes to run the trial again, and to tell whether it came out the same. */
  readonly proof?: {
    /** The key of the scene, with the split. */
    readonly seed: number;
    readonly scene: number;
    /** All bits of the grasp that was tried. */
    readonly grasp: Grasp;
    readonly result: Pick<TrialResult, 'target' | 'gap' | 'forces' | 'rise' | 'steps' | 'stateHash'>;
    /** Of all that the policy saw: colour, depth and heightmap, bit for bit. */
    readonly observationHash: string;
  };
}

/** An episode as a recording keeps it: one that can be proved. */
export type RecordedEpisode = Episode & Required<Pick<Episode, 'camera' | 'pressed' | 'proof'>>;
