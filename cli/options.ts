/** Options and arguments that several verbs share. Nothing here loads a room. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { POLICY_NAMES } from '../agent/policy/names.ts';
import type { Part } from '../scenarios/experiments/experiment.ts';
import { scenarioNames } from '../scenarios/names.ts';
import type { RecordRequest } from '../scenarios/recordings/record.ts';
import { parseRecordRule, type RecordRule } from '../scenarios/trials/record-rule.ts';
import { defaultWorkers } from '../scenarios/workers/count.ts';
import { UserError } from '../sim/user-error.ts';

const DEFAULT_PORT = 8090;

/** Reads a whole number within bounds. @throws InvalidArgumentError for anything else. */
export const integer =
  (low: number, high = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(
        `expected an integer of at least ${low}${high < 1e9 ? ` and at most ${high}` : ''}.`,
      );
    }
    return value;
  };

/** Reads a number within bounds. @throws InvalidArgumentError for anything else. */
export const real =
  (low: number, high: number) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`expected a number of at least ${low} and at most ${high}.`);
  };

/** A parser of an option's text whose errors are the option's. */
export const refusing =
  <T>(parse: (text: string) => T) =>
  (text: string): T => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };

export const jsonOption = (): Option => new Option('--json', 'print one JSON object on stdout, nothing else');

export const workersOption = (): Option =>
  new Option('--workers <n>', 'worker threads; the results do not depend on it')
    .argParser(integer(1, 256))
    .default(defaultWorkers())
    .env('GRAFT_WORKERS');

/** Which of n machines this is. */
export const partOption = (): Option =>
  new Option(
    '--part <i/n>',
    'only every n-th piece, so that n machines can share the work; n alone on machines that are told their number, ' +
      'by JOB_COMPLETION_INDEX (Kubernetes) or SLURM_ARRAY_TASK_ID',
  ).argParser(parsePart);

/** "2/3": the second of three parts. "3": one of three, by the number that the machine was given. */
function parsePart(text: string): Part {
  const [part, of] = /^\d{1,5}$/.test(text)
    ? [ownNumber(), Number(text)]
    : /^\d{1,5}\/\d{1,5}$/.test(text)
      ? text.split('/').map(Number)
      : [0, 0];
  if (part < 1 || part > of) throw new InvalidArgumentError('expected i/n with 1 <= i <= n, such as 2/3.');
  return { part, of };
}

/** From 1 on. @throws InvalidArgumentError if nobody gave this machine a number. */
function ownNumber(): number {
  const { JOB_COMPLETION_INDEX: job, SLURM_ARRAY_TASK_ID: task, SLURM_ARRAY_TASK_MIN: first = '0' } = process.env;
  const number = job === undefined ? Number(task) - Number(first) : Number(job);
  if (Number.isInteger(number) && number >= 0) return number + 1;
  throw new InvalidArgumentError('expected i/n, or JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID in the environment.');
}

/** Options of a verb whose work several machines can share. */
export interface MachineOptions {
  readonly part?: Part;
  readonly queue?: string;
  readonly shared?: string;
}

/** Says how several machines share the work of a verb. */
export const MACHINES_NOTE = `
More than one machine, the same bytes: --part i/n on each, then \`graft merge <folders> --out <folder>\` and the same
command with that --out; or --queue and --shared here, \`graft worker\` with the same two on every machine.`;

/** Where machines are told what to do. */
export const queueOption = (): Option =>
  new Option('--queue <address>', 'a Redis or Valkey server at which machines listen: redis://host:6379').env(
    'GRAFT_QUEUE',
  );

/** Where machines leave what they found. */
export const sharedOption = (): Option =>
  new Option(
    '--shared <folder>',
    'with --queue, and with --part of `train`: a folder that every machine sees, for results',
  ).env('GRAFT_SHARED');

/** Says how an arm of one's own is named. */
export const EXTERNAL_NOTE = `
An arm of one's own is a program that is asked on its standard input, or a websocket server:

  'external:python3 clients/python/arm_numpy.py'   'mine=external:ws://127.0.0.1:9000'

The command line is split into words, quotes hold one together, no shell runs. The name is for reports
and files. clients/README.md has the messages.`;

export const armTimeoutOption = (): Option =>
  new Option('--arm-timeout <seconds>', 'external arms: how long an answer may take')
    .argParser(real(0.01, 86_400))
    .default(10);

export const portOption = (): Option =>
  new Option('--port <n>', 'port of the viewer, 0 for any free one').argParser(integer(0, 65535)).default(DEFAULT_PORT);

/** Whether and where the work of a verb is shown on a page. */
export interface WatchOptions {
  readonly view?: boolean;
  readonly port: number;
  readonly host: string;
  readonly token?: string;
}

/** Adds the options by which a verb's work is shown on a page: who computes what. */
export function addWatchOptions(verb: Command): void {
  verb
    .option('--view', 'show live in a browser who computes what')
    .addOption(portOption())
    .option(
      '--host <address>',
      'with --view: address to listen on; one that other machines reach needs --token',
      '127.0.0.1',
    )
    .addOption(tokenOption('with --view: who watches must have it (default: all on this machine)'));
}

/** A secret that clients must know. @param meaning of it, in the help. */
export const tokenOption = (meaning: string): Option =>
  new Option('--token <text>', `${meaning}; at least 16 letters and digits`)
    .argParser(sendableToken)
    .env('GRAFT_TOKEN');

/** A token that pages, too, can send. @throws UserError for one that is short or cannot be sent, without a word of it. */
function sendableToken(text: string): string {
  if (/^[\w.~-]{16,200}$/.test(text)) return text;
  throw new UserError(
    `--token: expected 16 to 200 letters, digits, '-', '.', '_' or '~', got ${text.length} characters`,
  );
}

export const objectsOption = (): Option =>
  new Option(
    '--objects <path>',
    'a folder or file of URDF, OBJ, STL or GLB to draw objects from, in place of the families',
  );

export const recordOption = (): Option =>
  new Option('--record <which>', 'record trials as MCAP: all, failures, every:N or off').argParser(
    refusing(parseRecordRule),
  );

/** Says what names a scenario. */
export const scenarioHelp = `a scenario's name (${scenarioNames().join(', ')}) or the path of a YAML file`;

/** Says what names a policy. */
export const policyHelp = `${POLICY_NAMES.join(', ')} (the scenario's trunk and head before any trial), a run folder or its model.safetensors`;

/**
 * What `--record` and `--recording` ask for, as a part of a request.
 * @throws UserError if a file is named and nothing is to be recorded.
 */
export function recordRequest(rule: RecordRule | undefined, path: string | undefined): { record?: RecordRequest } {
  if (path !== undefined && !rule) throw new UserError('--recording: expected --record all, failures or every:N, too');
  return rule ? { record: { rule, ...(path !== undefined && { path }) } } : {};
}
