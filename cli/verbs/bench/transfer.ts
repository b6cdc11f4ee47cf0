/** Verb `bench transfer`: arms and seeds on several targets, measured, planned or reported. */
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import type { Part } from '../../../scenarios/experiments/experiment.ts';
import { ARM_CHOICES } from '../../../scenarios/experiments/transfer/arms.ts';
import { PRESETS, type PresetName } from '../../../scenarios/experiments/transfer/presets.ts';
import type { TransferJson } from '../../../scenarios/experiments/transfer/result.ts';
import { TARGET_NAMES } from '../../../scenarios/experiments/transfer/targets.ts';
import type { TransferPlan, TransferRequest } from '../../../scenarios/experiments/transfer/transfer.ts';
import { EXTERNAL_HELP, isExternal } from '../../../scenarios/external/address.ts';
import { UserError } from '../../../sim/user-error.ts';
import {
  addWatchOptions,
  armTimeoutOption,
  EXTERNAL_NOTE,
  integer,
  jsonOption,
  objectsOption,
  partOption,
  queueOption,
  sharedOption,
  type WatchOptions,
  workersOption,
} from '../../options.ts';
import type { Shell } from '../../shell.ts';
import { watchedWork } from '../../viewer.ts';

interface TransferOptions extends WatchOptions {
  readonly preset: PresetName;
  readonly objects?: string;
  readonly targets?: string[];
  readonly arms?: string[];
  readonly armTimeout: number;
  readonly seeds?: number;
  readonly sequential?: number | true;
  readonly out?: string;
  readonly part?: Part;
  readonly maxMinutes?: number;
  readonly reportOnly?: boolean;
  readonly pack?: boolean;
  readonly plan?: boolean;
  readonly queue?: string;
  readonly shared?: string;
  readonly workers: number;
  readonly json?: boolean;
}

/** `graft bench transfer`: what a pretrained start is worth. */
export function declareBenchTransfer(bench: Command, shell: Shell): void {
  const verb = bench
    .command('transfer')
    .description(
      'transfer learning against training from scratch: several arms and seeds on several targets, the same unseen scenes; writes a report',
    )
    .addOption(new Option('--preset <name>', 'how much to measure').choices(Object.keys(PRESETS)).default('quick'))
    .addOption(objectsOption())
    .option('--targets <names...>', `some of ${TARGET_NAMES.join(', ')}`)
    .option('--arms <names...>', `some of ${ARM_CHOICES.join(', ')}, or ${EXTERNAL_HELP}`)
    .addOption(armTimeoutOption())
    .option('--seeds <n>', 'training seeds', integer(1))
    .option(
      '--sequential [trials]',
      'no further seeds of an arm once its difference from scratch is decided, after so many trials (default: the most)',
      integer(1),
    )
    .option('--out <folder>', 'results; a benchmark goes on where it stopped (default: runs/bench-<preset>)')
    .addOption(partOption())
    .option('--max-minutes <n>', 'start no new piece after so many minutes', integer(0))
    .option('--report-only', 'measure nothing, report on what is there')
    .option('--pack', 'then pack the raw results into one file, which further commands read')
    .option('--plan', 'measure nothing, say how long it would take')
    .addOption(queueOption())
    .addOption(sharedOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .addHelpText('after', EXTERNAL_NOTE)
    .action((options: TransferOptions) => transfer(shell, options));
  addWatchOptions(verb);
}

async function transfer(shell: Shell, { view, port, host, token, ...options }: TransferOptions): Promise<void> {
  const [arms, targets] = [list(options.arms), list(options.targets)];
  const request = {
    ...options,
    ...(arms && { arms }),
    ...(targets && { targets }),
    quiet: options.json ?? false,
    command: shell.command,
    signal: shell.interruption(),
  };
  const { benchTransfer, planTransfer } = await import('../../../scenarios/experiments/transfer/transfer.ts');
  if (options.plan) {
    const plan = await planTransfer(request);
    return options.json ? shell.print(plan) : sayPlan(shell, plan, options.sequential !== undefined);
  }
  if (view && options.reportOnly) throw new UserError('--view: expected units to measure, got --report-only');
  const json = options.json ?? false;
  const work = async (viewer: TransferRequest['view']): Promise<TransferJson> => {
    const result = await benchTransfer({ ...request, view: viewer });
    if (result.failed.length > 0) shell.exitCode = 1;
    return result;
  };
  await watchedWork(shell, { view, port, host, token }, request.signal, { json, work, say: sayResult });
}

function sayResult(shell: Shell, result: TransferJson): void {
  shell.say(result.verdict);
  for (const claim of result.claims) shell.say(`- ${claim}`);
  shell.say(`report: ${result.report}`);
  shell.say(`watch:  npx graft view ${dirname(result.report)}`);
}

/** Lists may be written with spaces or commas; the command line of an external arm is one of its own. */
const list = (values: readonly string[] | undefined): string[] | undefined =>
  values?.flatMap((a) => (isExternal(a) ? [a] : a.split(',')));

function sayPlan(shell: Shell, { targets, coreHours, leftOut }: TransferPlan, sequential: boolean): void {
  for (const { target, arm, units, simulation, scoring, updates } of targets) {
    const each = [simulation, scoring, updates].map((s) => `${Math.round(s)}`.padStart(5)).join(' ');
    const what = `${target.padEnd(13)} ${arm.padEnd(16)} ${String(units).padStart(3)} units`;
    shell.say(`${what} of ${each} s (trials, scoring, updates)`);
  }
  for (const { arm, why } of leftOut) shell.say(`left out: ${arm}: ${why}`);
  shell.say(`${sequential ? 'at most' : 'about'} ${coreHours.toFixed(1)} hours of one core`);
}
