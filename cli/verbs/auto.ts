/** Verb `auto`: what is chosen within a budget of trials, why, and how well the winner does. */
import type { Command } from 'commander';
import type { AutoRequest } from '../../scenarios/experiments/auto/auto.ts';
import { integer, jsonOption, objectsOption, scenarioHelp, workersOption } from '../options.ts';
import { interval } from '../print.ts';
import type { Shell } from '../shell.ts';

type AutoOptions = Pick<AutoRequest, 'objects' | 'budget' | 'seed' | 'out' | 'workers'> & {
  readonly resume?: boolean;
  readonly json?: boolean;
};

/** `graft auto`: automated transfer. */
export function declareAuto(graft: Command, shell: Shell): void {
  graft
    .command('auto')
    .description(
      'automated transfer: choose backbone, taps and technique within a budget of trials, train, evaluate, and say why',
    )
    .argument('[scenario]', scenarioHelp, 'tabletop')
    .addOption(objectsOption())
    .option('--budget <n>', "trials in all, choosing included (default: the scenario's training trials)", integer(1))
    .option('--seed <n>', 'training seed', integer(0))
    .option('--out <folder>', 'the run folder (default: a new one under runs/)')
    .option('--resume', 'go on with the search or the training in --out')
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((scenario: string, options: AutoOptions) => auto(shell, scenario, options));
}

async function auto(shell: Shell, scenario: string, { json, ...options }: AutoOptions): Promise<void> {
  const { runAuto } = await import('../../scenarios/experiments/auto/auto.ts');
  const { candidateName } = await import('../../scenarios/experiments/auto/candidates.ts');
  const result = await runAuto({
    ...options,
    scenario,
    resume: options.resume ?? false,
    quiet: json ?? false,
    command: shell.command,
    signal: shell.interruption(),
  });
  if (json) return shell.print(result);
  shell.say(`\nchosen:   ${candidateName(result.chosen)}`);
  for (const sentence of result.why) shell.say(`  ${sentence}`);
  shell.say(`held on the evaluation scenes: ${interval(result.final.success)}, ${result.final.trials} trials`);
  for (const [name, { success }] of Object.entries(result.baselines))
    shell.say(`  ${name.padEnd(12)} ${interval(success)}, same scenes`);
  shell.say(`reports:  ${result.report}\n          ${result.autoReport}`);
}
