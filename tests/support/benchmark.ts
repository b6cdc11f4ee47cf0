import { benchTransfer } from '../../scenarios/experiments/transfer/transfer.ts';

/** A real benchmark with few trials on one target. @param arms as of the command line; heuristics take seconds. */
export async function smallBenchmark(
  folder: string,
  arms: readonly string[] = ['depth-pca', 'antipodal'],
): Promise<void> {
  await benchTransfer({
    ...{ preset: 'smoke', targets: ['unseen'], arms, seeds: 2 },
    ...{ out: folder, workers: 1, quiet: true, command: 'npx graft bench transfer' },
    signal: new AbortController().signal,
  });
}
