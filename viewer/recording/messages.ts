import { type Episode, GRIPPER_BODIES, PHASES } from '../../sim/episode.ts';
import { FILM_HZ, type Film } from '../../sim/film.ts';
import type { Pose, Quat, Vec3 } from '../../sim/pose.ts';
import {
  DEPTH_UNIT,
  GRIPPER_FRAMES,
  HEIGHT_STEP,
  objectFrame,
  PROBABILITY_STEP,
  type RecordedMessage,
  TOPICS,
  type Topic,
  timestamp,
} from './format.ts';
import { encodeScene } from './scene.ts';
import { encodeMessage, type Fields } from './schemas.ts';

/** Counts over all trials of a run, recorded or not. */
interface Counts {
  readonly trials: number;
  readonly held: number;
  /** Success rate of the last trials, 0..1. */
  readonly recentRate: number;
  /** Trials that could not be recorded. */
  readonly dropped: number;
}

/** One trial to write. */
export interface FilmedTrial {
  readonly film: Film;
  /** The policy saw the same as at the trial before, which need not be written again. */
  readonly sameView?: boolean;
  /** The trial's line in the run's log. */
  readonly log: string;
  readonly counts: Counts;
}

/**
 * A trial's messages, in the order of their times; the last one is `/trial`.
 * @param start nanoseconds at which the descent begins.
 * @param withScene whether what is drawn changed since the last trial.
 */
export function messagesOf(trial: FilmedTrial, start: number, withScene: boolean): RecordedMessage[] {
  const { film } = trial;
  const { episode } = film;
  const put = (topic: Topic, time: number, fields: Fields): RecordedMessage => ({
    ...{ topic, time },
    data: encodeMessage(TOPICS[topic], { timestamp: timestamp(time), ...fields }),
  });
  const end = start + durationNs(episode);
  return [
    ...(withScene ? [{ topic: '/scene', time: start, data: encodeScene(episode, start) } as const] : []),
    put('/tf_static', start, { transforms: restingTransforms(episode, film.camera.pose, start) }),
    ...(trial.sameView ? [] : viewMessages(film, start, put)),
    ...choiceMessages(film, start, put),
    ...motionMessages(film, start, put),
    put('/metrics', end, metrics(trial.counts)),
    put('/log', end, { level: 2, name: 'graft', message: sentence(episode) }),
    put('/trial', end, outcome(trial)),
  ];
}

type Put = (topic: Topic, time: number, fields: Fields) => RecordedMessage;

const frameCount = ({ phases }: Episode): number => phases.length;

/** Simulated nanoseconds from the first frame to the end of the last. */
export const durationNs = (episode: Episode): number => Math.round((frameCount(episode) / episode.hz) * 1e9);

const quaternion = ([x, y, z, w]: Quat): Fields => ({ x, y, z, w });
const vector = ([x, y, z]: Vec3): Fields => ({ x, y, z });
const poseFields = ({ position, quaternion: q }: Pose): Fields => ({
  position: vector(position),
  orientation: quaternion(q),
});

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** What the policy saw: the topics of `VIEW_TOPICS`. */
function viewMessages({ episode, camera }: Film, time: number, put: Put): RecordedMessage[] {
  const { image, depth, heightmap } = episode;
  const { fx, fy, cx, cy, widthPx: width, heightPx: height } = camera.intrinsics;
  const picture = { frame_id: 'camera', width, height };
  return [
    put('/camera/calibration', time, {
      ...picture,
      K: [fx, 0, cx, 0, fy, cy, 0, 0, 1],
      R: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      P: [fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0],
    }),
    put('/camera/colour', time, { ...picture, encoding: 'rgb8', step: 3 * width, data: image.rgb }),
    ...(depth
      ? [put('/camera/depth', time, { ...picture, encoding: '16UC1', step: 2 * width, data: millimetres(depth) })]
      : []),
    put('/heightmap', time, grid(heightmap, 'height', rounded(heightmap.height, HEIGHT_STEP))),
  ];
}

/** What the policy made of it. */
const choiceMessages = ({ episode: { heightmap, affordance }, grasp }: Film, time: number, put: Put) => [
  ...(affordance
    ? [put('/affordance', time, grid(heightmap, 'probability', rounded(affordance, PROBABILITY_STEP)))]
    : []),
  put('/grasp', time, { frame_id: 'world', pose: poseFields(grasp.pose) }),
];

function millimetres(depth: Float32Array): Uint8Array {
  const units = new Uint16Array(depth.length);
  // a loop, for `from` with a function takes ten times as long; storing cuts the fraction off
  for (let i = 0; i < depth.length; i++) units[i] = Math.min(depth[i] / DEPTH_UNIT + 0.5, 0xffff);
  return bytesOf(units);
}

/** Rounded to a power of two, so that half the bits are zero and compress. */
function rounded(values: Float32Array, step: number): Uint8Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = Math.round(values[i] / step) * step;
  return bytesOf(out);
}

