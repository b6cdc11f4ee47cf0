/** Threads: one way to start worker threads, and what goes between them. */
import { fileURLToPath } from 'node:url';
import { Piscina, workerData } from 'piscina';
import { SceneError } from '../../sim/scene.ts';
import { ExternalError } from '../external/error.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import { InputError } from '../parse/parse.ts';
import { Interrupted } from '../terminal/interrupted.ts';

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

/** What a thread answers. */
type Answer<Result> = { readonly result: Result } | { readonly error: keyof typeof TOLD; readonly message: string };

/**
 * Starts threads that live until they are closed.
 * @param entry   plain JavaScript that starts the thread; see {@link answering}.
 * @param library objects from files, copied once to each thread.
 */
export function startThreads<Task, Result>(
  entry: URL,
  threads: number,
  library: ObjectLibrary | undefined,
): Threads<Task, Result> {
  const pool = new Piscina({
    filename: fileURLToPath(entry),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: library,
  });
  return {
    run: async (task) => {
      const answer: Answer<Result> = await pool.run(task);
      if ('error' in answer) throw new TOLD[answer.error](answer.message);
      return answer.result;
    },
    close: () => pool.destroy(),
  };
}

/** What a thread's module exports: a task done, and told in a way that {@link startThreads} understands. */
export const answering =
  <Task, Result>(run: (task: Task) => Promise<Result>) =>
  async (task: Task): Promise<Answer<Result>> => {
    try {
      return { result: await run(task) };
    } catch (error) {
      const name = Object.keys(TOLD).find((key) => error instanceof TOLD[key as keyof typeof TOLD]);
      if (name) return { error: name as keyof typeof TOLD, message: (error as Error).message };
      throw error;
    }
  };

/** The objects from files that this thread was started with. */
export const threadLibrary = (): ObjectLibrary | undefined => (workerData as ObjectLibrary | null) ?? undefined;
