/** Live run: what a server says of it, made into episodes, meshes and motion. */
import type { Mesh } from '../../sim/objects/mesh.ts';
import { GRIPPER_BODIES } from '../../sim/recording/episode.ts';
import type { RunInfo, RunResult } from '../../sim/recording/live-view.ts';
import type { TrialSummary } from '../../sim/recording/marks.ts';
import type { RaceInfo } from '../../sim/recording/race.ts';
import type { Fields } from '../../sim/recording/read/decode.ts';
import { applyTransforms, type Contact, gripperOf } from '../../sim/recording/read/motion.ts';
import { depthOf, gridOf, pictureOf, type Seen } from '../../sim/recording/read/seen.ts';
import { trialSummary } from '../../sim/recording/read/trial-fields.ts';
import type { SteeringRequest, SteeringState } from '../../sim/recording/steering.ts';
import {
  EPISODE_TOPIC,
  type EpisodeInfo,
  GEOMETRY_MAX,
  GEOMETRY_SERVICE,
  type GeometryAnswer,
  type GeometryRequest,
  MAY_STEER_PARAMETER,
  PAUSED_PARAMETER,
  PROTOCOL_VERSION,
  RACE_PARAMETER,
  RESULT_PARAMETER,
  RUN_PARAMETER,
  STEERING_PARAMETER,
  STEERING_SERVICE,
} from '../foxglove/additions.ts';
import type { Parameter } from '../foxglove/protocol.ts';
import { bytesOfBase64, Connection, type ConnectionState, type Listener } from './connection.ts';
import { PoseBuffer, type Sample } from './scene/interpolation.ts';
import type { Steered } from './steer/button.ts';

/** Who is told what happens in a run. */
interface Watcher {
  onState(state: ConnectionState): void;
  /** All that was known is void. */
  onRestart(): void;
  onRun(run: RunInfo | undefined): void;
  onTrial(trial: TrialSummary): void;
  onResult(result: RunResult | undefined): void;
  /** The race that the run is part of. */
  onRace?(race: RaceInfo): void;
  /** The training can be steered; undefined: not, or no longer. */
  onSteering?(steered: Steered | undefined): void;
  /** An episode begins, or its pictures come. */
  onSeen(info: EpisodeInfo, seen: Seen): void;
  onStatus(level: number, message: string): void;
}

/** Topics of a run's scenes. */
const SCENE_TOPICS = [
  EPISODE_TOPIC,
  '/camera/colour',
  '/camera/depth',
  '/heightmap',
  '/affordance',
  '/affordance/angle',
  '/gripper',
  '/tf',
];
/** Meshes that are kept in case they are shown again. */
const MESHES_MAX = 256;

/** What is watched of which run. */
interface Watched {
  /** Path of its stream; the server's only run if left out. */
  readonly path?: string;
  /** Outcomes alone, without scenes. */
  readonly outcomesOnly?: boolean;
}

/** A run that is watched while it happens. */
export class LiveRun {
  readonly #watcher: Watcher;
  readonly #connection: Connection;
  readonly #buffer = new PoseBuffer();
  readonly #meshes = new Map<string, Mesh>();
  #info: EpisodeInfo | undefined;
  /** Number of the episode whose meshes are there. */
  #ready = 0;
  #seen: Seen = {};
  #start = 0;
  #phase = 0;
  #contacts: readonly Contact[] = [];
  #poses = new Float32Array(0);
  #steering: SteeringState | null = null;
  /** Pose messages received, and episodes begun. */
  readonly counts = { poses: 0, episodes: 0 };
  paused = false;

  constructor(watcher: Watcher, { path, outcomesOnly = false }: Watched = {}) {
    this.#watcher = watcher;
    const listener: Listener = {
      onState: (state) => watcher.onState(state),
      onServer: (protocol) => this.#restart(protocol),
      onMessage: (topic, time, message) => this.#receive(topic, time, message),
      onParameters: (parameters) => this.#setParameters(parameters),
      onStatus: (level, message) => watcher.onStatus(level, message),
    };
    this.#connection = new Connection(['/trial', ...(outcomesOnly ? [] : SCENE_TOPICS)], listener, path);
  }

  /** Watches no more. */
  close(): void {
    this.#connection.close();
  }

  /** Messages that could not be read. */
  get errors(): number {
    return this.#connection.errors;
  }

  /** The episode that plays, once its meshes are there. */
  get trial(): { readonly info: EpisodeInfo; readonly geometry: ReadonlyMap<string, Mesh> } | undefined {
    const info = this.#info;
    return info && this.#ready === info.episode ? { info, geometry: this.#meshes } : undefined;
  }

  /** When the episode that plays began, seconds since 1970. */
  get start(): number {
    return this.#start;
  }

  get seen(): Seen {
    return this.#seen;
  }

  /** @param now seconds. */
  sample(now: number): Sample | undefined {
    return this.#buffer.sample(now);
  }

  /** The server's time that is to be shown now, seconds since 1970; undefined if nothing is. @param now seconds. */
  due(now: number): number | undefined {
    const time = this.#buffer.due(now);
    return time === undefined ? undefined : this.#start + time;
  }

  /** What there was at a time of the server's, as of {@link due}. */
  sampleAt(time: number): Sample | undefined {
    return this.#buffer.at(time - this.#start);
  }

