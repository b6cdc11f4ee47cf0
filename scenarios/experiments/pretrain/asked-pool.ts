/** Source pool whose scenes machines at a queue draw; gradients stay with the threads of this one. */
import { resolve } from 'node:path';
import { askingMachines, type Elsewhere } from '../queue/asking.ts';
import { openSharedFiles } from '../queue/shared-files.ts';
import { pretrainKind, type SourceModel, type SourceUnit, scenesIn, shareModel, sourceUnits } from './kind.ts';
import type { SourcePool } from './source-pool.ts';

/**
 * Hands scenes to a queue, if there is one.
 * @param own threads of this process; closed with the pool.
 * @param signal ends what is asked for.
 * @returns `own` where there is no queue.
 * @throws InputError if there is a queue that cannot be used.
 */
export async function askedPool(own: SourcePool, elsewhere: Elsewhere, signal: AbortSignal): Promise<SourcePool> {
  const files = openSharedFiles(resolve(elsewhere.shared ?? '.'));
  const { nameOf, keyOf, settingOf } = await sourceUnits(files);
  const open = askingMachines(elsewhere, { kind: pretrainKind, request: () => ({}), nameOf, keyOf, units: 1 });
  if (!open) return own;
  const asker = await open();
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
      const found = jobs.map(async ({ model, ...job }) => {
        const unit: SourceUnit = { ...job, ...(model && { weights: hashOf(model) }) };
        return asker.run(unit, settingOf(unit), new Int32Array(new SharedArrayBuffer(4)), signal);
      });
      return (await Promise.all(found)).flatMap(({ files: bytes }) => scenesIn(bytes));
    },
    gradients: own.gradients,
    close: async () => {
      await own.close();
      await asker.close();
    },
  };
}
