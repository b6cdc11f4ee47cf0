/** Verb `tune`: search of an arm's learner settings on validation families. */
import { Argument, type Command, Option } from 'commander';
import { REGIME_NAMES, type Regime } from '../../agent/learner/regimes.ts';
import type { TuneJson } from '../../scenarios/experiments/tune/report.ts';
import type { TuneRequest } from '../../scenarios/experiments/tune/run.ts';
import { TUNE_SEARCHES } from '../../scenarios/experiments/tune/searches.ts';
import { type Override, parseOverride } from '../../scenarios/parse/overrides.ts';
import {
  addWatchOptions,
  integer,
  jsonOption,
  MACHINES_NOTE,
  partOption,
  queueOption,
  refusing,
  scenarioHelp,
  sharedOption,
  type WatchOptions,
  workersOption,
} from '../options.ts';
import { interval } from '../print.ts';
import type { Shell } from '../shell.ts';
import { watchedWork } from '../viewer.ts';

type TuneOptions = Omit<TuneRequest, 'arm' | 'quiet' | 'view' | 'command' | 'signal'> &
  WatchOptions & { readonly json?: boolean };

/** `graft tune`: fair learner settings for an arm. */
export function declareTune(graft: Command, shell: Shell): void {
  const verb = graft
    .command('tune')
    .description(
      "search an arm's learner settings on validation families, the same effort for every arm; never meets the benchmark's",
    )
    .addArgument(new Argument('<arm>', 'the arm to tune').choices(REGIME_NAMES))
    .option('--scenario <name>', scenarioHelp, 'tabletop')
    .option(
      '--set <key=value>',
      "a setting in place of the scenario's, e.g. learner.backbone=random; repeatable",
      collectOverride,
      [],
    )
    .option('--trials <n>', 'training trials of a run', integer(1), 192)
    .option('--evaluation <n>', 'validation grasps of a run', integer(1), 150)
    .option('--configs <n>', "configurations: the scenario's own settings, and draws", integer(1), 8)
    .option('--seeds <n>', 'training seeds', integer(1, 1000), 3)
    .addOption(
      new Option('--search <name>', 'try all with every seed, or drop the worse half after each')
        .choices(TUNE_SEARCHES)
        .default('random'),
    )
    .option('--seed <n>', 'seed of the draws', integer(0), 0)
    .option('--max-minutes <n>', 'start no further run after this long; the same command goes on', integer(0))
    .option('--out <folder>', 'results; a search goes on where it stopped (default: runs/tune-<arm>)')
    .addOption(partOption())
    .addOption(queueOption())
    .addOption(sharedOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .addHelpText('after', MACHINES_NOTE)
    .action((arm: Regime, options: TuneOptions) => tune(shell, arm, options));
  addWatchOptions(verb);
}

const collectOverride = (text: string, before: readonly Override[]): readonly Override[] => [
  ...before,
  refusing(parseOverride)(text),
];

async function tune(
  shell: Shell,
  arm: Regime,
  { view, port, host, token, json = false, ...options }: TuneOptions,
): Promise<void> {
  const signal = shell.interruption();
  const work = async (viewer: TuneRequest['view']): Promise<TuneJson> => {
    const { runTune } = await import('../../scenarios/experiments/tune/tune.ts');
    const { command } = shell;
    return runTune({ ...options, arm, quiet: json, view: viewer, command, signal });
  };
  await watchedWork(shell, { view, port, host, token }, signal, { json, work, say: sayResult });
}

function sayResult(shell: Shell, result: TuneJson): void {
  for (const { config, settings, seeds, ...rate } of result.configs) {
    const values = Object.entries(settings).map(([key, value]) => `${key.replace(/^.*\./, '')} ${value}`);
    shell.say(`${String(config).padStart(3)}  ${interval(rate)}, ${seeds} seeds  ${values.join('  ')}`);
  }
  if (!result.complete) shell.say('not finished; the same command goes on');
  shell.say(`table:    ${result.out}/result.md`);
}
