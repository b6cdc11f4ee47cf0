/** Offer of a live run: its trials, pictures and motion as channels. */
import { randomUUID } from 'node:crypto';
import { topDownGrasp } from '../../sim/grasp.ts';
import { palmHalf } from '../../sim/hand/geometry.ts';
import type { Mesh } from '../../sim/objects/mesh.ts';
import type { Episode } from '../../sim/recording/episode.ts';
import { GRIPPER_BODIES } from '../../sim/recording/episode.ts';
import { RECENT_TRIALS, TOPICS, type Topic, timestamp, VIEW_TOPICS } from '../../sim/recording/format.ts';
import type { RunInfo, RunResult } from '../../sim/recording/live-view.ts';
import type { TrialSummary } from '../../sim/recording/marks.ts';
import type { RaceInfo } from '../../sim/recording/race.ts';
import type { Fields } from '../../sim/recording/read/decode.ts';
import type { RunSteering, SteeringState } from '../../sim/recording/steering.ts';
import {
  choiceFields,
  gripperState,
  logLine,
  metrics,
  restingTransforms,
  sentence,
  transformsAt,
  viewFields,
} from '../../sim/recording/write/messages.ts';
import { encodeScene, meshHash, sceneKey } from '../../sim/recording/write/scene.ts';
import { encodeMessage, schemaBytes } from '../../sim/recording/write/schemas.ts';
import { Playback } from '../playback.ts';
import {
  EPISODE_SCHEMA,
  EPISODE_TOPIC,
  type EpisodeInfo,
  PROTOCOL_VERSION,
  RACE_PARAMETER,
  RESULT_PARAMETER,
  RUN_PARAMETER,
  STEERING_PARAMETER,
} from './additions.ts';
import { geometryService } from './geometry.ts';
import type { Channel } from './protocol.ts';
import type { Message, Offer, Source } from './sources.ts';
import { steeringService } from './steering.ts';

/** Clients are brought up to date about this often, times a second. */
const STREAM_HZ = 30;
/** More frames than any episode has: positions of the stream are play * this + frame. */
const PLAY = 2 ** 20;

/** Topics of which the newest message counts, in the order in which they are sent. */
const STATES = ['/scene', '/tf_static', ...VIEW_TOPICS, '/affordance', '/affordance/angle', '/grasp'] as const;
type StateTopic = (typeof STATES)[number];

/** Nanoseconds since 1970 on a clock that never goes back. */
const nowNs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1e6);
const seconds = (ns: number): number => ns / 1e9;

/**
 * A run as it happens: keeps what there is to say about it, and offers it to clients. Nothing is encoded before somebody
 * wants it, and then once for all.
 */
export class RunOffer {
  readonly playback: Playback;
  readonly offer: Offer;
  readonly #trials: TrialSummary[] = [];
  /** [trials] when each ended, ns, and how many had been held by then. */
  readonly #ended: number[] = [];
  readonly #held: number[] = [];
  readonly #encoded = new Map<string, { readonly version: number; readonly message: Message }>();
  #parameters = { version: 1, run: null as RunInfo | null, result: null as RunResult | null };
  #steering: RunSteering | undefined;
  /** As it was told last; null once the training is over. */
  #steeringState: SteeringState | null | undefined;
  /** The race that the run is part of, if it is. */
  #race: RaceInfo | undefined;
  /** What the current episode is, told apart from the one before: hashes of its meshes, and versions of what was seen. */
  #shown: Shown | undefined;

