/** What is where in a recording: names, topics, units. Pages describe it in `docs/recording.md`. */

/** Version of what is in a recording; a file of another version is refused. */
export const RECORDING_VERSION = 1;

/** The name of the metadata record that makes an MCAP file a recording of graft. */
export const METADATA_NAME = 'graft';

/** The metadata record with what came out of a run that ended well. */
export const RESULT_NAME = 'graft/result';

/** The attachment at the end with a line for each trial, so that a reader need not look for them: `TrialMark`. */
export const MARKS_NAME = 'graft/trials';
/** JSON, compressed by zstd. */
export const MARKS_TYPE = 'application/vnd.graft.trials+json+zstd';

/** Topics and the schema of each. Of a trial's messages `/trial` is the last: a trial without it was cut off. */
export const TOPICS = {
  '/scene': 'foxglove.SceneUpdate',
  '/tf_static': 'foxglove.FrameTransforms',
  '/camera/calibration': 'foxglove.CameraCalibration',
  '/camera/colour': 'foxglove.RawImage',
  '/camera/depth': 'foxglove.RawImage',
  '/heightmap': 'foxglove.Grid',
  '/affordance': 'foxglove.Grid',
  '/affordance/angle': 'foxglove.Grid',
  '/grasp': 'foxglove.PoseInFrame',
  '/tf': 'foxglove.FrameTransforms',
  '/gripper': 'graft.GripperState',
  '/metrics': 'graft.Metrics',
  '/log': 'foxglove.Log',
  '/trial': 'graft.Trial',
} as const;
export type Topic = keyof typeof TOPICS;

/** Message types, by their full name. */
export type SchemaName = (typeof TOPICS)[Topic];
export const SCHEMA_NAMES: readonly SchemaName[] = [...new Set(Object.values(TOPICS))].sort();

/** What the policy saw; left out where it is the same as at the trial before. */
export const VIEW_TOPICS = [
  '/camera/calibration',
  '/camera/colour',
  '/camera/depth',
  '/heightmap',
] as const satisfies Topic[];

/** One message as it stands in a file, encoded; `time` in nanoseconds of simulated time since the start of the recording. */
export interface RecordedMessage {
  readonly topic: Topic;
  readonly time: number;
  readonly data: Uint8Array;
}

/** Pose frames of an episode for a simulated second. */
export const RECORDING_HZ = 30;
/** Trials that the recent success rate on `/metrics` is taken over. */
export const RECENT_TRIALS = 50;
/** Simulated time between two trials, ns. */
export const PAUSE_NS = 500_000_000;
/** Millimetres in 16 bits, as depth cameras deliver it. */
export const DEPTH_UNIT = 1e-3;
/** Heights are rounded to this, metres (15 micrometres), predicted chances to a thousandth. */
export const HEIGHT_STEP = 2 ** -16;
export const PROBABILITY_STEP = 2 ** -10;

/** Frames (of reference): the gripper's bodies, then objects and walls, in the order of an episode's poses. */
export const GRIPPER_FRAMES = ['palm', 'finger_left', 'finger_right'] as const;
export const objectFrame = (index: number): string => `object_${index}`;

export const timestamp = (ns: number): { readonly seconds: number; readonly nanos: number } => ({
  seconds: Math.floor(ns / 1e9),
  nanos: ns % 1e9,
});
