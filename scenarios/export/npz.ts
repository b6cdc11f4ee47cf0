/** NPZ writer: a dataset in files of some trials each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LabelledTrial, type TrialArray, trialArrays } from './arrays.ts';
import type { DatasetWriter, ExportedTrial } from './dataset.ts';
import { encodeNpz, type NpyArray, npyBooleans, npyNumbers, npyTexts } from './npy.ts';

/** Trials in one file: some tens of megabytes before compression. */
const SHARD = 256;

/** Arrays of trials, in files of {@link SHARD}; `docs/recording.md` lists them. */
export function npzWriter(folder: string): DatasetWriter {
  let waiting: ExportedTrial[] = [];
  let files = 0;
  const flush = (): void => {
    if (waiting.length === 0) return;
    writeFileSync(join(folder, `trials-${String(files++).padStart(3, '0')}.npz`), npzOf(waiting));
    waiting = [];
  };
  return {
    add(trial) {
      waiting.push(trial);
      if (waiting.length === SHARD) flush();
    },
    close: flush,
  };
}

/** Trials as one file. @param trials at least one. */
export const npzOf = (trials: readonly LabelledTrial[]): Uint8Array =>
  encodeNpz(Object.fromEntries(Object.entries(trialArrays(trials)).map(([name, a]) => [name, toNpy(a)])));

function toNpy(array: TrialArray): NpyArray {
  switch (array.kind) {
    case 'numbers':
      return npyNumbers(array.values, array.shape);
    case 'booleans':
      return npyBooleans(array.values);
    case 'texts':
      return npyTexts(array.values);
    default:
      return array satisfies never;
  }
}
