/** Source worker: a thread that draws source scenes, and computes gradients when it is asked to. */
import { loadEngine } from '../../../agent/engine/engine.ts';
import { type PartOfStep, partOfStep } from '../../../agent/pretrain/pretrain.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { answering } from '../../workers/threads.ts';
import { runSourceJob, type SourceJob } from './source-job.ts';

/** What a thread is asked for. */
export type SourceTask = SourceJob | PartOfStep;

/** Each thread holds one engine for its lifetime. */
const ready = (async () => {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  return engine;
})();

/** A source pool's task: it leaves nothing behind. */
export default answering(
  async (task: SourceTask) => {
    const engine = await ready;
    return 'batch' in task ? partOfStep(engine.tf, task) : runSourceJob(engine, task);
  },
  async () => true,
);
