/** Verb `bench`: list of the measurements, one file each beside this one. */
import type { Command } from 'commander';
import type { Shell } from '../../shell.ts';
import { declareBenchAblations } from './ablations.ts';
import { declareBenchAuto } from './auto.ts';
import { declareBenchSoak } from './soak.ts';
import { declareBenchSpeed } from './speed.ts';
import { declareBenchTransfer } from './transfer.ts';

const MEASUREMENTS = [
  declareBenchTransfer,
  declareBenchAuto,
  declareBenchAblations,
  declareBenchSpeed,
  declareBenchSoak,
] as const;

/** `graft bench`: everything that measures. */
export function declareBench(graft: Command, shell: Shell): void {
  const bench = graft.command('bench').description('measure');
  for (const declare of MEASUREMENTS) declare(bench, shell);
}
