/** Worker: runs scene jobs in a thread. */
import { loadEngine } from '../../agent/engine/engine.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { SceneJob } from '../trials/job.ts';
import { NODE_HOST } from '../trials/node-host.ts';
import { JobRunner } from '../trials/runner.ts';
import { answering, threadLibrary } from './threads.ts';

/** Each thread holds one engine for its lifetime, and one runner for the time of a pool. */
const engine = Promise.all([loadEngine(), loadPhysics()]).then(([loaded]) => loaded);
let runner: Promise<JobRunner> | undefined;

const startRunner = async (): Promise<JobRunner> => new JobRunner(await engine, NODE_HOST, threadLibrary());
let alone = true;

/** A trial pool's task. */
export default answering(
  async (job: SceneJob) => {
    // somebody else's program ends with the thread that spoke to it
    if (job.policy.kind === 'external') alone = false;
    runner ??= startRunner();
    return (await runner).run(job);
  },
  async () => {
    (await runner)?.dispose();
    runner = undefined;
    return alone;
  },
);
