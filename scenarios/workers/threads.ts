/** Threads: one way to start worker threads, and what goes between them. */
import { fileURLToPath } from 'node:url';
import { Piscina, workerData } from 'piscina';
import { SceneError } from '../../sim/scene.ts';
import { ExternalError } from '../external/error.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import { Interrupted } from '../terminal/interrupted.ts';

/** Worker threads of one kind. Whoever starts them closes them. */
export interface Threads<Task, Result> {
  /**
   * Has the next free thread do a task.
   * @throws SceneError if the settings fit no scene; ExternalError if an external policy broke; Interrupted if the task was.
   */
  readonly run: (task: Task) => Promise<Result>;
  readonly close: () => Promise<void>;
}

/** What a thread answers: a class of errors does not survive the way between threads. */
type Answer<Result> =
  | { readonly result: Result }
  | { readonly noScene: string }
  | { readonly interrupted: string }
  | { readonly external: string };

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
      if ('noScene' in answer) throw new SceneError(answer.noScene);
      if ('external' in answer) throw new ExternalError(answer.external);
      if ('interrupted' in answer) throw new Interrupted(answer.interrupted);
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
      if (error instanceof SceneError) return { noScene: error.message };
      if (error instanceof ExternalError) return { external: error.message };
      if (error instanceof Interrupted) return { interrupted: error.message };
      throw error;
    }
  };

/** The objects from files that this thread was started with. */
export const threadLibrary = (): ObjectLibrary | undefined => (workerData as ObjectLibrary | null) ?? undefined;
