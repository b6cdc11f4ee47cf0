/** Source pool: threads that draw source scenes, and help with gradients while they are free. */
import type { PartOfStep, PartResult } from '../../../agent/pretrain/pretrain.ts';
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import { startThreads } from '../../workers/threads.ts';
import type { SourceJob } from './source-job.ts';
import type { SourceTask } from './source-worker.ts';

/** Worker threads of a pretraining. What they make does not depend on their number. */
export interface SourcePool {
  readonly workers: number;
  /** Scenes, in the order of the jobs. @throws SceneError if no scene fits. */
  run(jobs: readonly SourceJob[]): Promise<SourceScene[]>;
  /** Gradients of a part of a step; undefined while every thread has something to do. */
  gradients(part: PartOfStep): Promise<PartResult> | undefined;
  close(): Promise<void>;
}

/** @param workers number of threads, at least 1. The results do not depend on it. */
export function createSourcePool(workers: number): SourcePool {
  const entry = new URL('./source-entry.js', import.meta.url);
  const threads = startThreads<SourceTask, SourceScene[] | PartResult>(entry, workers, undefined);
  let busy = 0;
  const run = async <Result>(task: SourceTask): Promise<Result> => {
    busy++;
    try {
      return (await threads.run(task)) as Result;
    } finally {
      busy--;
    }
  };
  return {
    workers,
    run: async (jobs) => (await Promise.all(jobs.map((job) => run<SourceScene[]>(job)))).flat(),
    gradients: (part) => (busy < workers ? run<PartResult>(part) : undefined),
    close: threads.close,
  };
}
