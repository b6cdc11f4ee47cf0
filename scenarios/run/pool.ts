/** Pool: worker threads that run jobs. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { SourceScene } from '../../agent/pretrain/source-data.ts';
import { SceneError } from '../../sim/scene.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { SceneJob, TrialOutput } from '../trials/job.ts';
import type { SourceJob } from '../trials/source-job.ts';
import type { Answer } from './worker.ts';
import { defaultWorkers } from './workers.ts';

/** Worker threads that run scene jobs. Results come back in the order of the jobs, whichever worker ran them. */
export interface TrialPool {
  readonly workers: number;
  /** @throws SceneError if the scenario's settings fit no scene. */
  run(jobs: readonly SceneJob[]): Promise<TrialOutput[][]>;
  close(): Promise<void>;
}

/** The same, drawing scenes for pretraining as well. */
export interface SourcePool extends TrialPool {
  source(jobs: readonly SourceJob[]): Promise<SourceScene[]>;
}

/**
 * @param workers number of threads, at least 1. The results do not depend on it.
 * @param library objects from files, copied once to each worker.
 */
export function createPool(workers = defaultWorkers(), library?: ObjectLibrary): SourcePool {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./worker-entry.js', import.meta.url)),
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: library,
  });
  const ask = async <T extends object>(task: object): Promise<T> => {
    const answer: Answer<T> = await pool.run(task);
    if ('noScene' in answer) throw new SceneError(answer.noScene);
    return answer;
  };
  return {
    workers,
    run: (jobs) => Promise.all(jobs.map((scene) => ask<TrialOutput[]>({ scene }))),
    source: async (jobs) => (await Promise.all(jobs.map((source) => ask<SourceScene[]>({ source })))).flat(),
    close: () => pool.destroy(),
  };
}