  /** @param steady as of `Playback`. */
  constructor(steady = false) {
    this.playback = new Playback(steady);
    const offer = this;
    this.offer = {
      name: 'graft',
      metadata: { protocol: String(PROTOCOL_VERSION), session: randomUUID() },
      sources: this.#sources(),
      services: [geometryService((hash) => this.#mesh(hash)), steeringService(() => this.#steering)],
      parameters: {
        get version() {
          return offer.#parameters.version;
        },
        list: () => [
          { name: RUN_PARAMETER, value: this.#parameters.run },
          { name: RESULT_PARAMETER, value: this.#parameters.result },
          ...(this.#steeringState === undefined ? [] : [{ name: STEERING_PARAMETER, value: this.#steeringState }]),
          ...(this.#race ? [{ name: RACE_PARAMETER, value: this.#race }] : []),
        ],
      },
      now: () => BigInt(nowNs()),
      untilNews: () => 1000 * this.playback.untilFrame(seconds(nowNs()), 1 / STREAM_HZ),
    };
  }

  setRun(run: RunInfo): void {
    this.#parameters = { ...this.#parameters, version: this.#parameters.version + 1, run };
  }

  setResult(result: RunResult): void {
    this.#parameters = { ...this.#parameters, version: this.#parameters.version + 1, result };
  }

  setRace(race: RaceInfo): void {
    this.#race = race;
    this.#parameters = { ...this.#parameters, version: this.#parameters.version + 1 };
  }

  /** Lets those who may steer the run; undefined: no longer. */
  offerSteering(steering: RunSteering | undefined): void {
    this.#steering = steering;
    const state = steering?.state ?? null;
    if (JSON.stringify(state) === JSON.stringify(this.#steeringState)) return;
    this.#steeringState = state;
    this.#parameters = { ...this.#parameters, version: this.#parameters.version + 1 };
  }

  addTrial(summary: TrialSummary): void {
    this.#trials.push(summary);
    this.#ended.push(nowNs());
    this.#held.push((this.#held.at(-1) ?? 0) + (summary.outcome === 'held' ? 1 : 0));
  }

  /** @throws RangeError if its arrays do not fit each other. */
  addEpisode(episode: Episode): void {
    this.playback.add(episode, seconds(nowNs()));
  }

  /** Whether recording a trial now is worth it. */
  wantsEpisode(watched: boolean): boolean {
    return this.playback.wants(seconds(nowNs()), watched);
  }

  #sources(): Source[] {
    let id = 0;
    const own = (topic: Topic): Channel => ({
      ...{ id: ++id, topic, encoding: 'protobuf', schemaName: TOPICS[topic], schemaEncoding: 'protobuf' },
      schema: Buffer.from(schemaBytes(TOPICS[topic])).toString('base64'),
    });
    const episode: Source = {
      channel: {
        ...{ id: ++id, topic: EPISODE_TOPIC, encoding: 'json', schemaName: 'graft.Episode' },
        ...{ schema: JSON.stringify(EPISODE_SCHEMA), schemaEncoding: 'jsonschema' },
      },
      feed: { kind: 'state', version: () => this.#now().play, message: () => this.#episodeMessage() },
    };
    const states = STATES.map(
      (topic): Source => ({
        channel: own(topic),
        feed: { kind: 'state', version: () => this.#version(topic), message: () => this.#stateMessage(topic) },
      }),
    );
    const log = (topic: Topic, fields: (i: number) => Fields): Source => ({
      channel: own(topic),
      feed: {
        kind: 'log',
        length: () => this.#trials.length,
        message: (i) => this.#logMessage(topic, i, fields),
      },
    });
    const stream = (topic: Topic, fields: (at: Shown, from: number, to: number, time: number) => Fields): Source => ({
      channel: own(topic),
      feed: {
        kind: 'stream',
        position: () => this.#now().position,
        message: (from) => this.#streamMessage(topic, from, fields),
      },
    });
    return [
      episode,
      ...states,
      log('/trial', (i) => this.#trialFields(i)),
      log('/metrics', (i) => this.#metricsFields(i)),
      log('/log', (i) => logLine(sentence(this.#trials[i].families, this.#trials[i], this.#trials[i].probability))),
      // the phase before the poses that belong to it
      stream('/gripper', ({ episode: e }, _, to) => gripperState(e, to)),
      stream('/tf', ({ episode: e }, from, to, time) => ({
        transforms: transformsAt(e, to, changedBodies(e, from, to), time),
      })),
    ];
  }

  /** Brings the playback up to now. */
  #now(): { readonly play: number; readonly position: number } {
    const frame = this.playback.frame(seconds(nowNs()));
    const { current } = this.playback;
    if (!current) return { play: 0, position: -1 };
    if (this.#shown?.number !== current.number)
      this.#shown = nextShown(this.#shown, current.episode, current.number, current.start);
    return { play: current.play, position: current.play * PLAY + frame };
  }

  #version(topic: StateTopic): number {
    this.#now();
    if (!this.#shown) return 0;
    const { episode, number, view, scene } = this.#shown;
    if (topic === '/scene') return scene;
    if (topic === '/affordance') return episode.affordance ? number : 0;
    if (topic === '/affordance/angle') return episode.affordanceAtAngle ? number : 0;
    if (topic === '/camera/depth') return episode.depth ? view : 0;
    if (topic === '/camera/calibration') return episode.camera ? number : 0;
    return topic === '/camera/colour' || topic === '/heightmap' ? view : number;
  }

  #stateMessage(topic: StateTopic): Message {
    const version = this.#version(topic);
    const known = this.#encoded.get(topic);
    if (known?.version === version) return known.message;
    const { episode, start } = this.#shown!;
    const time = Math.round(start * 1e9);
    const message =
      topic === '/scene'
        ? { time: BigInt(time), payload: encodeScene(episode, time) }
        : this.#message(topic, time, stateFields(topic, episode, time));
    this.#encoded.set(topic, { version, message });
    return message;
  }

  #episodeMessage(): Message {
    const { play, start } = this.playback.current!;
    const info = infoOf(this.#shown!, play);
    return { time: BigInt(Math.round(start * 1e9)), payload: Buffer.from(JSON.stringify(info)) };
  }

  /** Most clients want the newest at the same time. */
  #logMessage(topic: Topic, i: number, fields: (i: number) => Fields): Message {
    const known = this.#encoded.get(topic);
    if (known?.version === i) return known.message;
    const message = this.#message(topic, this.#ended[i], fields(i));
    this.#encoded.set(topic, { version: i, message });
    return message;
  }

  #streamMessage(
    topic: Topic,
    from: number,
    fields: (at: Shown, from: number, to: number, time: number) => Fields,
  ): Message {
    const { play, position } = this.#now();
    const before = Math.floor(from / PLAY) === play ? from % PLAY : -1;
    const key = `${topic} ${before}`;
    const known = this.#encoded.get(key);
    if (known?.version === position) return known.message;
    const frame = position % PLAY;
    const time = Math.round((this.playback.current!.start + frame / this.#shown!.episode.hz) * 1e9);
    const message = this.#message(topic, time, fields(this.#shown!, before, frame, time));
    // as many as there are clients that lag differently
    if (this.#encoded.size > 200) this.#encoded.clear();
    this.#encoded.set(key, { version: position, message });
    return message;
  }

  #message(topic: Topic, time: number, fields: Fields): Message {
    return {
      time: BigInt(time),
      payload: encodeMessage(TOPICS[topic], { timestamp: timestamp(time), ...fields }),
    };
  }

  #mesh(hash: string): Mesh | undefined {
    const shown = this.#shown;
    return shown?.episode.objects[shown.hashes.indexOf(hash)]?.mesh;
  }

  #trialFields(i: number): Fields {
    const { trial, split, families, outcome, probability } = this.#trials[i];
    return {
      ...{ trial, split, policy: this.#parameters.run?.arm ?? '', families, outcome, held: outcome === 'held' },
      ...(probability !== null && { probability }),
    };
  }

  #metricsFields(i: number): Fields {
    const recent = Math.min(i + 1, RECENT_TRIALS);
    const recentHeld = this.#held[i] - (this.#held[i - RECENT_TRIALS] ?? 0);
    return metrics({ trials: i + 1, held: this.#held[i], recentRate: recentHeld / recent, dropped: 0 });
  }
}

/** The episode that plays, with all that is needed to tell whether its messages differ from those before. */
interface Shown {
  readonly episode: Episode;
  readonly number: number;
  /** When it was first played, seconds. */
  readonly start: number;
  readonly hashes: readonly string[];
  readonly key: string;
  /** Numbers of the episodes that first had this scene, and this view. */
  readonly scene: number;
  readonly view: number;
}

function nextShown(before: Shown | undefined, episode: Episode, number: number, start: number): Shown {
  const key = sceneKey(episode);
  const hashes = episode.objects.map(({ mesh }) => meshHash(mesh));
  const scene = before && before.key === key ? before.scene : number;
  const view = before && sameView(before.episode, episode) ? before.view : number;
  return { episode, number, start, hashes, key, scene, view };
}

/** Whether the policy saw the same. */
const sameView = (a: Episode, b: Episode): boolean =>
  a.depth?.length === b.depth?.length &&
  Buffer.compare(a.image.rgb, b.image.rgb) === 0 &&
  a.heightmap.height.every((h, i) => h === b.heightmap.height[i]);

function infoOf({ episode, number, hashes }: Shown, play: number): EpisodeInfo {
  const { trial, split, policy, gripper, hz, phases, grasp, outcome, camera, depth, affordance } = episode;
  const objects = episode.objects.map(({ colour, family }, i) => ({ geometry: hashes[i], colour, family }));
  return {
    ...{ episode: number, play, trial, split, policy, objects, gripper, palmHalf: palmHalf(gripper) },
    ...{ hz, frames: phases.length, grasp, outcome, hasDepth: depth !== undefined, hasAffordance: affordance !== null },
    ...(camera && { camera }),
  };
}

function stateFields(topic: StateTopic, episode: Episode, time: number): Fields {
  if (topic === '/tf_static') return { transforms: restingTransforms(episode, episode.camera, time) };
  const { position, yaw, opening } = episode.grasp;
  const choice = choiceFields(episode, topDownGrasp(position, yaw, opening).pose);
  return choice[topic] ?? viewFields(episode, episode.camera)[topic]!;
}

/** Bodies that are elsewhere in one frame than in another; all if there is no other. The palm always counts. */
function changedBodies({ poses, objects }: Episode, from: number, to: number): number[] {
  const bodies = GRIPPER_BODIES + objects.length;
  const changed = (body: number): boolean => {
    const [a, b] = [(from * bodies + body) * 7, (to * bodies + body) * 7];
    for (let k = 0; k < 7; k++) if (poses[a + k] !== poses[b + k]) return true;
    return false;
  };
  return Array.from({ length: bodies }, (_, i) => i).filter((i) => i === 0 || from < 0 || changed(i));
}
