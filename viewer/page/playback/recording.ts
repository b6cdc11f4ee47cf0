import type { Camera } from '../../../sim/camera/camera.ts';
import type { SuctionSettings } from '../../../sim/hand/settings.ts';
import type { Vec3 } from '../../../sim/math/pose.ts';
import type { Mesh } from '../../../sim/objects/mesh.ts';
import type { RoundPlace } from '../../../sim/recording/episode.ts';
import { GRIPPER_BODIES, PHASES } from '../../../sim/recording/episode.ts';
import { type Topic, type TrialMark, VIEW_TOPICS } from '../../../sim/recording/format.ts';
import {
  type ByteSource,
  type IndexedRecording,
  openIndexed,
  type StoredMessage,
} from '../../../sim/recording/indexed.ts';
import type { RunInfo } from '../../../sim/recording/live-view.ts';
import { outcomeOf, type TrialSummary } from '../../../sim/recording/summary.ts';
import type { EpisodeInfo } from '../../protocol.ts';
import { type Seen, summaryOf } from '../live.ts';
import { mixPoses, type Sample } from '../scene/interpolation.ts';
import {
  applyTransforms,
  type Contact,
  cameraOf,
  cameraPoseOf,
  type DrawnGripper,
  depthOf,
  gridOf,
  gripperOf,
  pictureOf,
  sceneOf,
} from './messages.ts';
import { type Decode, protobufDecoder } from './schemas.ts';

/** One moment of a recorded trial. */
interface Moment {
  /** Seconds since the start of the trial. */
  readonly time: number;
  readonly phase: number;
  /** [bodies, 7] */
  readonly poses: Float32Array;
  readonly contacts: readonly Contact[];
}

/** A trial of a recording, ready to be shown. */
export interface RecordedTrial {
  readonly info: EpisodeInfo;
  readonly geometry: ReadonlyMap<string, Mesh>;
  readonly seen: Seen;
  readonly moments: readonly Moment[];
  /** Seconds. */
  readonly duration: number;
}

/** Trials that are kept in case they are looked at again. */
const TRIALS_KEPT = 8;

/** A recording that is looked at. */
export class RecordingFile {
  readonly #recording: IndexedRecording;
  readonly #decoders = new Map<Topic, Decode>();
  readonly #trials = new Map<number, Promise<RecordedTrial>>();

  constructor(recording: IndexedRecording) {
    this.#recording = recording;
  }

  get name(): string {
    return this.#recording.name;
  }

  get marks(): readonly TrialMark[] {
    return this.#recording.marks;
  }

  /** What the file says about its end, if it did not end well. */
  get warning(): string | undefined {
    const { ending } = this.#recording;
    if (ending.kind === 'whole') return undefined;
    const where = ending.kind === 'cut' ? 'was cut off' : 'is damaged';
    return `${this.name} ${where} at byte ${ending.offset.toLocaleString('en')}: shown up to its last whole part.`;
  }

  get run(): RunInfo {
    const { scenarioName = this.name, seed = '0', policy = '', engine = '' } = this.#recording.metadata;
    return { scenario: scenarioName, seed: Number(seed), arm: policy, engine, trialsPlanned: 0 };
  }

  /** The trials for the list and the curve. */
  summaries(): TrialSummary[] {
    return this.marks.map(summaryOf);
  }

  /** Looks for the trials of a file without a list of them. @param onMarks called when more are known. */
  scan(onMarks: () => void, signal: AbortSignal): Promise<void> {
    return this.#recording.scan((message) => markOf(this.#decode(message)), onMarks, signal);
  }

