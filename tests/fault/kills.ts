/**
 * Kills verbs with SIGKILL at random moments and at random writes, goes on until they end, and compares every file with those of a
 * run that nobody disturbed. What was done is kept: the same command goes on.
 *
 *   npx tsx tests/fault/kills.ts [--kills 20] [--minutes 60] [--out /tmp/graft-kills] [verb ...]
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { comparable } from '../../scenarios/experiments/comparable.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { start } from '../support/process/program.ts';
import { SCENARIO, VERBS, type Verb } from './verbs.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '60' },
    out: { type: 'string', default: join(tmpdir(), 'graft-kills') },
  },
});
const [kills, minutes] = [Number(values.kills), Number(values.minutes)];
const ending = performance.now() + 60_000 * minutes;
const TIMEOUT_MS = 900_000;

/** A process that ended, or was killed on its way. */
interface Ended {
  readonly killed: boolean;
  readonly code: number | null;
  readonly stderr: string;
  readonly ms: number;
  /** Changes of files that were seen. */
  readonly writes: number;
}

/** When a process is killed: after milliseconds, or at a change of a file. */
type Moment = { readonly afterMs: number } | { readonly atWrite: number };

async function runUntil(args: readonly string[], cwd: string, moment?: Moment): Promise<Ended> {
  const began = performance.now();
  let [writes, killed] = [0, false];
  const running = start(args, { cwd, timeoutMs: TIMEOUT_MS });
  const kill = (): void => {
    killed = true;
    running.signal('SIGKILL');
  };
  const watcher = watch(cwd, { recursive: true }, () => {
    if (++writes === (moment && 'atWrite' in moment ? moment.atWrite : 0)) kill();
  });
  const timer = moment && 'afterMs' in moment ? setTimeout(kill, moment.afterMs) : undefined;
  const { code, stderr } = await running.done;
  clearTimeout(timer);
  watcher.close();
  // it may have ended by itself in the same moment
  return { killed: killed && code === null, code, stderr, ms: performance.now() - began, writes };
}

/** A folder to run in, with what the verb needs. */
function fresh(verb: string, name: string): string {
  const folder = join(values.out, verb, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  SCENARIO(join(folder, 'short.yaml'));
  return folder;
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** Where files are, what reports say in words, and what was saved before the last checkpoint: of its moment alone. */
const PLACES = /"(out|report|autoReport|command)": "[^"]*",?/g;
const OF_A_MOMENT = /\.html$|result\.md$|^out\/checkpoint-before\.safetensors$/;

const contentOf = (path: string): string => {
  const bytes = readFileSync(path);
  if (!path.endsWith('.json')) return bytes.toString('latin1');
  return comparable(
    JSON.parse(
      bytes
        .toString()
        .replace(PLACES, '"was":0,')
        .replace(/,(\s*})/g, '$1'),
    ),
  );
};

/** What differs between two folders, times aside. */
function differences(folder: string, undisturbed: string): string[] {
  const [here, there] = [filesIn(folder), filesIn(undisturbed)].map((all) => all.filter((f) => !OF_A_MOMENT.test(f)));
  const odd = [...here.filter((f) => !there.includes(f)), ...there.filter((f) => !here.includes(f))];
  const other = here.filter((f) => there.includes(f) && contentOf(join(folder, f)) !== contentOf(join(undisturbed, f)));
  return [...odd.map((f) => `${f}: only in one`), ...other.map((f) => `${f}: differs`)];
}

/** A chain that ended: how often it was killed, and what is wrong with its files. */
interface Chain {
  readonly moments: readonly Moment[];
  readonly wrong: readonly string[];
}

/** Starts, kills and goes on until the verb ends before it is killed. */
async function chainOf(name: string, verb: Verb, index: number, whole: Ended, most: number): Promise<Chain> {
  const rng = rngStream(index, `kills/${name}`);
  const [folder, undisturbed] = [fresh(name, 'chain'), join(values.out, name, 'whole')];
  const moments: Moment[] = [];
  const wrong: string[] = [];
  for (;;) {
    const moment = rng.next() < 0.5 ? { afterMs: rng.range(0, whole.ms) } : { atWrite: 1 + rng.int(whole.writes) };
    const ended = await runUntil(verb.args(folder), folder, moments.length < most ? moment : undefined);
    if (ended.killed) {
      moments.push(moment);
      wrong.push(...(verb.afterKill?.(folder, undisturbed) ?? []));
      continue;
    }
    if (ended.code !== 0 && !verb.over?.test(ended.stderr))
      wrong.push(`exit ${ended.code}: ${ended.stderr.trim().split('\n').at(-1)}`);
    else wrong.push(...differences(folder, undisturbed));
    if (wrong.length > 0) renameSync(folder, join(values.out, name, `wrong-${index}-${Math.round(performance.now())}`));
    return { moments, wrong };
  }
}

async function killed(name: string, verb: Verb): Promise<void> {
  const log = join(values.out, `${name}.jsonl`);
  const chains: Chain[] = existsSync(log)
    ? readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Chain)
    : [];
  const done = (): number => chains.reduce((sum, { moments }) => sum + moments.length, 0);
  if (done() < kills && performance.now() < ending) {
    const whole = await runUntil(verb.args(fresh(name, 'whole')), join(values.out, name, 'whole'));
    if (whole.code !== 0) throw new Error(`${name}: expected to end, got ${whole.code}: ${whole.stderr}`);
    while (done() < kills && performance.now() < ending) {
      const chain = await chainOf(name, verb, chains.length, whole, kills - done());
      chains.push(chain);
      appendFileSync(log, `${JSON.stringify(chain)}\n`);
      console.error(`${name}: ${done()} kills; ${chain.wrong.join('; ') || 'same bytes'}`);
    }
  }
  const writes = chains.flatMap(({ moments }) => moments).filter((m) => 'atWrite' in m).length;
  const wrong = chains.filter((chain) => chain.wrong.length > 0);
  console.log(
    `${name}: ${done()} kills, ${writes} of them at a write, in ${chains.length} runs; ${wrong.length} runs with other bytes`,
  );
  for (const chain of wrong) console.log(`  ${chain.wrong.join('; ')}`);
}

mkdirSync(values.out, { recursive: true });
for (const [name, verb] of Object.entries(VERBS))
  if (positionals.length === 0 || positionals.includes(name)) await killed(name, verb);