  togglePause(): void {
    if (this.#connection.set(PAUSED_PARAMETER, !this.paused)) this.paused = !this.paused;
  }

  #restart(protocol: string): void {
    if (protocol !== String(PROTOCOL_VERSION)) reloadOnce(protocol);
    this.#meshes.clear();
    this.#info = undefined;
    this.#ready = 0;
    this.#seen = {};
    this.#buffer.clear();
    this.paused = false;
    this.#steering = null;
    this.#watcher.onSteering?.(undefined);
    this.#watcher.onRestart();
  }

  #setParameters(parameters: readonly Parameter[]): void {
    for (const { name, value } of parameters) {
      if (name === RUN_PARAMETER) this.#watcher.onRun((value as RunInfo | null) ?? undefined);
      else if (name === RESULT_PARAMETER) this.#watcher.onResult((value as RunResult | null) ?? undefined);
      else if (name === RACE_PARAMETER) this.#watcher.onRace?.(value as RaceInfo);
      else if (name === STEERING_PARAMETER) this.#steering = value as SteeringState | null;
      else if (name === MAY_STEER_PARAMETER)
        this.#watcher.onSteering?.(this.#steering ? { state: this.#steering, may: value === true } : undefined);
    }
  }

  /** Asks something of the training. @throws Error saying why it may not be. */
  async steer(request: SteeringRequest): Promise<void> {
    await this.#connection.call(STEERING_SERVICE, request);
  }

  #receive(topic: string, time: number, message: Fields): void {
    switch (topic) {
      case EPISODE_TOPIC:
        return void this.#begin(message as unknown as EpisodeInfo, time);
      case '/camera/colour':
        return void this.#see({ colour: pictureOf(message) });
      case '/camera/depth':
        return void this.#see({ depth: depthOf(message) });
      case '/heightmap':
        return void this.#see({ heightmap: gridOf(message) });
      case '/affordance':
        return void this.#see({ affordance: gridOf(message) });
      case '/affordance/angle':
        return void this.#see({ affordanceAtAngle: gridOf(message) });
      case '/trial':
        return void this.#watcher.onTrial(trialSummary(message));
      case '/gripper': {
        const { phase, contacts } = gripperOf(message);
        this.#phase = phase;
        this.#contacts = contacts;
        return;
      }
      case '/tf':
        return void this.#move(message, time);
      default:
    }
  }

  #begin(info: EpisodeInfo, time: number): void {
    const again = this.#info?.episode === info.episode;
    this.#info = info;
    this.#start = time;
    if (again) return;
    this.counts.episodes++;
    this.#poses = new Float32Array((GRIPPER_BODIES + info.objects.length) * 7);
    this.#buffer.clear();
    const { colour, heightmap, depth } = this.#seen;
    // a picture that is the same as before is not sent again
    this.#seen = {
      ...(colour && { colour }),
      ...(heightmap && { heightmap }),
      ...(info.hasDepth && depth && { depth }),
    };
    this.#watcher.onSeen(info, this.#seen);
    void this.#fetch(info);
  }

  #see(more: Seen): void {
    this.#seen = { ...this.#seen, ...more };
    if (this.#info) this.#watcher.onSeen(this.#info, this.#seen);
  }

  /** Asks for the meshes that are not there yet. */
  async #fetch(info: EpisodeInfo): Promise<void> {
    const missing = [...new Set(info.objects.map((o) => o.geometry))].filter((hash) => !this.#meshes.has(hash));
    if (this.#meshes.size > MESHES_MAX) this.#meshes.clear();
    try {
      for (let i = 0; i < missing.length; i += GEOMETRY_MAX) {
        const request: GeometryRequest = { hashes: missing.slice(i, i + GEOMETRY_MAX) };
        const { meshes } = (await this.#connection.call(GEOMETRY_SERVICE, request)) as GeometryAnswer;
        for (const { hash, positions, indices } of meshes) {
          this.#meshes.set(hash, {
            positions: new Float32Array(bytesOfBase64(positions).buffer),
            indices: new Uint32Array(bytesOfBase64(indices).buffer),
          });
        }
      }
      if (this.#info?.episode === info.episode) this.#ready = info.episode;
    } catch (error) {
      // the next episode may have begun meanwhile: then these meshes are wanted no more
      if (this.#info?.episode === info.episode) this.#watcher.onStatus(1, (error as Error).message);
    }
  }

  #move(message: Fields, time: number): void {
    const info = this.#info;
    if (!info) return;
    this.counts.poses++;
    const poses = this.#poses.slice();
    applyTransforms(message, poses);
    this.#poses = poses;
    const since = Math.max(time - this.#start, 0);
    const frame = Math.min(Math.round(since * info.hz), info.frames - 1);
    const { episode } = info;
    const at = { episode, frame, time: since, phase: this.#phase, contacts: this.#contacts, poses };
    this.#buffer.push(at, performance.now() / 1000);
  }
}

/** The page is older than the server: fetch the current one, but never in a loop. */
function reloadOnce(protocol: string): void {
  const key = 'graft-reloaded-for';
  if (sessionStorage.getItem(key) === protocol) return;
  sessionStorage.setItem(key, protocol);
  location.reload();
}
