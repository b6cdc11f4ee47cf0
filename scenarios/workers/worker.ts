/** Worker: runs scene jobs in a thread. */
import { loadEngine } from '../../agent/engine/engine.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { SceneJob } from '../trials/job.ts';
import { NODE_HOST } from '../trials/node-host.ts';
import { JobRunner } from '../trials/runner.ts';
import { answering, threadLibrary } from './threads.ts';

/** Each thread holds one engine and one runner for its lifetime. */
const ready = (async () => {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  return new JobRunner(engine, NODE_HOST, threadLibrary());
})();

/** A trial pool's task. */
export default answering(async (job: SceneJob) => (await ready).run(job));
