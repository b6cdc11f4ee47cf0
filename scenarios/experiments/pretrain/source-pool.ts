/** Source pool: threads that run source jobs. */
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import { startThreads } from '../../workers/threads.ts';
import type { SourceJob } from './source-job.ts';

/** Worker threads that draw scenes for pretraining. The scenes come back in the order of the jobs. */
export interface SourcePool {
  readonly workers: number;
  /** @throws SceneError if no scene fits. */
  run(jobs: readonly SourceJob[]): Promise<SourceScene[]>;
  close(): Promise<void>;
}

/** @param workers number of threads, at least 1. The results do not depend on it. */
export function createSourcePool(workers: number): SourcePool {
  const entry = new URL('./source-entry.js', import.meta.url);
  const threads = startThreads<SourceJob, SourceScene[]>(entry, workers, undefined);
  return {
    workers,
    run: async (jobs) => (await Promise.all(jobs.map(threads.run))).flat(),
    close: threads.close,
  };
}
