import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measuredWith } from '../../../../scenarios/code.ts';
import { mergeResults } from '../../../../scenarios/experiments/merge.ts';
import { openAsker } from '../../../../scenarios/experiments/queue/asker.ts';
import { jobId, QUEUE } from '../../../../scenarios/experiments/queue/job.ts';
import { openSharedResults } from '../../../../scenarios/experiments/queue/shared-results.ts';
import { transferKind } from '../../../../scenarios/experiments/transfer/kind.ts';
import { unitName } from '../../../../scenarios/experiments/transfer/raw.ts';
import { benchTransfer, planOf, type TransferRequest } from '../../../../scenarios/experiments/transfer/transfer.ts';
import { DECIDED, storeDecided } from '../../../support/decided-benchmark.ts';
import { expectRefusal, run, temporaryFolder } from '../../../support/process/cli.ts';
import { type Running, start } from '../../../support/process/program.ts';
import { hasRedis, type RedisServer, startRedis, withoutRedis } from '../../../support/process/redis.ts';

const folder = temporaryFolder();
const at = (...names: readonly string[]): string => join(folder, ...names);

/** Nine units that do not learn. */
const what = { preset: 'smoke', targets: ['slippery', 'visual', 'narrow'], seeds: 1 } as const;
const arms = ['depth-pca', 'antipodal', 'zero-shot'];
const request = (out: string, more: Partial<TransferRequest> = {}): TransferRequest => ({
  ...what,
  ...{ arms, out: at(out), workers: 1, quiet: true, command: 'npx graft bench transfer' },
  signal: AbortSignal.timeout(240_000),
  ...more,
});
const UNITS = 9;

const listening = /queue: listening/;

