import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { SceneJob, TrialOutput } from './job.ts';
import type { ObjectLibrary } from './object-library.ts';

/** Worker threads that run scene jobs. Results come back in the order of the jobs, whichever worker ran them. */
export interface TrialPool {
  readonly workers: number;
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
    run: (jobs) => Promise.all(jobs.map((job) => pool.run(job) as Promise<TrialOutput[]>)),
    close: () => pool.destroy(),
  };
}
