/** Byte budget: what all requests together may hold in memory. */
import { HttpError } from './http-error.ts';

/** A number of bytes that is lent. */
export class ByteBudget {
  readonly #max: number;
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Does what needs so many bytes at most.
   * @throws HttpError with status 503 if there are not as many left; whatever the work throws.
   */
  async holding<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.#held + bytes > this.#max)
      throw new HttpError(503, `memory: expected ${bytes} bytes that are free, got ${this.#max - this.#held}`, 1);
    this.#held += bytes;
    try {
      return await work();
    } finally {
      this.#held -= bytes;
    }
  }
}
