/** Wishes: what is asked for is done one after the other. */

interface Wish {
  readonly kind: string;
  act: () => Promise<void>;
  readonly done: Promise<void>;
}

/** Does one thing at a time, in order; a wish takes the place of one like it that waits as the last. */
export class Wishes {
  readonly #waiting: Wish[] = [];
  #last: Promise<void> = Promise.resolve();
  #open = 0;

  /** Whether anything is done or waits. */
  get busy(): boolean {
    return this.#open > 0;
  }

  /**
   * Does something once all that was asked for before is done.
   *
   * It must not wait for a wish itself, and must not throw.
   * @param kind tells what is alike; the empty string is like nothing.
   * @returns once it is done, or a newer one in its place.
   */
  do(kind: string, act: () => Promise<void>): Promise<void> {
    const before = this.#waiting.at(-1);
    if (before && kind && before.kind === kind) {
      before.act = act;
      return before.done;
    }
    const done = this.#last.then(async () => {
      await this.#waiting.shift()!.act();
      this.#open--;
    });
    this.#waiting.push({ kind, act, done });
    this.#last = done;
    this.#open++;
    return done;
  }
}
