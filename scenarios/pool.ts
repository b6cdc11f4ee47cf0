import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { SceneError } from '../sim/scene.ts';
import type { SceneJob, TrialOutput } from './job.ts';
import type { ObjectLibrary } from './object-library.ts';
import type { Answer } from './worker.ts';

/** Worker threads that run scene jobs. Results come back in the order of the jobs, whichever worker ran them. */
export interface TrialPool {
  readonly workers: number;
  /** @throws SceneError if the scenario's settings fit no scene. */
  run(jobs: readonly SceneJob[]): Promise<TrialOutput[][]>;
  close(): Promise<void>;
}

export const defaultWorkers = (): number => availableParallelism();

/**
 * @param workers number of threads, at least 1. The results do not depend on it.
 * @param library objects from files, copied once to each worker.
 */
export function createPool(workers = defaultWorkers(), library?: ObjectLibrary): TrialPool {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./worker-entry.js', import.meta.url)),
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: library,
  });
  return {
    workers,
    run: (jobs) =>
      Promise.all(
        jobs.map(async (job) => {
          const answer: Answer = await pool.run(job);
          if ('noScene' in answer) throw new SceneError(answer.noScene);
          return answer;
        }),
      ),
    close: () => pool.destroy(),
  };
}
