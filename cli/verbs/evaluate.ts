/** Verb `evaluate`: single grasps or rounds of clutter removal by a policy. */
import { type Command, Option } from 'commander';
import { EXTERNAL_HELP } from '../../scenarios/external/address.ts';
import { refusalText } from '../../scenarios/external/refusals.ts';
import type { RecordRule } from '../../scenarios/trials/record-rule.ts';
import type { WorkView } from '../../sim/recording/work.ts';
import {
  addWatchOptions,
  armTimeoutOption,
  EXTERNAL_NOTE,
  integer,
  jsonOption,
  MACHINES_NOTE,
  type MachineOptions,
  objectsOption,
  partOption,
  policyHelp,
  queueOption,
  recordOption,
  recordRequest,
  scenarioHelp,
  sharedOption,
  type WatchOptions,
  workersOption,
} from '../options.ts';
import { interval, percent } from '../print.ts';
import type { Shell } from '../shell.ts';
import { beforeViewer, openWorkViewer } from '../viewer.ts';

interface EvaluateOptions extends MachineOptions, WatchOptions {
  readonly scenario?: string;
  readonly objects?: string;
  readonly trials?: number;
  readonly protocol: 'single' | 'clutter';
  readonly rounds: number;
  readonly seeds: number;
  readonly seed?: number;
  readonly record?: RecordRule;
  readonly recording?: string;
  readonly log?: string;
  readonly out?: string;
  readonly armTimeout: number;
  readonly workers: number;
  readonly json?: boolean;
}

/** `graft evaluate`: success of a policy. */
export function declareEvaluate(graft: Command, shell: Shell): void {
  const verb = graft
    .command('evaluate')
    .description('success of a policy on the evaluation scenes of a scenario, greedy, one grasp a scene')
    .argument('<policy>', `${policyHelp}, or ${EXTERNAL_HELP}`)
    .option('--scenario <name>', `${scenarioHelp}; a run's own by default`)
    .addOption(objectsOption())
    .option('--trials <n>', 'evaluation trials', integer(1))
    .addOption(
      new Option('--protocol <name>', 'one grasp a scene, or rounds of clutter removal')
        .choices(['single', 'clutter'])
        .default('single'),
    )
    .option('--rounds <n>', 'clutter: rounds for each seed', integer(1), 100)
    .option('--seeds <n>', 'clutter: seeds, from --seed upwards', integer(1), 5)
    .option('--seed <n>', 'evaluation seed', integer(0))
    .addOption(recordOption())
    .option('--recording <file>', "the recording's file (default: a new one under runs/)")
    .option('--log <file>', 'write the trials to a file, one JSON object a line')
    .option('--out <folder>', 'keep what was found in pieces; the same command goes on with it')
    .addOption(partOption())
    .addOption(queueOption())
    .addOption(sharedOption())
    .addOption(armTimeoutOption())
    .addOption(workersOption())
    .addOption(jsonOption())
    .addHelpText('after', `${EXTERNAL_NOTE}\n${MACHINES_NOTE}`)
    .action((policy: string, options: EvaluateOptions) => evaluate(shell, policy, options));
  addWatchOptions(verb);
}

async function evaluate(
  shell: Shell,
  policy: string,
  { view, port, host, token, ...options }: EvaluateOptions,
): Promise<void> {
  const signal = shell.interruption();
  const viewer = await openWorkViewer(shell, { view, port, host, token });
  const work = (): Promise<void> => evaluateWatched(shell, policy, options, { signal, view: viewer });
  await beforeViewer(shell, viewer, signal, { json: options.json ?? false, work });
}

async function evaluateWatched(
  shell: Shell,
  policy: string,
  options: Omit<EvaluateOptions, keyof WatchOptions>,
  { signal, view }: { readonly signal: AbortSignal; readonly view: WorkView | undefined },
): Promise<void> {
  const { protocol, rounds, seeds, record, recording, json, out, part, queue, shared, ...rest } = options;
  const recorded = recordRequest(record, recording);
  const { runEvaluation, runEvaluationPart } = await import('../../scenarios/run/evaluation-run.ts');
  const pieces = { out, part, queue, shared, view };
  const request = {
    ...rest,
    ...recorded,
    command: shell.command,
    ...(protocol === 'clutter' && { clutter: { rounds, seeds } }),
    policy,
    quiet: json ?? false,
    signal,
  };
  if (part) {
    const played = await runEvaluationPart({ ...request, pieces });
    if (json) return shell.print(played);
    return shell.say(`${played.out}: ${played.pieces - played.missing} of ${played.pieces} pieces`);
  }
  const inPieces = out !== undefined || queue !== undefined || view !== undefined;
  const result = await runEvaluation({ ...request, ...(inPieces && { pieces }) });
  if (json) return shell.print(result);
  if (result.refused) shell.say(`${policy}: ${refusalText(result.refused)}; their trials count as missed`);
  const what = `${policy} on ${result.scenario}:`;
  if (result.gsr && result.dr) {
    const [gsr, dr] = [interval(result.gsr), interval(result.dr)];
    shell.say(`${what} ${result.rounds} rounds, grasp success rate ${gsr}, declutter rate ${dr}`);
  } else {
    const reasons = Object.entries(result.reasons).map(([reason, n]) => `${reason} ${n}`);
    shell.say(`${what} held ${interval(result.success)}, ${result.trials} trials (${reasons.join(', ')})`);
  }
  if (!result.calibration) return;
  const { predicted, brier } = result.calibration;
  shell.say(`predicted ${percent(predicted)} on average, Brier score ${brier.toFixed(3)}`);
}
