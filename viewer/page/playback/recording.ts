/** Recording on the page: its trials as episodes that can be shown at any time. */
import { decompress } from 'fzstd';
import type { Mesh } from '../../../sim/objects/mesh.ts';
import { GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import type { RunInfo } from '../../../sim/recording/live-view.ts';
import type { TrialMark } from '../../../sim/recording/marks.ts';
import { sceneOf } from '../../../sim/recording/read/drawn-scene.ts';
import type { Decompress } from '../../../sim/recording/read/mcap.ts';
import { applyTransforms, type Contact, gripperOf } from '../../../sim/recording/read/motion.ts';
import { openRecording, type Recording } from '../../../sim/recording/read/reader.ts';
import { type Seen, seenAt } from '../../../sim/recording/read/seen.ts';
import type { ByteSource } from '../../../sim/recording/read/source.ts';
import type { StoredTrial } from '../../../sim/recording/read/stored-trial.ts';
import { trialOf } from '../../../sim/recording/read/trial-fields.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';
import { mixPoses, type Sample } from '../scene/interpolation.ts';

/** One moment of an episode. */
interface Moment {
  /** Seconds since the start of the trial. */
  readonly time: number;
  readonly phase: number;
  /** [bodies, 7] */
  readonly poses: Float32Array;
  readonly contacts: readonly Contact[];
}

/** An episode of a recording, ready to be shown. */
export interface LoadedEpisode {
  readonly info: EpisodeInfo;
  readonly geometry: ReadonlyMap<string, Mesh>;
  readonly seen: Seen;
  readonly moments: readonly Moment[];
  /** Seconds. */
  readonly duration: number;
}

/** Small and quick enough for a page; what Node takes is four times as large as all that the page's own code is. */
const unpack: Decompress = (bytes, size) => decompress(bytes, new Uint8Array(size));

/** Episodes that are kept in case they are looked at again. */
const EPISODES_KEPT = 8;

/** A recording that is looked at. */
export class RecordingFile {
  readonly #recording: Recording;
  readonly #episodes = new Map<number, Promise<LoadedEpisode>>();

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** @throws Error saying why it cannot be shown. */
  static async open(source: ByteSource): Promise<RecordingFile> {
    return new RecordingFile(await openRecording(source, unpack));
  }

  get name(): string {
    return this.#recording.name;
  }

  /** The trials for the list and the curve, as far as they are known. */
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

  /** Looks for the trials of a file without a list of them. @param onMarks called when more are known. */
  scan(onMarks: () => void, signal: AbortSignal): Promise<void> {
    return this.#recording.scan(onMarks, signal);
  }

  /** Reads an episode. @throws Error if it is damaged. */
  load(index: number): Promise<LoadedEpisode> {
    const known = this.#episodes.get(index);
    if (known) return known;
    const loading = this.#recording.trial(this.marks[index]).then((stored) => assemble(index, stored));
    this.#episodes.set(index, loading);
    loading.catch(() => this.#episodes.delete(index));
    const [oldest] = this.#episodes.keys();
    if (this.#episodes.size > EPISODES_KEPT) this.#episodes.delete(oldest);
    return loading;
  }
}

function assemble(index: number, stored: StoredTrial): LoadedEpisode {
  const trial = trialOf(stored);
  const scene = stored.last('/scene', sceneOf);
  if (!scene) throw new Error(`trial ${trial.trial}: expected /scene, got none`);
  const { objects, gripper, palmHalf } = scene;
  const moments = momentsOf(stored, GRIPPER_BODIES + objects.length);
  if (moments.length === 0) throw new Error(`trial ${trial.trial}: expected transforms, got none`);
  const seen = seenAt(stored);
  const duration = moments[moments.length - 1].time;
  const info: EpisodeInfo = {
    ...{ episode: index + 1, play: 1 },
    ...{ trial: trial.trial, split: trial.split, policy: trial.policy, outcome: trial.outcome, grasp: trial.grasp },
    ...(trial.inRound && { inRound: trial.inRound }),
    objects: objects.map(({ geometry, colour, family }) => ({ geometry, colour, family })),
    ...{ gripper, palmHalf, hz: duration > 0 ? (moments.length - 1) / duration : 30, frames: moments.length },
    ...{ hasDepth: seen.depth !== undefined, hasAffordance: seen.affordance !== undefined },
    ...(seen.camera && { camera: seen.camera }),
  };
  return { info, geometry: new Map(objects.map((o) => [o.geometry, o.mesh])), seen, moments, duration };
}

/** Where everything is whenever something moved. */
function momentsOf(stored: StoredTrial, bodies: number): Moment[] {
  let poses = new Float32Array(bodies * 7);
  for (const fields of stored.messages('/tf_static')) applyTransforms(fields, poses);
  const states = new Map(stored.timed('/gripper').map(({ time, fields }) => [time, gripperOf(fields)]));
  return stored.timed('/tf').map(({ time, fields }) => {
    poses = poses.slice();
    applyTransforms(fields, poses);
    const { phase = 0, contacts = [] } = states.get(time) ?? {};
    return { time, phase, poses, contacts };
  });
}

/** The episode at a time in seconds, between its moments. */
export function sampleAt({ info, moments }: LoadedEpisode, time: number): Sample {
  let frame = moments.findLastIndex((m) => m.time <= time);
  if (frame < 0) frame = 0;
  const [a, b] = [moments[frame], moments[Math.min(frame + 1, moments.length - 1)]];
  const t = b.time > a.time ? Math.min(Math.max((time - a.time) / (b.time - a.time), 0), 1) : 0;
  const poses = new Float32Array(a.poses.length);
  mixPoses(a.poses, b.poses, t, poses);
  const { phase, contacts } = a;
  return { episode: info.episode, frame, phase, contacts, time: a.time + t * (b.time - a.time), poses };
}

/** Where each object goes in a trial, x y z of every moment in metres. */
export const objectPaths = ({ info, moments }: LoadedEpisode): number[][] =>
  info.objects.map((_, i) => moments.flatMap(({ poses }) => [...poses.subarray((3 + i) * 7, (3 + i) * 7 + 3)]));
