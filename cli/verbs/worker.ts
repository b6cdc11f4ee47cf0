/** Verb `worker`: a machine that measures what a queue asks for. */
import type { Command } from 'commander';
import { parseWorkerName } from '../../scenarios/experiments/queue/worker-name.ts';
import { UserError } from '../../sim/user-error.ts';
import { integer, jsonOption, queueOption, refusing, sharedOption, workersOption } from '../options.ts';
import type { Shell } from '../shell.ts';

interface WorkerOptions {
  readonly queue?: string;
  readonly shared?: string;
  readonly workers: number;
  readonly name?: string;
  readonly lock: number;
  readonly json?: boolean;
}

/** `graft worker`: pieces of experiments that other machines ask for. */
export function declareWorker(graft: Command, shell: Shell): void {
  graft
    .command('worker')
    .description('measure what commands with --queue ask for, until interrupted; what was begun is finished first')
    .addOption(queueOption())
    .addOption(sharedOption())
    .option(
      '--name <name>',
      'what it is called in messages, results and on the page of --view (default: machine and process)',
      refusing(parseWorkerName),
    )
    .option('--lock <seconds>', 'a worker that is silent for so long counts as dead', integer(1, 3600), 60)
    .addOption(workersOption())
    .addOption(jsonOption())
    .action((options: WorkerOptions) => work(shell, options));
}

async function work(shell: Shell, { queue, shared, workers, name, lock, json }: WorkerOptions): Promise<void> {
  if (queue === undefined || shared === undefined)
    throw new UserError('worker: expected --queue and --shared, got only one of them or neither');
  const { runQueueWorker } = await import('../../scenarios/experiments/queue/worker.ts');
  const result = await runQueueWorker({ queue, shared, workers, name, lock, signal: shell.interruption() });
  if (json) return shell.print(result);
  shell.say(`measured: ${result.units}`);
}
