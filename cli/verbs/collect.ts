/** Verb `collect`: labelled trials as a dataset. */
import { type Command, Option } from 'commander';
import type { CollectJson, CollectRequest } from '../../scenarios/experiments/collect/collect.ts';
import {
  addWatchOptions,
  integer,
  jsonOption,
  MACHINES_NOTE,
  objectsOption,
  partOption,
  policyHelp,
  queueOption,
  scenarioHelp,
  sharedOption,
  type WatchOptions,
  workersOption,
} from '../options.ts';
import type { Shell } from '../shell.ts';
import { watchedWork } from '../viewer.ts';

type CollectOptions = Omit<CollectRequest, 'scenario' | 'quiet' | 'view' | 'signal'> &
  WatchOptions & { readonly json?: boolean };

/** `graft collect`: observation, grasp, outcome, many times. */
export function declareCollect(graft: Command, shell: Shell): void {
  const verb = graft
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
  addWatchOptions(verb);
}

async function collectTrials(
  shell: Shell,
  scenario: string,
  { view, port, host, token, json = false, ...options }: CollectOptions,
): Promise<void> {
  const signal = shell.interruption();
  const work = async (viewer: CollectRequest['view']): Promise<CollectJson> => {
    const { collect } = await import('../../scenarios/experiments/collect/collect.ts');
    return collect({ ...options, scenario, quiet: json, view: viewer, signal });
  };
  await watchedWork(shell, { view, port, host, token }, signal, { json, work, say: sayResult });
}

function sayResult(shell: Shell, { out, trials, labelled, held, pieces, missing }: CollectJson): void {
  shell.say(`${out}: ${trials} trials, ${labelled} with a grasp, ${held} held`);
  if (missing > 0) shell.say(`${pieces - missing} of ${pieces} pieces`);
}
