/** Interpolation of poses: smooth motion from messages that arrive unevenly. */
import type { Contact } from '../../../sim/recording/read/motion.ts';

/** Where everything is at one moment of an episode. */
export interface PosesMessage {
  readonly episode: number;
  readonly frame: number;
  /** Seconds since the start of the episode. */
  readonly time: number;
  /** Index into PHASES. */
  readonly phase: number;
  /** [bodies, 7]: x y z qx qy qz qw. */
  readonly poses: Float32Array;
  readonly contacts?: readonly Contact[];
}

/** What to draw at one instant. */
export interface Sample {
  readonly episode: number;
  readonly frame: number;
  readonly phase: number;
  /** Seconds since the start of the playback. */
  readonly time: number;
  /** [bodies, 7]; reused by the next call. */
  readonly poses: Float32Array;
  readonly contacts: readonly Contact[];
}

/**
 * Poses are shown a while after they came at best, so that the next one is there in time: as long as would have been enough
 * for all but the latest few of the last ones. Seconds; the delay changes by at most a step with every message.
 */
const DELAY = { first: 0.04, most: 0.15, step: 0.002, window: 60, late: 3 } as const;
/** The estimated clock offset may grow by this much a message, seconds: it follows a server that stalls. */
const OFFSET_LEAK = 0.0004;

/** Turns poses that arrive unevenly into smooth motion: keeps a short buffer and interpolates between its entries. */
export class PoseBuffer {
  #queue: PosesMessage[] = [];
  #offset = 0;
  #delay: number = DELAY.first;
  /** What would have been enough for each of the last poses, seconds. */
  #enough: number[] = [];
  #out = new Float32Array(0);

  /** @param arrival seconds on the clock that is given to {@link sample}. */
  push(message: PosesMessage, arrival: number): void {
    const last = this.#queue.at(-1);
    const lag = arrival - message.time;
    if (!last || last.episode !== message.episode || message.time < last.time) {
      this.#queue = [message];
      this.#offset = lag;
      return;
    }
    this.#offset = Math.min(this.#offset + OFFSET_LEAK, lag);
    // on the way from the last pose to this one, it should have been there
    this.#wait(message.time - last.time + lag - this.#offset);
    this.#queue.push(message);
    if (this.#queue.length > 240) this.#queue.shift();
  }

  #wait(enough: number): void {
    this.#enough.push(enough);
    if (this.#enough.length > DELAY.window) this.#enough.shift();
    const sorted = this.#enough.toSorted((a, b) => b - a);
    const wanted = Math.min(sorted[Math.min(DELAY.late, sorted.length - 1)], DELAY.most);
    this.#delay += Math.min(Math.max(wanted - this.#delay, -DELAY.step), DELAY.step);
  }

  clear(): void {
    this.#queue = [];
  }

  sample(now: number): Sample | undefined {
    return this.at(this.due(now) ?? 0);
  }

  /** The moment that is to be shown now, seconds since the start of the playback; undefined if there are no poses. */
  due(now: number): number | undefined {
    return this.#queue.length === 0 ? undefined : now - this.#offset - this.#delay;
  }

  /** A moment, or the nearest that is still there; moments are asked for in their order. @param time as of {@link due}. */
  at(time: number): Sample | undefined {
    const queue = this.#queue;
    if (queue.length === 0) return undefined;
    while (queue.length > 1 && queue[1].time <= time) queue.shift();
    const [a, b] = [queue[0], queue[1] ?? queue[0]];
    const t = b.time > a.time ? Math.min(Math.max((time - a.time) / (b.time - a.time), 0), 1) : 0;
    if (this.#out.length !== a.poses.length) this.#out = new Float32Array(a.poses.length);
    mixPoses(a.poses, b.poses, t, this.#out);
    const { episode, frame, phase, contacts = [] } = a;
    return { episode, frame, phase, contacts, time: a.time + t * (b.time - a.time), poses: this.#out };
  }
}

/** Linear in position; in orientation along the shorter chord, normalised. Layout [bodies, 7]. */
export function mixPoses(a: Float32Array, b: Float32Array, t: number, out: Float32Array): void {
  for (let i = 0; i < a.length; i += 7) {
    for (let k = 0; k < 3; k++) out[i + k] = a[i + k] + t * (b[i + k] - a[i + k]);
    let along = 0;
    for (let k = 3; k < 7; k++) along += a[i + k] * b[i + k];
    const sign = along < 0 ? -1 : 1;
    let square = 0;
    for (let k = 3; k < 7; k++) {
      out[i + k] = a[i + k] + t * (sign * b[i + k] - a[i + k]);
      square += out[i + k] ** 2;
    }
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = 3; k < 7; k++) out[i + k] *= scale;
  }
}
