/** Verb `bench ablations`: learners with one setting changed at a time, compared. */
import type { Command } from 'commander';
import type { AblationsRequest } from '../../../scenarios/experiments/ablations/ablations.ts';
import { integer, jsonOption, partOption, workersOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';

type AblationsOptions = Omit<AblationsRequest, 'quiet' | 'command' | 'signal'> & { readonly json?: boolean };

/** `graft bench ablations`: what each part of the learner is worth. */
export function declareBenchAblations(bench: Command, shell: Shell): void {
  bench
    .command('ablations')
    .description("the learner with one setting changed at a time, on `tune`'s validation families, the same scenes")
    .option('--trials <n>', 'training trials of a run', integer(1), 192)
    .option('--evaluation <n>', 'validation grasps of a run', integer(1), 300)
    .option('--seeds <n>', 'training seeds', integer(1, 1000), 3)
    .option('--out <folder>', 'results; a benchmark goes on where it stopped (default: runs/ablations)')
    .addOption(partOption())
    .option('--max-minutes <n>', 'start no further run after this long; the same command goes on', integer(0))
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((options: AblationsOptions) => ablations(shell, options));
}

async function ablations(shell: Shell, { json, ...options }: AblationsOptions): Promise<void> {
  const { benchAblations } = await import('../../../scenarios/experiments/ablations/ablations.ts');
  const { ablationsMarkdown } = await import('../../../scenarios/experiments/ablations/report.ts');
  const { command } = shell;
  const result = await benchAblations({ ...options, quiet: json ?? false, command, signal: shell.interruption() });
  if (json) return shell.print(result);
  shell.say(ablationsMarkdown(result));
  if (!result.complete) shell.say('not finished; the same command goes on');
  shell.say(`table:    ${result.out}/result.md`);
}
