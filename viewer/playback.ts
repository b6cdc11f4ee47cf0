import { createHash } from 'node:crypto';
import { palmHalf } from '../sim/gripper.ts';
import type { Mesh } from '../sim/mesh.ts';
import { type Episode, GRIPPER_BODIES } from './episode.ts';
import { type EpisodeInfo, encodeCamera, encodeGeometry, encodeMaps, encodePoses } from './protocol.ts';

/** The last frame is held this long before the next episode starts, seconds: time to read the outcome. */
const HOLD_SECONDS = 0.7;
/** A new episode is wanted this long before the current one ends, seconds: time for a trial to be run. */
const LEAD_SECONDS = 0.8;

/** An episode with its messages, encoded once for all clients. */
export interface EncodedEpisode {
  readonly info: EpisodeInfo;
  /** Geometry messages by id. */
  readonly geometry: ReadonlyMap<number, Uint8Array>;
  readonly camera: Uint8Array;
  readonly maps: Uint8Array;
  readonly poses: Float32Array;
  readonly phases: Uint8Array;
}

/**
 * Plays the newest episode in real time, over and over until there is a newer one. Knows no clock: every call takes the
 * time in seconds, which must not decrease.
 */
export class Playback {
  #current: EncodedEpisode | undefined;
  #waiting: Episode | undefined;
  #start = 0;
  #count = 0;
  /** Ids of the meshes of the current episode by content, so that an object seen twice in a row is sent once. */
  #ids = new Map<string, number>();
  #lastId = 0;

  /** The episode being played. */
  get current(): EncodedEpisode | undefined {
    return this.#current;
  }

  /**
   * Plays the episode next, dropping any that waits. One whose simulation diverged to infinity is left out.
   * @throws RangeError if its arrays do not fit each other.
   */
  add(episode: Episode, now: number): void {
    checkEpisode(episode);
    if (!episode.poses.every(Number.isFinite)) return;
    this.#waiting = episode;
    this.#advance(now);
  }

  /** Whether an episode handed over soon would be shown soon. */
  wants(now: number, watched: boolean): boolean {
    if (!this.#current) return true;
    return watched && !this.#waiting && now > this.#end() - LEAD_SECONDS;
  }

  /** The poses message for this moment; undefined if there is nothing to play. */
  poses(now: number): Uint8Array | undefined {
    this.#advance(now);
    const current = this.#current;
    if (!current) return undefined;
    const { info, poses, phases } = current;
    const time = Math.max(now - this.#start, 0);
    const frame = Math.min(Math.floor(time * info.hz), info.frames - 1);
    const stride = poses.length / info.frames;
    return encodePoses({
      episode: info.episode,
      frame,
      time,
      phase: phases[frame],
      poses: poses.subarray(frame * stride, (frame + 1) * stride),
    });
  }

  #end(): number {
    const { frames, hz } = this.#current!.info;
    return this.#start + frames / hz + HOLD_SECONDS;
  }

  #advance(now: number): void {
    if (this.#current && now < this.#end()) return;
    if (this.#waiting) {
      this.#current = this.#encode(this.#waiting);
      this.#waiting = undefined;
    }
    this.#start = now;
  }

  #encode(episode: Episode): EncodedEpisode {
    const ids = new Map<string, number>();
    const geometry = new Map<number, Uint8Array>();
    const objects = episode.objects.map(({ mesh, colour, family }) => {
      const key = contentOf(mesh);
      const id = ids.get(key) ?? this.#ids.get(key) ?? ++this.#lastId;
      ids.set(key, id);
      if (!geometry.has(id)) geometry.set(id, encodeGeometry(id, mesh));
      return { geometry: id, colour, family };
    });
    this.#ids = ids;
    const { trial, split, policy, gripper, hz, grasp, outcome, poses, phases } = episode;
    const number = ++this.#count;
    const info: EpisodeInfo = {
      ...{ episode: number, trial, split, policy, objects, gripper, palmHalf: palmHalf(gripper) },
      ...{ hz, frames: phases.length, grasp, outcome },
    };
    const camera = encodeCamera(number, episode.image, episode.depth);
    const maps = encodeMaps(number, episode.heightmap, episode.affordance);
    return { info, geometry, camera, maps, poses, phases };
  }
}

function contentOf({ positions, indices }: Mesh): string {
  const bytes = (a: Float32Array | Uint32Array): Uint8Array => new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  return createHash('sha256').update(bytes(positions)).update(bytes(indices)).digest('base64');
}

function checkEpisode(e: Episode): void {
  const expect = (what: string, expected: number, got: number | undefined): void => {
    if (got !== expected) throw new RangeError(`episode of trial ${e.trial}: expected ${expected} ${what}, got ${got}`);
  };
  if (e.phases.length === 0) throw new RangeError(`episode of trial ${e.trial}: expected at least one frame, got none`);
  if (!(e.hz > 0)) throw new RangeError(`episode of trial ${e.trial}: expected hz > 0, got ${e.hz}`);
  const pixels = e.image.width * e.image.height;
  const cells = e.heightmap.size ** 2;
  expect('numbers in poses', e.phases.length * (GRIPPER_BODIES + e.objects.length) * 7, e.poses.length);
  expect('bytes in image.rgb', pixels * 3, e.image.rgb.length);
  if (e.depth) expect('depths', pixels, e.depth.length);
  expect('heights', cells, e.heightmap.height.length);
  if (e.affordance) expect('affordances', cells, e.affordance.length);
}
