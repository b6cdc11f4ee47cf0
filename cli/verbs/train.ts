/** Verb `train`: a learner trained, evaluated and reported on, and shown live if asked for. */
import { type Command, Option } from 'commander';
import { REGIME_NAMES, type Regime } from '../../agent/learner/regimes.ts';
import type { TrainingJson } from '../../scenarios/run/conclude.ts';
import type { RecordRule } from '../../scenarios/trials/record-rule.ts';
import {
  integer,
  jsonOption,
  type MachineOptions,
  objectsOption,
  partOption,
  portOption,
  queueOption,
  recordOption,
  recordRequest,
  scenarioHelp,
  sharedOption,
  tokenOption,
  workersOption,
} from '../options.ts';
import { interval } from '../print.ts';
import type { Shell } from '../shell.ts';
import { beforeViewer, openViewer } from '../viewer.ts';

interface TrainOptions extends MachineOptions {
  readonly objects?: string;
  readonly trials?: number;
  readonly seed?: number;
  readonly arm?: Regime;
  readonly out?: string;
  readonly view?: boolean;
  readonly port: number;
  readonly token?: string;
  readonly resume?: boolean;
  readonly record?: RecordRule;
  readonly recording?: string;
  readonly workers: number;
  readonly json?: boolean;
}

const MACHINES = `
More than one machine, the same bytes. --queue and --shared here, \`graft worker\` with the same two on every other
machine. Or --part i/n and --shared on each: every part runs its scenes, waits for the others', and ends with the
same run. The run folder is each machine's own.`;

/** `graft train`: the main job. */
export function declareTrain(graft: Command, shell: Shell): void {
  graft
    .command('train')
    .description('train a grasp head on a scenario, evaluate it on unseen object families, write a report')
    .argument('[scenario]', scenarioHelp, 'tabletop')
    .addOption(objectsOption())
    .option('--trials <n>', 'training trials', integer(1))
    .option('--seed <n>', 'training seed', integer(0))
    .addOption(new Option('--arm <name>', 'what the learner starts from and may change').choices(REGIME_NAMES))
    .option('--out <folder>', 'the run folder (default: a new one under runs/)')
    .option('--view', 'show the trials live in a browser')
    .addOption(portOption())
    .addOption(
      tokenOption(
        'with --view: who steers the training must have it, everybody else may watch (default: all on this machine steer)',
      ),
    )
    .option('--resume', 'go on with the run in --out')
    .addOption(recordOption())
    .option('--recording <file>', "the recording's file (default: recording.mcap in the run folder)")
    .addOption(partOption())
    .addOption(queueOption())
    .addOption(sharedOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .addHelpText('after', MACHINES)
    .action((scenario: string, options: TrainOptions) => train(shell, scenario, options));
}

async function train(shell: Shell, scenario: string, options: TrainOptions): Promise<void> {
  const signal = shell.interruption();
  const { view, port, token, record, recording, ...rest } = options;
  const recorded = recordRequest(record, recording);
  const viewer = view ? await openViewer(shell, port, token) : undefined;
  const work = async (): Promise<void> => {
    const { runTraining } = await import('../../scenarios/run/training-run.ts');
    const result = await runTraining({
      ...rest,
      scenario,
      resume: options.resume ?? false,
      quiet: options.json ?? false,
      command: shell.command,
      ...(viewer && { view: viewer }),
      ...recorded,
      signal,
    });
    if (options.json) shell.print(result);
    else sayResult(shell, result);
  };
  await beforeViewer(shell, viewer, signal, { json: options.json ?? false, work });
}

const objectsOf = ({ objects }: TrainingJson['final']): string => {
  if (!objects) return 'unseen families';
  return objects.split ? 'unseen objects' : 'objects seen in training';
};

function sayResult(shell: Shell, { final, baselines, report }: TrainingJson): void {
  shell.say(`\nheld on ${objectsOf(final)}: ${interval(final.success)}, ${final.trials} trials`);
  for (const [name, { success }] of Object.entries(baselines))
    shell.say(`  ${name.padEnd(12)} ${interval(success)}, same scenes`);
  shell.say(`report:   ${report}`);
}
