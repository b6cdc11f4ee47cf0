/** Connection to an external policy: what a program and a socket have in common. */

/** Largest message of an external policy, bytes. */
export const ANSWER_MAX_BYTES = 262_144;

/** What a connection tells: a message, one too long to be kept, or that there will be no more. */
export interface Listener {
  readonly message: (text: string) => void;
  readonly tooLong: () => void;
  readonly ended: (why: string) => void;
}

/** A way to an external policy. */
export interface Connection {
  readonly send: (text: string) => void;
  /** Asks it to end, and ends it if it does not. */
  readonly close: () => void;
}
