import { workerData } from 'piscina';
import { loadEngine } from '../agent/engine.ts';
import { loadPhysics } from '../sim/physics.ts';
import { SceneError } from '../sim/scene.ts';
import { JobRunner, type SceneJob, type TrialOutput } from './job.ts';
import { NODE_HOST } from './node-host.ts';
import type { ObjectLibrary } from './object-library.ts';

/** Each worker thread holds one engine and one runner for its lifetime. */
const runner: Promise<JobRunner> = (async () => {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  return new JobRunner(engine, NODE_HOST, (workerData as ObjectLibrary | null | undefined) ?? undefined);
})();

/** What a worker answers: a class of errors does not survive the way between threads. */
export type Answer = TrialOutput[] | { readonly noScene: string };

/** The pool's task. */
export default async (job: SceneJob): Promise<Answer> => {
  try {
    const ready = await runner;
    await ready.prepare(job);
    return ready.run(job);
  } catch (error) {
    if (error instanceof SceneError) return { noScene: error.message };
    throw error;
  }
};
