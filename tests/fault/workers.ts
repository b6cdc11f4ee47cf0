/**
 * Three workers at a real Redis of which one is killed every few seconds and replaced; one is stopped for two of its locks, and Redis
 * loses everything once. What comes of an evaluation is compared with that of this machine alone, byte by byte.
 *
 *   npx tsx tests/fault/workers.ts [--trials 1600] [--every 5]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rngStream } from '../../sim/math/rng.ts';
import { type Running, start } from '../support/process/program.ts';
import { startRedis } from '../support/process/redis.ts';
import { SCENARIO } from './verbs.ts';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '1600' },
    every: { type: 'string', default: '5' },
  },
});
const out = mkdtempSync(join(tmpdir(), 'graft-workers-'));
const everyMs = 1000 * Number(values.every);
/** Of a unit, seconds; and how long what has stopped is left alone. */
const LOCK = 2;
const WORKERS = 3;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const here = { cwd: out, timeoutMs: 3_600_000 };
SCENARIO(join(out, 'tiny.yaml'));
const asked = ['evaluate', 'pretrained', '--scenario', 'tiny.yaml', '--trials', values.trials, '--json'];
const alone = await start([...asked, '--log', 'alone.jsonl', '--workers', '2'], here).done;
say(`alone: code ${alone.code}`);

const redis = await startRedis();
const queue = ['--queue', redis.url, '--shared', 'shared'];
const worker = (): Running => start(['worker', ...queue, '--workers', '1', '--lock', String(LOCK)], here);
const workers = Array.from({ length: WORKERS }, worker);
const gone: Running[] = [];
const asker = start([...asked, '--log', 'queued.jsonl', ...queue], here);
let ended = false;
const end = asker.done.finally(() => {
  ended = true;
});

const rng = rngStream(1, 'fault/workers');
const began = performance.now();
for (let kills = 0; !ended; kills++) {
  await Promise.race([pause(everyMs), end]);
  if (ended) break;
  const victim = rng.int(WORKERS);
  workers[victim].signal('SIGKILL');
  gone.push(workers[victim]);
  workers[victim] = worker();
  if (kills === 2) {
    const stopped = workers[(victim + 1) % WORKERS];
    stopped.signal('SIGSTOP');
    setTimeout(() => stopped.signal('SIGCONT'), 2000 * LOCK);
  }
  if (kills === 4) {
    await redis.kill();
    await redis.restart();
  }
}
const { code, stdout, stderr } = await end;
const seconds = ((performance.now() - began) / 1000).toFixed(0);
for (const each of workers) each.signal('SIGTERM');
await Promise.all(workers.map(({ done }) => done));
await redis.kill();
const measured = [...gone, ...workers].flatMap((each) => each.stderr().match(/\S+: measured/g) ?? []);
say(
  `queue: code ${code} after ${seconds} s, ${gone.length} workers killed, ${new Set(measured).size} units, ${measured.length} measured`,
);
const without = (text: string): string => text.replace(/"seconds": [\d.]+/, '"seconds": 0');
const same =
  code === 0 &&
  without(alone.stdout) === without(stdout) &&
  readFileSync(join(out, 'alone.jsonl')).equals(readFileSync(join(out, 'queued.jsonl')));
if (same) rmSync(out, { recursive: true });
say(same ? 'the same bytes' : `other bytes, see ${out}: ${stderr.slice(-2000)}`);
process.exit(same ? 0 : 1);
