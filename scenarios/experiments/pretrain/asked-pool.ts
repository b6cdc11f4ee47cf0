/** Source pool whose scenes machines at a queue draw; gradients stay with the threads of this one. */
import { resolve } from 'node:path';
import type { WorkView } from '../../../sim/recording/work.ts';
import { askingMachines, type Elsewhere } from '../queue/asking.ts';
import { openSharedFiles } from '../queue/shared-files.ts';
import { startWork, type WorkShown, watchWork } from '../units/work.ts';
import { pretrainKind, type SourceModel, type SourceUnit, scenesIn, shareModel, sourceUnits } from './kind.ts';
import type { SourcePool } from './source-pool.ts';

/** Whether and where machines listen, and who watches them. */
interface Watched extends Elsewhere {
  readonly view?: WorkView | undefined;
}

/**
 * Hands scenes to a queue, if there is one.
 * @param own threads of this process; closed with the pool.
 * @param elsewhere its view is shown the units of each run, in place of those before.
 * @param signal ends what is asked for.
 * @returns `own` where there is no queue.
 * @throws InputError if there is a queue that cannot be used.
 */
export async function askedPool(own: SourcePool, elsewhere: Watched, signal: AbortSignal): Promise<SourcePool> {
  const files = openSharedFiles(resolve(elsewhere.shared ?? '.'));
  const { nameOf, keyOf, settingOf } = await sourceUnits(files);
  const open = askingMachines(elsewhere, { kind: pretrainKind, request: () => ({}), nameOf, keyOf, units: 1 });
  if (!open) return own;
  const asker = await open();
  const shown: WorkShown<SourceUnit> = {
    ...{ label: 'pretrain: scenes', nameOf, costOf: ({ count }) => count, stepsOf: () => 1 },
    ...{ quiet: true, view: elsewhere.view },
  };
  const hashes = new WeakMap<SourceModel, string>();
  const hashOf = (model: SourceModel): string => {
    const hash = hashes.get(model) ?? shareModel(model, files);
    hashes.set(model, hash);
    return hash;
  };
  return {
    // all scenes of a shard at once: nobody knows how many machines listen
    workers: Number.POSITIVE_INFINITY,
    run: async (jobs) => {
      const units = jobs.map(({ model, ...job }): SourceUnit => ({ ...job, ...(model && { weights: hashOf(model) }) }));
      const work = startWork(watchWork(units, new Set(units), shown), shown);
      asker.watch(work.watcher);
      const found = units.map(async (unit) => {
        const { files: bytes, by } = await asker.run(unit, settingOf(unit), work.begin(unit), signal);
        work.end(unit, by);
        return scenesIn(bytes);
      });
      try {
        return (await Promise.all(found)).flat();
      } finally {
        work.stop();
      }
    },
    gradients: own.gradients,
    close: async () => {
      await own.close();
      await asker.close();
    },
  };
}
