/** Verb `crosscheck`: the same grasps in two physics engines, and how far the outcomes agree. */
import type { Command } from 'commander';
import { integer, jsonOption, objectsOption, scenarioHelp } from '../options.ts';
import type { Shell } from '../shell.ts';

interface CrosscheckOptions {
  readonly trials: number;
  readonly seed: number;
  readonly scenario?: string;
  readonly objects?: string;
  readonly json?: boolean;
}

/** `graft crosscheck`: this physics against MuJoCo. */
export function declareCrosscheck(graft: Command, shell: Shell): void {
  graft
    .command('crosscheck')
    .description('the same grasps in this physics and in MuJoCo (@mujoco/mujoco): do the labels agree?')
    .option('--trials <n>', 'grasps to play', integer(1, 100_000), 200)
    .option('--seed <n>', 'seed of scenes and grasps', integer(0), 0)
    .option('--scenario <name>', `${scenarioHelp}; by default every family, light to heavy, slippery to rough`)
    .addOption(objectsOption())
    .addOption(jsonOption())
    .action((options: CrosscheckOptions) => crosscheckPhysics(shell, options));
}

async function crosscheckPhysics(shell: Shell, options: CrosscheckOptions): Promise<void> {
  const { crosscheck } = await import('../../scenarios/experiments/crosscheck/crosscheck.ts');
  const { crosscheckTable } = await import('../../scenarios/experiments/crosscheck/report.ts');
  const onProgress = (done: number): void => {
    if (!options.json && done % 50 === 0) shell.say(`${done} of ${options.trials}`);
  };
  const result = await crosscheck({ ...options, onProgress, signal: shell.interruption() });
  if (options.json) return shell.print(result);
  shell.say(crosscheckTable(result));
}
