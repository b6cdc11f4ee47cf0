/** HTTP error: a request that is not answered with grasps. */

/** Why a request is refused: status and one sentence, `what: expected X, got Y`. */
export class HttpError extends Error {
  readonly status: number;
  /** Seconds after which it is worth asking again. */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}
