import type { Contact } from './messages.ts';

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

/** Poses are shown this much after they would be without a buffer, seconds: it hides uneven arrival. */
const DELAY = 0.06;
/** The estimated clock offset may grow by this much a message, seconds: it follows a server that stalls. */
const OFFSET_LEAK = 0.0004;

/** Turns poses that arrive unevenly into smooth motion: keeps a short buffer and interpolates between its entries. */
export class PoseBuffer {
  #queue: PosesMessage[] = [];
  #offset = 0;
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
    this.#queue.push(message);
    if (this.#queue.length > 240) this.#queue.shift();
  }

  clear(): void {
    this.#queue = [];
  }

  sample(now: number): Sample | undefined {
    const queue = this.#queue;
    if (queue.length === 0) return undefined;
    const time = now - this.#offset - DELAY;
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
