/** Fair queue: whoever asks much waits behind those who ask little. */
import { HttpError } from './http-error.ts';

interface Waiting {
  readonly start: () => void;
}

/** Tasks of all clients that may wait. */
const ALL_WAITING_MAX = 64;

/** Runs so many tasks at once, and takes the clients that wait in turn. */
export class FairQueue {
  readonly #slots: number;
  readonly #waitingMax: number;
  /** Clients that wait, the next one first. */
  readonly #clients = new Map<string, Waiting[]>();
  #running = 0;

  /**
   * @param slots      tasks at once.
   * @param waitingMax tasks of one client that may wait.
   */
  constructor(slots: number, waitingMax: number) {
    this.#slots = slots;
    this.#waitingMax = waitingMax;
  }

  /** Tasks that run or wait. */
  get length(): number {
    return this.#running + [...this.#clients.values()].reduce((n, tasks) => n + tasks.length, 0);
  }

  /**
   * Runs a task in its client's turn.
   * @param signal of whoever waits for it: aborted, the task is not begun.
   * @throws HttpError with status 429 if too many of the client's wait; whatever the task throws.
   */
  async run<T>(client: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(client, signal);
    try {
      signal.throwIfAborted();
      return await task();
    } finally {
      this.#running--;
      this.#next();
    }
  }

  #turn(client: string, signal: AbortSignal): Promise<void> {
    const tasks = this.#clients.get(client) ?? [];
    if (this.length - this.#running >= ALL_WAITING_MAX)
      throw new HttpError(503, `requests: expected at most ${ALL_WAITING_MAX} that wait, got one more`, 1);
    if (tasks.length >= this.#waitingMax)
      throw new HttpError(429, `requests: expected at most ${this.#waitingMax} that wait, got one more`, 1);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        tasks.splice(tasks.indexOf(waiting), 1);
        if (tasks.length === 0) this.#clients.delete(client);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      tasks.push(waiting);
      this.#clients.set(client, tasks);
      signal.addEventListener('abort', leave, { once: true });
      this.#next();
    });
  }

  #next(): void {
    if (this.#running >= this.#slots) return;
    const [first] = this.#clients;
    if (!first) return;
    const [client, tasks] = first;
    const task = tasks.shift();
    // to the end of the round, if there is more
    this.#clients.delete(client);
    if (tasks.length > 0) this.#clients.set(client, tasks);
    this.#running++;
    task?.start();
  }
}
