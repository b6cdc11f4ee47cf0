/** Messages of a recording: what an episode has, topic by topic. */
import type { Camera } from '../../camera/camera.ts';
import type { Pose, Quat, Vec3 } from '../../math/pose.ts';
import { PHASES } from '../../motion.ts';
import { type Episode, GRIPPER_BODIES, type RecordedEpisode } from '../episode.ts';
import {
  DEPTH_UNIT,
  GRIPPER_FRAMES,
  HEIGHT_STEP,
  objectFrame,
  PROBABILITY_STEP,
  RECORDING_HZ,
  type RecordedMessage,
  TOPICS,
  type Topic,
  timestamp,
} from '../format.ts';
import type { Fields } from '../read/decode.ts';
import { encodeScene } from './scene.ts';
import { encodeMessage } from './schemas.ts';

/** Counts over all trials of a run, recorded or not. */
export interface Counts {
  readonly trials: number;
  readonly held: number;
  /** Success rate of the last trials, 0..1. */
  readonly recentRate: number;
  /** Trials that could not be recorded. */
  readonly dropped: number;
}

/** An episode on its way into a recording, with what the run knows of it. */
export interface RecordingEntry {
  readonly episode: RecordedEpisode;
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
export function messagesOf(entry: RecordingEntry, start: number, withScene: boolean): RecordedMessage[] {
  const { episode } = entry;
  const put = (topic: Topic, time: number, fields: Fields): RecordedMessage => ({
    ...{ topic, time },
    data: encodeMessage(TOPICS[topic], { timestamp: timestamp(time), ...fields }),
  });
  const end = start + durationNs(episode);
  return [
    ...(withScene ? [{ topic: '/scene', time: start, data: encodeScene(episode, start) } as const] : []),
    put('/tf_static', start, { transforms: restingTransforms(episode, episode.camera, start) }),
    ...(entry.sameView ? [] : allOf(viewFields(episode, episode.camera), start, put)),
    ...allOf(choiceFields(episode, episode.proof.grasp.pose), start, put),
    ...motionMessages(episode, start, put),
    put('/metrics', end, metrics(entry.counts)),
    put(
      '/log',
      end,
      logLine(
        sentence(
          episode.objects.map((o) => o.family),
          episode,
          episode.grasp.probability,
        ),
      ),
    ),
    put('/trial', end, outcome(entry)),
  ];
}

type Put = (topic: Topic, time: number, fields: Fields) => RecordedMessage;

/** Fields by topic; topics without a message are missing. */
type TopicFields = Readonly<Partial<Record<Topic, Fields>>>;

const allOf = (fields: TopicFields, time: number, put: Put): RecordedMessage[] =>
  (Object.keys(fields) as Topic[]).map((topic) => put(topic, time, fields[topic]!));

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

/** What the policy saw: the topics of `VIEW_TOPICS`. Without a camera there is no calibration. */
export function viewFields(episode: Episode, camera: Camera | undefined): TopicFields {
  const { image, depth, heightmap } = episode;
  const { width, height } = image;
  const picture = { frameId: 'camera', width, height };
  return {
    ...(camera && { '/camera/calibration': { ...picture, ...pinhole(camera) } }),
    '/camera/colour': { ...picture, encoding: 'rgb8', step: 3 * width, data: image.rgb },
    ...(depth && {
      '/camera/depth': { ...picture, encoding: '16UC1', step: 2 * width, data: millimetres(depth) },
    }),
    '/heightmap': grid(heightmap, 'height', rounded(heightmap.height, HEIGHT_STEP)),
  };
}

function pinhole({ intrinsics: { fx, fy, cx, cy } }: Camera): Fields {
  return {
    K: [fx, 0, cx, 0, fy, cy, 0, 0, 1],
    R: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    P: [fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0],
  };
}

/** What the policy made of it. */
export const choiceFields = ({ heightmap, affordance, affordanceAtAngle }: Episode, grasp: Pose): TopicFields => ({
  ...(affordance && { '/affordance': chances(heightmap, affordance) }),
  ...(affordanceAtAngle && { '/affordance/angle': chances(heightmap, affordanceAtAngle) }),
  '/grasp': { frameId: 'world', pose: poseFields(grasp) },
});

const chances = (heightmap: Episode['heightmap'], values: Float32Array): Fields =>
  grid(heightmap, 'probability', rounded(values, PROBABILITY_STEP));

function millimetres(depth: Float32Array): Uint8Array {
  const units = new Uint16Array(depth.length);
  const perMetre = 1 / DEPTH_UNIT;
  // a loop, for `from` with a function takes ten times as long; storing cuts the fraction off
  for (let i = 0; i < depth.length; i++) {
    const value = depth[i] * perMetre + 0.5;
    units[i] = value < 0xffff ? value : 0xffff;
  }
  return bytesOf(units);
}

/** Rounded to a power of two, so that half the bits are zero and compress. */
function rounded(values: Float32Array, step: number): Uint8Array {
  const out = new Float32Array(values.length);
  // exact, for the step is a power of two; several times as fast as Math.round, which keeps the sign of zero
  const perUnit = 1 / step;
  for (let i = 0; i < values.length; i++) out[i] = Math.floor(values[i] * perUnit + 0.5) * step;
  return bytesOf(out);
}

/** A map over the table. Its origin is the corner of cell (0, 0); columns run along world +X, rows along +Y. */
function grid({ size, cell }: Episode['heightmap'], name: string, data: Uint8Array): Fields {
  const corner = { x: (-size * cell) / 2, y: (-size * cell) / 2, z: 0 };
  return {
    frameId: 'world',
    pose: { position: corner, orientation: quaternion([0, 0, 0, 1]) },
    columnCount: size,
    cellSize: { x: cell, y: cell },
    rowStride: 4 * size,
    cellStride: 4,
    fields: [{ name, offset: 0, type: 7 }],
    data,
  };
}

const transform = (child: string, time: number, pose: ArrayLike<number>): Fields => ({
  timestamp: timestamp(time),
  parentFrameId: 'world',
  childFrameId: child,
  translation: { x: pose[0], y: pose[1], z: pose[2] },
  rotation: { x: pose[3], y: pose[4], z: pose[5], w: pose[6] },
});

const frameName = (body: number): string =>
  body < GRIPPER_BODIES ? GRIPPER_FRAMES[body] : objectFrame(body - GRIPPER_BODIES);

/** Where everything is before the trial, camera included. */
export function restingTransforms({ poses, objects }: Episode, camera: Camera | undefined, time: number): Fields[] {
  const at = (body: number): ArrayLike<number> => poses.subarray(body * 7, body * 7 + 7);
  return [
    ...(camera ? [transform('camera', time, [...camera.pose.position, ...camera.pose.quaternion])] : []),
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

/** Where some bodies are in one frame. */
export function transformsAt(episode: Episode, frame: number, bodies: readonly number[], time: number): Fields[] {
  const start = frame * (GRIPPER_BODIES + episode.objects.length);
  const at = (body: number): ArrayLike<number> => episode.poses.subarray((start + body) * 7, (start + body + 1) * 7);
  return bodies.map((body) => transform(frameName(body), time, at(body)));
}

/** Transforms and the gripper's state, {@link RECORDING_HZ} times a simulated second, the last frame in any case. */
function motionMessages(episode: RecordedEpisode, start: number, put: Put): RecordedMessage[] {
  const moving = movingBodies(episode);
  const every = Math.max(1, Math.round(episode.hz / RECORDING_HZ));
  const messages: RecordedMessage[] = [];
  for (let frame = 0; frame < frameCount(episode); frame++) {
    if (frame % every !== 0 && frame !== frameCount(episode) - 1) continue;
    const time = start + Math.round((frame / episode.hz) * 1e9);
    messages.push(
      put('/tf', time, { transforms: transformsAt(episode, frame, moving, time) }),
      put('/gripper', time, gripperState(episode, frame)),
    );
  }
  return messages;
}

/** Phase, opening and contacts in one frame; contacts are known only if the episode has them. */
export function gripperState(episode: Episode, frame: number): Fields {
  const { poses, phases, pressed } = episode;
  const objects = pressed ? pressed.length / frameCount(episode) / 2 : 0;
  const contacts: { frameId: string; left: number; right: number }[] = [];
  for (let i = 0; i < objects; i++) {
    const [left, right] = pressed!.subarray((frame * objects + i) * 2, (frame * objects + i) * 2 + 2);
    if (left > 0 || right > 0) contacts.push({ frameId: objectFrame(i), left, right });
  }
  const at = frame * (GRIPPER_BODIES + episode.objects.length) * 7;
  const gap = [7, 8, 9].map((k) => poses[at + k] - poses[at + k + 7]);
  return {
    phase: PHASES[phases[frame]],
    gap: Math.hypot(...gap),
    left: contacts.reduce((sum, c) => sum + c.left, 0),
    right: contacts.reduce((sum, c) => sum + c.right, 0),
    contacts,
  };
}

export const metrics = ({ trials, held, recentRate, dropped }: Counts): Fields => ({
  ...{ trials, held, successRate: trials > 0 ? held / trials : 0, recentRate: recentRate, dropped },
});

/** A line of the log; level 2 is information. */
export const logLine = (message: string): Fields => ({ level: 2, name: 'graft', message });

/** What came of a trial, for people. */
export function sentence(
  families: readonly string[],
  { trial, split, outcome: what, inRound }: Pick<Episode, 'trial' | 'split' | 'outcome' | 'inRound'>,
  probability: number | null,
): string {
  const chance = probability === null ? '' : `, predicted ${(100 * probability).toFixed(0)} %`;
  const place = inRound ? ` (round ${inRound.round}, grasp ${inRound.attempt})` : '';
  return `${split} trial ${trial}${place}: ${what}${chance} (${families.join(', ')})`;
}

function outcome({ episode, log }: RecordingEntry): Fields {
  const { grasp, result, seed, scene, observationHash } = episode.proof;
  return {
    trial: episode.trial,
    ...{ scene, seed, split: episode.split, policy: episode.policy },
    families: episode.objects.map((o) => o.family),
    outcome: episode.outcome,
    held: episode.outcome === 'held',
    ...(episode.grasp.probability !== null && { probability: episode.grasp.probability }),
    graspPosition: grasp.pose.position,
    graspOrientation: grasp.pose.quaternion,
    yaw: episode.grasp.yaw,
    opening: grasp.opening,
    gap: result.gap,
    target: result.target,
    forceLeft: result.forces[0],
    forceRight: result.forces[1],
    rise: result.rise,
    steps: result.steps,
    duration: durationNs(episode) / 1e9,
    stateHash: result.stateHash,
    observationHash: observationHash,
    log,
    ...episode.inRound,
  };
}
