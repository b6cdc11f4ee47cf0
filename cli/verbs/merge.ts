/** Verb `merge`: the results of several machines in one folder. */
import type { Command } from 'commander';
import { jsonOption } from '../options.ts';
import type { Shell } from '../shell.ts';

interface MergeOptions {
  readonly out: string;
  readonly json?: boolean;
}

/** `graft merge`: parts of one experiment become the experiment. */
export function declareMerge(graft: Command, shell: Shell): void {
  graft
    .command('merge')
    .description(
      "put the results of several machines' --part into one folder, with which the same command (bench transfer: with --report-only) has its answer",
    )
    .argument('<folders...>', 'what each machine wrote')
    .requiredOption('--out <folder>', 'where they come together; what lies there stays')
    .addOption(jsonOption())
    .action((folders: string[], options: MergeOptions) => merge(shell, folders, options));
}

async function merge(shell: Shell, folders: readonly string[], { out, json }: MergeOptions): Promise<void> {
  const { mergeResults } = await import('../../scenarios/experiments/merge.ts');
  const merged = mergeResults(folders, out);
  if (json) return shell.print(merged);
  shell.say(`${out}: ${merged.results} results, ${merged.added} of them new, ${merged.twice} measured more than once`);
}
