/** Worker: runs jobs in a thread. */
import { workerData } from 'piscina';
import { loadEngine } from '../../agent/engine/engine.ts';
import type { SourceScene } from '../../agent/pretrain/source-data.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { SceneError } from '../../sim/scene.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { SceneJob, TrialOutput } from '../trials/job.ts';
import { NODE_HOST } from '../trials/node-host.ts';
import { JobRunner } from '../trials/runner.ts';
import { runSourceJob, type SourceJob } from '../trials/source-job.ts';

/** Each worker thread holds one engine and one runner for its lifetime. */
const ready = (async () => {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const library = (workerData as ObjectLibrary | null | undefined) ?? undefined;
  return { engine, runner: new JobRunner(engine, NODE_HOST, library) };
})();

/** What a worker answers: a class of errors does not survive the way between threads. */
export type Answer<T> = T | { readonly noScene: string };

/** The pool's task. */
export default async (task: {
  readonly scene?: SceneJob;
  readonly source?: SourceJob;
}): Promise<Answer<TrialOutput[] | SourceScene[]>> => {
  const { engine, runner } = await ready;
  try {
    if (task.source) return runSourceJob(engine, task.source);
    return await runner.run(task.scene!);
  } catch (error) {
    if (error instanceof SceneError) return { noScene: error.message };
    throw error;
  }
};
