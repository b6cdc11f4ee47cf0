/** What the player needs to know of what it goes through, one after another. */
export interface Clip {
  /** Seconds. */
  readonly duration: number;
  /** Whether jumping stops at it: as a rule, a failure. */
  readonly stop: boolean;
}

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20] as const;

/** Seconds for which the end of a trial is shown before the next begins: time to read the outcome. */
const HOLD = 0.7;

/**
 * Where a recording is being looked at, and how it moves on. Knows no clock, no file and no page.
 */
export class Player {
  #trials: readonly Clip[] = [];
  #index = 0;
  #time = 0;
  #held = 0;
  playing = true;
  speed = 1;
  /** Play the same trial over and over. */
  loop = false;

  /** More may be known later; where it is stays. */
  setTrials(trials: readonly Clip[]): void {
    this.#trials = trials;
  }

  get count(): number {
    return this.#trials.length;
  }

  get index(): number {
    return this.#index;
  }

  /** Seconds since the start of the trial. */
  get time(): number {
    return this.#time;
  }

  get duration(): number {
    return this.#trials[this.#index]?.duration ?? 0;
  }

  /** Moves on by some seconds of real time. */
  tick(seconds: number): void {
    if (!this.playing || this.count === 0) return;
    const ahead = this.#time + seconds * this.speed;
    if (ahead < this.duration) {
      this.#time = ahead;
      return;
    }
    this.#held += this.#time < this.duration ? (ahead - this.duration) / this.speed : seconds;
    this.#time = this.duration;
    if (this.#held < HOLD / Math.max(this.speed, 1)) return;
    if (this.loop) this.seek(this.#index, 0);
    else if (this.#index + 1 < this.count) this.seek(this.#index + 1, 0);
    else this.playing = false;
  }

  /** Goes to a moment; both numbers are brought into their range. */
  seek(index: number, time = 0): void {
    this.#index = Math.min(Math.max(Math.round(index), 0), Math.max(this.count - 1, 0));
    this.#time = Math.min(Math.max(time, 0), this.duration);
    this.#held = 0;
  }

  /** Goes some seconds on or back within the trial, and stops. */
  step(seconds: number): void {
    this.playing = false;
    this.seek(this.#index, this.#time + seconds);
  }

  /** Goes to another trial. */
  skip(by: number): void {
    this.seek(this.#index + by, 0);
  }

  /** Goes to the next stop in a direction. @returns false if there is none: then nothing changes. */
  skipToStop(direction: 1 | -1): boolean {
    for (let i = this.#index + direction; i >= 0 && i < this.count; i += direction) {
      if (!this.#trials[i].stop) continue;
      this.seek(i, 0);
      return true;
    }
    return false;
  }

  /** Plays or stops; at the very end it begins again. */
  toggle(): void {
    this.playing = !this.playing;
    const atEnd = this.#index === this.count - 1 && this.#time >= this.duration;
    if (this.playing && atEnd) this.seek(0, 0);
  }

  faster(by: 1 | -1): void {
    const at = SPEEDS.findIndex((s) => s >= this.speed);
    this.speed = SPEEDS[Math.min(Math.max(at + by, 0), SPEEDS.length - 1)];
  }
}

/** A moment as it stands in a link: trial, counted from 0 in the recording, and seconds, as `#t=12,3.45`. */
export const linkTo = (index: number, time: number): string => `#t=${index},${time.toFixed(2)}`;

/** Reads {@link linkTo}; undefined for anything else. */
export function parseLink(hash: string): { readonly index: number; readonly time: number } | undefined {
  const [, index, time] = /^#t=(\d{1,9})(?:,(\d{1,6}(?:\.\d{1,6})?))?$/.exec(hash) ?? [];
  return index === undefined ? undefined : { index: Number(index), time: Number(time ?? 0) };
}
