/** Verb `collect`: labelled trials as a dataset. */
import { type Command, Option } from 'commander';
import type { CollectRequest } from '../../scenarios/experiments/collect/collect.ts';
import {
  integer,
  jsonOption,
  MACHINES_NOTE,
  objectsOption,
  partOption,
  policyHelp,
  queueOption,
  scenarioHelp,
  sharedOption,
  workersOption,
} from '../options.ts';
import type { Shell } from '../shell.ts';

type CollectOptions = Omit<CollectRequest, 'scenario' | 'quiet' | 'signal'> & { readonly json?: boolean };

/** `graft collect`: observation, grasp, outcome, many times. */
export function declareCollect(graft: Command, shell: Shell): void {
  graft
    .command('collect')
    .description(
      'labelled trials as a dataset: one grasp a scene, what the camera saw before it, and what became of it; NumPy arrays as `graft export` writes them',
    )
    .argument('<scenario>', scenarioHelp)
    .requiredOption('--policy <name>', `who grasps: ${policyHelp}`)
    .requiredOption('--out <folder>', 'the dataset; interrupted or killed, the same command goes on with it')
    .option('--trials <n>', 'scenes', integer(1), 1024)
    .addOption(objectsOption())
    .addOption(
      new Option('--split <name>', 'whose families and scenes').choices(['training', 'evaluation']).default('training'),
    )
    .option('--seed <n>', 'seed of the scenes', integer(0), 0)
    .addOption(partOption())
    .addOption(queueOption())
    .addOption(sharedOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .addHelpText('after', MACHINES_NOTE)
    .action((scenario: string, options: CollectOptions) => collectTrials(shell, scenario, options));
}

async function collectTrials(shell: Shell, scenario: string, { json, ...options }: CollectOptions): Promise<void> {
  const { collect } = await import('../../scenarios/experiments/collect/collect.ts');
  const result = await collect({ ...options, scenario, quiet: json ?? false, signal: shell.interruption() });
  if (json) return shell.print(result);
  const { out, trials, labelled, held, pieces, missing } = result;
  shell.say(`${out}: ${trials} trials, ${labelled} with a grasp, ${held} held`);
  if (missing > 0) shell.say(`${pieces - missing} of ${pieces} pieces`);
}