/** A map over the table. Its origin is the corner of cell (0, 0); columns run along world +X, rows along +Y. */
function grid({ size, cell }: Episode['heightmap'], name: string, data: Uint8Array): Fields {
  const corner = { x: (-size * cell) / 2, y: (-size * cell) / 2, z: 0 };
  return {
    frame_id: 'world',
    pose: { position: corner, orientation: quaternion([0, 0, 0, 1]) },
    column_count: size,
    cell_size: { x: cell, y: cell },
    row_stride: 4 * size,
    cell_stride: 4,
    fields: [{ name, offset: 0, type: 7 }],
    data,
  };
}

const transform = (child: string, time: number, pose: ArrayLike<number>): Fields => ({
  timestamp: timestamp(time),
  parent_frame_id: 'world',
  child_frame_id: child,
  translation: { x: pose[0], y: pose[1], z: pose[2] },
  rotation: { x: pose[3], y: pose[4], z: pose[5], w: pose[6] },
});

const frameName = (body: number): string =>
  body < GRIPPER_BODIES ? GRIPPER_FRAMES[body] : objectFrame(body - GRIPPER_BODIES);

/** Where everything is before the trial, camera included. */
function restingTransforms({ poses, objects }: Episode, camera: Pose, time: number): Fields[] {
  const at = (body: number): ArrayLike<number> => poses.subarray(body * 7, body * 7 + 7);
  return [
    transform('camera', time, [...camera.position, ...camera.quaternion]),
    ...objects.map((_, i) => transform(objectFrame(i), time, at(GRIPPER_BODIES + i))),
  ];
}

/** Bodies that are written in every frame: the gripper, and what moves during the trial. */
function movingBodies({ poses, objects }: Episode): number[] {
  const bodies = GRIPPER_BODIES + objects.length;
  const moves = (body: number): boolean => {
    for (let at = body * 7; at < poses.length; at += bodies * 7) {
      for (let k = 0; k < 7; k++) if (poses[at + k] !== poses[body * 7 + k]) return true;
    }
    return false;
  };
  return Array.from({ length: bodies }, (_, i) => i).filter((body) => body < GRIPPER_BODIES || moves(body));
}

/** Transforms and the gripper's state, {@link FILM_HZ} times a simulated second, the last frame in any case. */
function motionMessages(film: Film, start: number, put: Put): RecordedMessage[] {
  const { episode } = film;
  const [bodies, moving] = [GRIPPER_BODIES + episode.objects.length, movingBodies(episode)];
  const every = Math.max(1, Math.round(episode.hz / FILM_HZ));
  const messages: RecordedMessage[] = [];
  for (let frame = 0; frame < frameCount(episode); frame++) {
    if (frame % every !== 0 && frame !== frameCount(episode) - 1) continue;
    const time = start + Math.round((frame / episode.hz) * 1e9);
    const poses = episode.poses.subarray(frame * bodies * 7, (frame + 1) * bodies * 7);
    const transforms = moving.map((b) => transform(frameName(b), time, poses.subarray(b * 7, b * 7 + 7)));
    messages.push(put('/tf', time, { transforms }), put('/gripper', time, gripperState(film, frame, poses)));
  }
  return messages;
}

function gripperState({ episode, pressed }: Film, frame: number, poses: Float32Array): Fields {
  const objects = frameCount(episode) > 0 ? pressed.length / frameCount(episode) / 2 : 0;
  const contacts: { frame_id: string; left: number; right: number }[] = [];
  for (let i = 0; i < objects; i++) {
    const [left, right] = pressed.subarray((frame * objects + i) * 2, (frame * objects + i) * 2 + 2);
    if (left > 0 || right > 0) contacts.push({ frame_id: objectFrame(i), left, right });
  }
  return {
    phase: PHASES[episode.phases[frame]],
    gap: Math.hypot(poses[7] - poses[14], poses[8] - poses[15], poses[9] - poses[16]),
    left: contacts.reduce((sum, c) => sum + c.left, 0),
    right: contacts.reduce((sum, c) => sum + c.right, 0),
    contacts,
  };
}

const metrics = ({ trials, held, recentRate, dropped }: Counts): Fields => ({
  ...{ trials, held, success_rate: trials > 0 ? held / trials : 0, recent_rate: recentRate, dropped },
});

function sentence({ trial, split, outcome: what, grasp, objects }: Episode): string {
  const chance = grasp.probability === null ? '' : `, predicted ${(100 * grasp.probability).toFixed(0)} %`;
  return `${split} trial ${trial}: ${what}${chance} (${objects.map((o) => o.family).join(', ')})`;
}

function outcome({ film, log }: FilmedTrial): Fields {
  const { episode, grasp, result, seed, scene, observationHash } = film;
  return {
    trial: episode.trial,
    ...{ scene, seed, split: episode.split, policy: episode.policy },
    families: episode.objects.map((o) => o.family),
    outcome: episode.outcome,
    held: episode.outcome === 'held',
    ...(episode.grasp.probability !== null && { probability: episode.grasp.probability }),
    grasp_position: grasp.pose.position,
    grasp_orientation: grasp.pose.quaternion,
    yaw: episode.grasp.yaw,
    opening: grasp.opening,
    gap: result.gap,
    target: result.target,
    force_left: result.forces[0],
    force_right: result.forces[1],
    rise: result.rise,
    steps: result.steps,
    duration: durationNs(episode) / 1e9,
    state_hash: result.stateHash,
    observation_hash: observationHash,
    log,
  };
}
