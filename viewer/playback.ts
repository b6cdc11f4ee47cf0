/** Playback of a live run: which episode plays, and which frame is due. */
import { type Episode, GRIPPER_BODIES } from '../sim/recording/episode.ts';

/** The last frame is held this long before the next episode starts, seconds: time to read the outcome. */
const HOLD_SECONDS = 0.7;
/** A new episode is wanted this long before the current one ends, seconds: time for a trial to be run. */
const LEAD_SECONDS = 0.8;
/** An episode while it plays. */
interface Playing {
  readonly episode: Episode;
  /** Number of the episode, from 1. */
  readonly number: number;
  /** Number of the play, from 1: an episode may play several times. */
  readonly play: number;
  /** When it began, seconds. */
  readonly start: number;
}

/**
 * Plays the newest episode in real time, over and over until there is a newer one. Knows no clock: every call takes the
 * time in seconds, which must not decrease.
 */
export class Playback {
  readonly #steady: boolean;
  #current: Playing | undefined;
  #waiting: Episode | undefined;

  /** @param steady one play follows the other without a gap, looked at or not: what began together stays together. */
  constructor(steady = false) {
    this.#steady = steady;
  }

  /** What plays. */
  get current(): Playing | undefined {
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
    this.advance(now);
  }

  /** Whether an episode handed over soon would be shown soon. */
  wants(now: number, watched: boolean): boolean {
    if (!this.#current) return true;
    return watched && !this.#waiting && now > this.#end(this.#current) - LEAD_SECONDS;
  }

  /** The frame to show at this moment; -1 if there is nothing to play. */
  frame(now: number): number {
    this.advance(now);
    if (!this.#current) return -1;
    const { episode, start } = this.#current;
    return Math.min(Math.max(Math.floor((now - start) * episode.hz), 0), episode.phases.length - 1);
  }

  /** Seconds from now to the beginning of a frame, the one that begins nearest to `wait` from now; never less than half of that. */
  untilFrame(now: number, wait: number): number {
    if (!this.#current) return wait;
    const { episode, start } = this.#current;
    const next = start + Math.round((now + wait - start) * episode.hz) / episode.hz;
    return Math.max(next - now, wait / 2);
  }

  /** Starts the next episode, or the same one again, if it is time. */
  advance(now: number): void {
    const before = this.#current;
    if (before && now < this.#end(before)) return;
    const episode = this.#waiting ?? before?.episode;
    if (!episode) return;
    const number = (before?.number ?? 0) + (this.#waiting ? 1 : 0);
    this.#waiting = undefined;
    // plays that nobody looked at have been none, unless others play along
    const since = before && this.#steady ? this.#end(before) : now;
    const missed = Math.floor((now - since) / lengthOf(episode));
    const start = since + missed * lengthOf(episode);
    this.#current = { episode, number, play: (before?.play ?? 0) + 1 + missed, start };
  }

  #end({ start, episode }: Playing): number {
    return start + lengthOf(episode);
  }
}

/** Seconds of a play. */
const lengthOf = ({ phases, hz }: Episode): number => phases.length / hz + HOLD_SECONDS;

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
  if (e.affordanceAtAngle) expect('affordances at the angle', cells, e.affordanceAtAngle.length);
}
