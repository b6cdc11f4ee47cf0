/** Threads: one way to start worker threads, and what goes between them. */
import { fileURLToPath } from 'node:url';
import { Piscina, workerData } from 'piscina';
import { SceneError } from '../../sim/scene.ts';
import { UserError } from '../../sim/user-error.ts';
import { ExternalError } from '../external/error.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import { InputError } from '../parse/parse.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import { note } from '../terminal/notes.ts';
import { keepIdle, takeIdle } from './idle.ts';

/** Worker threads of one kind. Whoever starts them closes them. */
export interface Threads<Task, Result> {
  /**
   * Has the next free thread do a task.
   * @throws what the task threw, of the classes that {@link TOLD} names; a plain Error for anything else.
   */
  readonly run: (task: Task) => Promise<Result>;
  readonly close: () => Promise<void>;
}

/** Classes of errors that somebody reacts to: a class does not survive the way between threads. */
const TOLD = { SceneError, InputError, ExternalError, Interrupted } as const;

/** What a thread answers; an error of no class that is told comes as it was. */
type Answer<Result> =
  | { readonly result: Result }
  | { readonly error: keyof typeof TOLD; readonly message: string }
  | { readonly thrown: unknown };

/** How often a task is given to another thread after the one that had it died. */
const MORE_TRIES = 2;

/** What a thread is sent: a task, or that its pool is closed. */
type Message<Task> = { readonly task: Task } | 'closed';

/**
 * Starts threads that live until they are closed; or takes idle ones, with the same entry and environment.
 * @param entry   plain JavaScript that starts the thread; see {@link answering}.
 * @param library objects from files, copied once to each thread.
 */
export function startThreads<Task, Result>(
  entry: URL,
  threads: number,
  library: ObjectLibrary | undefined,
): Threads<Task, Result> {
  // a thread has the library and the environment of the time when it was started
  const kind = JSON.stringify([entry, threads, process.env]);
  const pool = (library ? undefined : takeIdle(kind)) ?? createThreads(entry, threads, library);
  let [used, running] = [false, 0];
  const ask = async <A>(message: Message<Task>): Promise<A> => {
    running++;
    try {
      return await pool.run(message);
    } finally {
      running--;
    }
  };
  /** Whether every thread has let go of what it had; idle threads take a message each. */
  const released = async (): Promise<boolean> => {
    const answers = await Promise.all(Array.from({ length: threads }, () => ask<boolean>('closed')));
    return answers.every(Boolean);
  };
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const idle = used && running === 0 && !library && (await released().catch(() => false));
    if (idle) keepIdle(kind, pool);
    else await pool.destroy();
  };
  return {
    run: async (task) => {
      used = true;
      const answer = await persist(
        () => ask<Answer<Result>>({ task }),
        () => closed !== undefined,
      );
      if ('thrown' in answer) throw answer.thrown;
      if ('error' in answer) throw new TOLD[answer.error](answer.message);
      return answer.result;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/**
 * Asks again when a thread has died with a task, out of memory for instance: another one has taken its place, and a task's
 * result does not depend on who does it.
 * @throws Error that says so if they keep dying.
 */
async function persist<A>(ask: () => Promise<A>, isClosed: () => boolean): Promise<A> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      // tasks tell their own errors, so this is the thread's end
      const why = (error as Error).message;
      if (isClosed()) throw error;
      if (tries >= MORE_TRIES)
        throw new WorkerError(`worker: expected a thread that finishes its task, got ${tries + 1} that died: ${why}`);
      note(`a worker thread died (${why}); another one does its task`);
    }
  }
}

/** Threads that keep dying with the same task. */
class WorkerError extends UserError {
  override readonly exitCode = 1;
}

const createThreads = (entry: URL, threads: number, library: ObjectLibrary | undefined): Piscina =>
  new Piscina({
    filename: fileURLToPath(entry),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: library,
  });

/**
 * What a thread's module exports: a task done, and told in a way that {@link startThreads} understands.
 * @param release lets go of all that tasks have left behind; whether the thread is then as if it had just been started, so that
 *   another pool may have it. Without it, the thread ends with its pool.
 */
export const answering =
  <Task, Result>(run: (task: Task) => Promise<Result>, release: () => Promise<boolean> = async () => false) =>
  async (message: Message<Task>): Promise<Answer<Result> | boolean> => {
    if (message === 'closed') return release();
    try {
      return { result: await run(message.task) };
    } catch (error) {
      const name = Object.keys(TOLD).find((key) => error instanceof TOLD[key as keyof typeof TOLD]);
      return name ? { error: name as keyof typeof TOLD, message: (error as Error).message } : { thrown: error };
    }
  };

/** The objects from files that this thread was started with. */
export const threadLibrary = (): ObjectLibrary | undefined => (workerData as ObjectLibrary | null) ?? undefined;
