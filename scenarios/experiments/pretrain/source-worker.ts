/** Source worker: runs source jobs in a thread. */
import { loadEngine } from '../../../agent/engine/engine.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { answering } from '../../workers/threads.ts';
import { runSourceJob, type SourceJob } from './source-job.ts';

/** Each thread holds one engine for its lifetime. */
const ready = (async () => {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  return engine;
})();

/** A source pool's task: it leaves nothing behind. */
export default answering(
  async (job: SourceJob) => runSourceJob(await ready, job),
  async () => true,
);
