import { benchTransfer } from '../../scenarios/experiments/transfer/transfer.ts';

/** A real benchmark of two heuristics, which takes seconds. */
export async function smallBenchmark(folder: string): Promise<void> {
  await benchTransfer({
    ...{ preset: 'smoke', targets: ['unseen'], arms: ['depth-pca', 'antipodal'], seeds: 2 },
    ...{ out: folder, workers: 1, quiet: true, command: 'npx graft bench transfer' },
    signal: new AbortController().signal,
  });
}