/** Raw results of units, without pictures' scenes. */
const resultsIn = (out: string): string[] =>
  readdirSync(at(out, 'raw'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /-s\d+\.json$/.test(name))
    .sort();

describe.skipIf(!hasRedis)(`machines at a queue${withoutRedis}`, () => {
  let redis: RedisServer;
  const worker = (...more: readonly string[]): Running =>
    start(['worker', '--queue', redis.url, '--shared', at('shared'), '--workers', '1', '--lock', '2', ...more]);
  /** A worker whose clock is so many hours ahead. */
  const startAt = (shared: string, hours: number): Running => {
    const clock = `const now = Date.now; Date.now = () => now() + ${hours * 3_600_000};`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}` };
    const where = ['worker', '--queue', redis.url, '--shared', at(shared), '--workers', '1', '--lock', '2'];
    return start(where, { env });
  };
  const asked = (out: string): TransferRequest => request(out, { queue: redis.url, shared: at('shared') });

  beforeAll(async () => {
    redis = await startRedis();
    await benchTransfer(request('local'));
  });

  afterAll(() => redis.kill());

  it('measure the same as this one, though one is killed, one is stopped, and Redis loses everything', async () => {
    const workers = [worker(), worker(), worker()];
    await Promise.all(workers.map((each) => each.until('a worker', () => listening.test(each.stderr()))));
    const ending = benchTransfer(asked('queue'));
    const shared = (): number => (existsSync(at('shared')) ? readdirSync(at('shared')).length : 0);
    // the first dies in the midst of a unit, the second is thought dead and ends its own later
    await workers[0].until('a first result', () => shared() >= 1);
    workers[0].signal('SIGKILL');
    workers[1].signal('SIGSTOP');
    await workers[2].until('another result', () => shared() >= 3);
    await redis.kill();
    await redis.restart();
    await new Promise((resolve) => setTimeout(resolve, 4000));
    workers[1].signal('SIGCONT');
    const { failed, missing } = await ending;
    expect({ failed, missing }).toEqual({ failed: [], missing: [] });
    expect(resultsIn('queue')).toEqual(resultsIn('local'));
    // as the command does it, which refuses results that differ in more than times
    mkdirSync(at('both'));
    const merged = mergeResults([at('local'), at('queue')], at('both'));
    expect(merged.twice).toBe(merged.results);
    // told to stop, a worker ends well
    for (const each of workers.slice(1)) each.signal('SIGTERM');
    for (const each of workers.slice(1)) {
      const { code, stderr } = await each.done;
      expect(code, stderr).toBe(0);
    }
  });

  it('play a sequential benchmark up to the look that decides, and this one knows which that is', async () => {
    const sequential: TransferRequest = { ...asked('sequential'), ...DECIDED, targets: ['unseen'], sequential: true };
    await storeDecided(sequential);
    const listener = worker();
    const { failed, missing } = await benchTransfer(sequential);
    expect({ failed, missing }).toEqual({ failed: [], missing: [] });
    const heuristic = resultsIn('sequential').filter((name) => name.includes('depth-pca'));
    expect(heuristic).toEqual([0, 1, 2, 3, 4, 5].map((seed) => join('unseen', `depth-pca-s${seed}.json`)));
    listener.signal('SIGTERM');
    await listener.done;
  });

  it('are not needed for what lies in the shared folder already', async () => {
    const { failed, missing } = await benchTransfer(asked('again'));
    expect({ failed, missing }).toEqual({ failed: [], missing: [] });
    expect(resultsIn('again').length).toBe(UNITS);
  });

  it('that measured different things are both named', async () => {
    const { key, target, arm, seed, versions } = JSON.parse(
      readFileSync(at('local', 'raw', resultsIn('local')[0]), 'utf8'),
    );
    const id = jobId({ kind: 'transfer', name: `${target}/${arm}-s${seed}`, key, versions });
    const place = at('shared', id);
    const [name] = readdirSync(place);
    const answer = JSON.parse(readFileSync(join(place, name), 'utf8'));
    const results = openSharedResults(at('shared'), transferKind.measured);
    const [point, ...points] = answer.measured.points;
    const other = { ...answer.measured, points: [{ ...point, held: '0'.repeat(point.held.length) }, ...points] };
    results.write(id, {
      ...{ by: 'elsewhere/1', versions: { graft: '0.0.1' }, measured: other },
    });
    const { failed } = await benchTransfer(asked('differ'));
    expect(failed).toEqual([
      {
        unit: `${target}/${arm}-s${seed}`,
        reason: expect.stringMatching(/expected the same result from every machine, got two/),
      },
    ]);
    for (const told of ['elsewhere/1 (graft 0.0.1)', answer.by, `node ${process.version}`])
      expect(failed[0].reason).toContain(told);
    // a damaged file is none
    writeFileSync(join(place, `${'0'.repeat(32)}.json`), '{"by":');
    expect(results.read(id).length).toBe(2);
  });

  it('whose results lie where nobody looks are told apart from machines that measure nothing', async () => {
    const elsewhere = start([
      'worker',
      '--queue',
      redis.url,
      '--shared',
      at('elsewhere'),
      '--workers',
      '1',
      '--lock',
      '2',
    ]);
    const unit = { target: 'slippery', arm: 'depth-pca', seed: 0 } as const;
    const plan = await planOf(request('plan'));
    const asker = await openAsker({
      ...{ url: redis.url, shared: at('unseen'), kind: transferKind, nameOf: unitName },
      ...{ keyOf: plan.keyOf, units: 1, lookEveryMs: 20 },
      request: { ...what, targets: [...what.targets], arms },
    });
    const running = asker.run(unit, plan.settingOf(unit), new Int32Array(1), new AbortController().signal);
    await expect(running).rejects.toThrow(/^measured, and not in .*unseen: expected a folder that every machine sees$/);
    expect(elsewhere.stderr().match(/slippery\/depth-pca-s0: measured/g)?.length).toBe(3);
    await asker.close();
    elsewhere.signal('SIGTERM');
    expect((await elsewhere.done).code).toBe(0);
  });

  it.each([
    ['graft', async () => ({})],
    ['code', async () => ({ ...(await measuredWith()), code: 'f00d' })],
  ])('refuse a unit of another %s, which goes back whole', async (what, versionsOf) => {
    const versions: Record<string, string> = await versionsOf();
    const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
    const queue = new Queue(QUEUE, { connection });
    // whose request has another form, too
    const own = { name: 'narrow/depth-pca-s0', key: 'none', versions, unit: {}, request: { preset: 'other' } };
    await queue.add('unit', { kind: 'transfer', ...own }, { jobId: 'foreign', attempts: 3 });
    const refusing = worker();
    const { code, stderr } = await refusing.done;
    expect({ code, stderr }).toMatchObject({ code: 2 });
    const [{ [what]: here }, { [what]: there = 'none' }] = [await measuredWith(), versions];
    expect(stderr).toContain(`narrow/depth-pca-s0: expected ${what} ${here}, as here, got a unit of ${there};`);
    const job = await queue.getJob('foreign');
    expect(await job?.getState()).toMatch(/delayed|waiting/);
    expect(job?.attemptsMade).toBe(0);
    await queue.obliterate({ force: true });
    await queue.close();
    connection.disconnect();
  });

  it.skipIf(process.platform !== 'linux')(
    'finish what one gave back whose disk is full, though their clocks are hours apart (needs /dev/full)',
    async () => {
      const unit = { target: 'slippery', arm: 'depth-pca', seed: 0 } as const;
      const plan = await planOf(request('plan'));
      const name = unitName(unit);
      const id = jobId({ kind: 'transfer', name, key: plan.keyOf(unit), versions: await measuredWith() });
      const [result] = readdirSync(at('shared', id));
      const full = startAt('full', 2);
      await full.until('a worker', () => listening.test(full.stderr()));
      mkdirSync(at('full', id), { recursive: true });
      symlinkSync('/dev/full', at('full', id, `${result}.${hostname()}-${full.pid}.partial`));
      const asker = await openAsker({
        ...{ url: redis.url, shared: at('full'), kind: transferKind, nameOf: unitName },
        ...{ keyOf: plan.keyOf, units: 1, lookEveryMs: 20 },
        request: { ...what, targets: [...what.targets], arms },
      });
      const running = asker.run(unit, plan.settingOf(unit), new Int32Array(1), new AbortController().signal);
      const { code, stderr } = await full.done;
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/ENOSPC: no space left/) });
      expect(stderr).not.toMatch(/measured/);
      const late = startAt('full', -3);
      const found = await running;
      expect(JSON.stringify(found.measured.points[0].held)).toBe(
        JSON.stringify(JSON.parse(readFileSync(at('shared', id, result), 'utf8')).measured.points[0].held),
      );
      await asker.close();
      late.signal('SIGTERM');
      expect((await late.done).code).toBe(0);
    },
  );

  it('end a unit that kills whoever touches it after three attempts, and report the others', async () => {
    const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
    const queue = new Queue(QUEUE, { connection });
    await queue.add('unit', { no: 'unit' }, { jobId: 'poison', attempts: 3 });
    const one = worker();
    await one.until(
      'three attempts',
      () => (one.stderr().match(/expected a unit of an experiment/g)?.length ?? 0) >= 3,
    );
    expect(await (await queue.getJob('poison'))?.getState()).toBe('failed');
    one.signal('SIGTERM');
    await one.done;
    await queue.close();
    connection.disconnect();
  });
});

describe('a queue that is none', () => {
  it.each([
    [['bench', 'transfer', '--queue', 'redis://127.0.0.1:1'], '--queue: expected --shared, too'],
    [
      ['bench', 'transfer', '--queue', 'http://127.0.0.1', '--shared', 'x'],
      '--queue: expected an address such as redis://',
    ],
    [
      ['worker', '--queue', 'redis://:secret@127.0.0.1:1', '--shared', 'x'],
      /at redis:\/\/127\.0\.0\.1:1, got: .*ECONNREFUSED/,
    ],
    [['worker', '--queue', 'redis://127.0.0.1:1'], 'worker: expected --queue and --shared'],
    [['merge', 'nothing', '--out', 'there'], 'nothing: expected the folder of an experiment with results'],
  ])('%j is refused', async (args, message) => {
    expectRefusal(await run(args, { cwd: folder }), message);
    expect(existsSync(at('there'))).toBe(false);
  });

  it('is not asked for what was measured already', async () => {
    await benchTransfer(request('done', { targets: ['slippery'], arms: ['depth-pca'] }));
    const dead = { queue: 'redis://127.0.0.1:1', shared: at('dead') };
    const { missing } = await benchTransfer(request('done', { targets: ['slippery'], arms: ['depth-pca'], ...dead }));
    expect(missing).toEqual([]);
    expect(existsSync(at('dead'))).toBe(false);
  });

  it('tells a password to nobody', async () => {
    const { stderr } = await run(['worker', '--queue', 'redis://:secret@127.0.0.1:1', '--shared', 'x'], {
      cwd: folder,
    });
    expect(stderr).not.toContain('secret');
  });
});
