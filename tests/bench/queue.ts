/**
 * What a queue costs against threads of the same process: the same units by one worker each, in turns.
 *
 *   npx tsx tests/bench/queue.ts [units] [rounds]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playPieces } from '../../scenarios/experiments/evaluate/pieces.ts';
import { askedPool } from '../../scenarios/experiments/pretrain/asked-pool.ts';
import { createSourcePool, type SourcePool } from '../../scenarios/experiments/pretrain/source-pool.ts';
import { SCENES_A_UNIT } from '../../scenarios/experiments/units/played.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { parseOverride } from '../../scenarios/parse/overrides.ts';
import { untrainedPolicy } from '../../scenarios/run/named-policy.ts';
import { start } from '../support/process/program.ts';
import { startRedis } from '../support/process/redis.ts';

const [units = 4, rounds = 2] = process.argv.slice(2).map(Number);
/** Clock ticks a second of /proc. */
const TICKS = 100;

/** Seconds of processor time of another process, its threads included. */
function secondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

const ownSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const folder = mkdtempSync(join(tmpdir(), 'graft-bench-'));
const redis = await startRedis();
const worker = start(['worker', '--queue', redis.url, '--shared', folder, '--workers', '1'], { timeoutMs: 3_600_000 });
await worker.until('a worker', () => worker.stderr().includes('queue: listening'));
const { scenario } = loadScenario('tabletop', [parseOverride('learner.backbone=grasp-passive')]);
const policy = await untrainedPolicy(scenario);

/** Seeds differ from round to round: nothing that was shared is met again. */
async function measured(
  seed: number,
  elsewhere: { readonly queue?: string; readonly shared?: string },
  scenes: number,
) {
  const [wall, own, others] = [performance.now(), ownSeconds(), secondsOf(worker.pid)];
  await playPieces({
    ...elsewhere,
    ...{ label: 'bench', setting: { scenario, policy, protocol: 'single' }, library: undefined, seeds: [seed] },
    ...{ scenes, workers: 1, quiet: true, signal: new AbortController().signal },
  });
  return {
    wall: (performance.now() - wall) / 1000,
    processor: ownSeconds() - own + secondsOf(worker.pid) - others,
  };
}

const queue = { queue: redis.url, shared: folder };
for (let round = 0; round < rounds; round++) {
  const all = units * SCENES_A_UNIT;
  // threads that have nothing to do end after a while: both start with warm ones
  await measured(9000 + round, {}, 4);
  const here = await measured(round, {}, all);
  await measured(9000 + round, queue, 4);
  const there = await measured(round, queue, all);
  const told = (at: keyof typeof here) =>
    `${at} ${here[at].toFixed(2)} s here, ${there[at].toFixed(2)} s by the queue, ratio ${(there[at] / here[at]).toFixed(4)}`;
  console.log(`${units} units: ${told('wall')}; ${told('processor')}`);
}

// units without any work: what each costs by itself
const EMPTY = 300;
const threads = createSourcePool(1);
const asked = await askedPool(threads, queue, new AbortController().signal);
const job = { seed: 0, hand: 'jaws', split: 'training', count: 0, grasps: 0 } as const;
const each = async (pool: SourcePool, from: number, count: number): Promise<number> => {
  const started = performance.now();
  await pool.run(Array.from({ length: count }, (_, i) => ({ ...job, first: from + i })));
  return (performance.now() - started) / count;
};
for (const pool of [threads, asked]) await each(pool, 0, 20);
for (let round = 0; round < rounds; round++) {
  const [here, there] = [await each(threads, 1000 * round + 100, EMPTY), await each(asked, 1000 * round + 100, EMPTY)];
  console.log(`a unit by itself: ${here.toFixed(2)} ms here, ${there.toFixed(2)} ms by the queue`);
}
await asked.close();
worker.signal('SIGTERM');
await worker.done;
await redis.kill();
rmSync(folder, { recursive: true, force: true });