  /** Reads a trial. @throws Error if it is damaged. */
  load(index: number): Promise<RecordedTrial> {
    const known = this.#trials.get(index);
    if (known) return known;
    const loading = this.#load(index);
    this.#trials.set(index, loading);
    loading.catch(() => this.#trials.delete(index));
    const [oldest] = this.#trials.keys();
    if (this.#trials.size > TRIALS_KEPT) this.#trials.delete(oldest);
    return loading;
  }

  async #load(index: number): Promise<RecordedTrial> {
    const { start, end } = this.marks[index];
    const messages = await this.#recording.messages(start, end);
    const has = new Set(messages.map((m) => m.topic));
    const before = (['/scene', ...VIEW_TOPICS] as const).filter((topic) => !has.has(topic));
    const latest = await Promise.all(before.map((topic) => this.#recording.latest(topic, start)));
    const all = [...latest.filter((m) => m !== undefined), ...messages];
    const decoded = all.map((m) => ({ topic: m.topic, time: (m.time - start) / 1e9, fields: this.#decode(m) }));
    return assemble(index, decoded);
  }

  #decode({ topic, data }: StoredMessage): unknown {
    let decode = this.#decoders.get(topic);
    if (!decode) {
      const channel = this.#recording.channel(topic);
      if (!channel) throw new Error(`${this.name}: expected a channel for ${topic}`);
      decode = protobufDecoder(channel.schema, channel.schemaName);
      this.#decoders.set(topic, decode);
    }
    return decode(data);
  }
}

/** Opens a recording. @throws Error saying why it cannot be shown. */
export const openRecording = async (source: ByteSource): Promise<RecordingFile> =>
  new RecordingFile(await openIndexed(source));

interface TrialFields {
  readonly trial: number;
  readonly scene: number;
  readonly split: string;
  readonly policy: string;
  readonly outcome: string;
  readonly families: readonly string[];
  readonly probability?: number;
  readonly graspPosition: readonly number[];
  readonly yaw: number;
  readonly opening: number;
  readonly round?: number;
  readonly attempt?: number;
}

/** Where a trial is, if it is of a round of clutter removal. */
const placeOf = ({ round, attempt }: TrialFields): { readonly inRound?: RoundPlace } =>
  round === undefined || attempt === undefined ? {} : { inRound: { round, attempt } };

function markOf(message: unknown): Omit<TrialMark, 'start' | 'end'> {
  const fields = message as TrialFields;
  const { trial, scene, split, outcome, families, probability } = fields;
  return { trial, scene, split, outcome, families, probability: probability ?? null, ...placeOf(fields) };
}

interface Decoded {
  readonly topic: Topic;
  readonly time: number;
  readonly fields: unknown;
}

function assemble(index: number, all: readonly Decoded[]): RecordedTrial {
  const last = (topic: Topic): unknown => all.findLast((m) => m.topic === topic)?.fields;
  const [trial, scene] = [last('/trial') as TrialFields | undefined, last('/scene')];
  if (!trial || !scene) throw new Error(`trial: expected /trial and /scene, got ${trial ? '/trial' : 'neither'} alone`);
  const { objects, gripper } = sceneOf(scene);
  const moments = momentsOf(all, GRIPPER_BODIES + objects.length);
  if (moments.length === 0) throw new Error(`trial ${trial.trial}: expected transforms, got none`);
  const camera = cameraSeen(last('/camera/calibration'), last('/tf_static'));
  const seen = seenOf(last);
  const duration = moments[moments.length - 1].time;
  const info: EpisodeInfo = {
    ...{ episode: index + 1, play: 1, trial: trial.trial, policy: trial.policy, outcome: outcomeOf(trial.outcome) },
    ...placeOf(trial),
    split: trial.split === 'evaluation' ? 'evaluation' : 'training',
    objects: objects.map(({ geometry, colour, family }) => ({ geometry, colour, family })),
    ...{ gripper: settingsOf(gripper), palmHalf: gripper.palmHalf },
    ...{ hz: duration > 0 ? (moments.length - 1) / duration : 30, frames: moments.length },
    grasp: {
      position: vectorOf(trial.graspPosition),
      ...{ yaw: trial.yaw, opening: trial.opening, probability: trial.probability ?? null },
    },
    ...{ hasDepth: seen.depth !== undefined, hasAffordance: seen.affordance !== undefined },
    ...(camera && { camera }),
  };
  return { info, geometry: new Map(objects.map((o) => [o.geometry, o.mesh])), seen, moments, duration };
}

function vectorOf(list: readonly number[]): Vec3 {
  if (list.length !== 3 || !list.every(Number.isFinite)) throw new Error('trial: expected a grasp of three numbers');
  return [list[0], list[1], list[2]];
}

function cameraSeen(calibration: unknown, transforms: unknown): Camera | undefined {
  const pose = transforms === undefined ? undefined : cameraPoseOf(transforms);
  return pose && calibration !== undefined ? cameraOf(calibration, pose) : undefined;
}

function seenOf(last: (topic: Topic) => unknown): Seen {
  const [colour, depth] = [last('/camera/colour'), last('/camera/depth')];
  const [heightmap, affordance, atAngle] = [last('/heightmap'), last('/affordance'), last('/affordance/angle')];
  return {
    ...(colour !== undefined && { colour: pictureOf(colour) }),
    ...(depth !== undefined && { depth: depthOf(depth) }),
    ...(heightmap !== undefined && { heightmap: gridOf(heightmap) }),
    ...(affordance !== undefined && { affordance: gridOf(affordance) }),
    ...(atAngle !== undefined && { affordanceAtAngle: gridOf(atAngle) }),
  };
}

/** The dimensions that are drawn, as settings; what does not show is left at zero. */
function settingsOf(g: DrawnGripper): EpisodeInfo['gripper'] {
  const { fingerLength, fingerWidth, fingerThickness, palmHalf, cup } = g;
  const hidden = { force: 0, closingSpeed: 0, fingerMass: 0, padFriction: 0 };
  const jaws = { ...hidden, stroke: 2 * palmHalf[0], fingerLength, fingerWidth, fingerThickness };
  if (!cup) return jaws;
  const suction: SuctionSettings = {
    ...{ ...jaws, kind: 'suction', cupRadius: cup.radius, lipTravel: cup.lipTravel },
    ...{ torqueLimit: 0, sealFlatness: 0, sealAngle: 0, compliance: 0 },
  };
  return suction;
}

/** Where everything is whenever something moved. */
function momentsOf(all: readonly Decoded[], bodies: number): Moment[] {
  const moments: Moment[] = [];
  let poses = new Float32Array(bodies * 7);
  const states = new Map(all.filter((m) => m.topic === '/gripper').map((m) => [m.time, gripperOf(m.fields)]));
  for (const { topic, time, fields } of all) {
    if (topic !== '/tf_static' && topic !== '/tf') continue;
    poses = poses.slice();
    applyTransforms(fields, poses);
    if (topic === '/tf_static') continue;
    const state = states.get(time);
    const phase = Math.max((PHASES as readonly string[]).indexOf(state?.phase ?? ''), 0);
    moments.push({ time, phase, poses, contacts: state?.contacts ?? [] });
  }
  return moments;
}

/** The trial at a time in seconds, between its moments. */
export function sampleAt({ info, moments }: RecordedTrial, time: number): Sample {
  let frame = moments.findLastIndex((m) => m.time <= time);
  if (frame < 0) frame = 0;
  const [a, b] = [moments[frame], moments[Math.min(frame + 1, moments.length - 1)]];
  const t = b.time > a.time ? Math.min(Math.max((time - a.time) / (b.time - a.time), 0), 1) : 0;
  const poses = new Float32Array(a.poses.length);
  mixPoses(a.poses, b.poses, t, poses);
  const { phase, contacts } = a;
  return { episode: info.episode, frame, phase, contacts, time: a.time + t * (b.time - a.time), poses };
}
