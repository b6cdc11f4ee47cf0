/** Pool: worker threads that run scene jobs. */
import type { ObjectLibrary } from '../objects/library.ts';
import type { SceneJob, TrialOutput } from '../trials/job.ts';
import { defaultWorkers } from './count.ts';
import { startThreads } from './threads.ts';

/** Worker threads that run scene jobs. Results come back in the order of the jobs, whichever worker ran them. */
export interface TrialPool {
  readonly workers: number;
  /** Other machines run the jobs: outputs may come at once, however many there are. */
  readonly elsewhere?: boolean;
  /** @throws SceneError if the scenario's settings fit no scene. */
  run(jobs: readonly SceneJob[]): Promise<TrialOutput[][]>;
  close(): Promise<void>;
}

/**
 * @param workers number of threads, at least 1. The results do not depend on it.
 * @param library objects from files, copied once to each worker.
 */
export function createPool(workers = defaultWorkers(), library?: ObjectLibrary): TrialPool {
  const entry = new URL('./worker-entry.js', import.meta.url);
  const threads = startThreads<SceneJob, TrialOutput[]>(entry, workers, library);
  return { workers, run: (jobs) => Promise.all(jobs.map(threads.run)), close: threads.close };
}
