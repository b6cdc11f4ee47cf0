/** Unit worker: measures units of experiments in a thread. */
import { loadEngine } from '../../../agent/engine/engine.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { NODE_HOST } from '../../trials/node-host.ts';
import { JobRunner } from '../../trials/runner.ts';
import type { TrialPool } from '../../workers/pool.ts';
import { answering, threadLibrary } from '../../workers/threads.ts';
import type { Found, KindName } from './kind.ts';
import { kindNamed } from './kinds.ts';

/** A unit for a worker thread. */
export interface UnitTask {
  readonly kind: KindName;
  readonly unit: unknown;
  readonly setting: unknown;
  /** Shared by all threads: [0] is set when the experiment is to stop. */
  readonly stop: Int32Array;
  /** Shared: [0] counts the unit's steps. */
  readonly steps: Int32Array;
}

/** Each thread holds one engine for its lifetime, and does a unit's trials and updates one after another. */
const ready = (async () => {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  return engine;
})();

let alone = true;

/** Runs jobs in this thread. @throws Interrupted between two jobs once the experiment is to stop. */
function ownPool(runner: JobRunner, stop: Int32Array): TrialPool {
  return {
    workers: 1,
    run: async (jobs) => {
      const outputs = [];
      for (const job of jobs) {
        if (Atomics.load(stop, 0) === 1) throw new Interrupted('experiment interrupted');
        // somebody else's program ends with the thread that spoke to it
        if (job.policy.kind === 'external') alone = false;
        outputs.push(await runner.run(job));
      }
      return outputs;
    },
    close: async () => runner.dispose(),
  };
}

/** The task of an experiment's thread. */
export default answering(
  async ({ kind, unit, setting, stop, steps }: UnitTask): Promise<Found<unknown>> => {
    const engine = await ready;
    // a runner for each unit: it keeps scorers by a key that says nothing of the trunk
    const pool = ownPool(new JobRunner(engine, NODE_HOST, threadLibrary()), stop);
    try {
      const onStep = () => void Atomics.add(steps, 0, 1);
      return await kindNamed(kind).measure(unit, setting, { engine, pool, onStep });
    } finally {
      await pool.close();
    }
  },
  async () => alone,
);
