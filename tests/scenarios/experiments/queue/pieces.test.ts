import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CollectJson } from '../../../../scenarios/experiments/collect/collect.ts';
import { comparable } from '../../../../scenarios/experiments/comparable.ts';
import { PRETRAIN_DEFAULTS } from '../../../../scenarios/experiments/pretrain/defaults.ts';
import { openSharedFiles } from '../../../../scenarios/experiments/queue/shared-files.ts';
import { jsonIn, openRawStore } from '../../../../scenarios/experiments/raw-store.ts';
import { openPlayed, playedKeys, sharePlayed } from '../../../../scenarios/experiments/units/played.ts';
import { InputError, loadScenario } from '../../../../scenarios/load.ts';
import type { TrainingJson } from '../../../../scenarios/run/conclude.ts';
import { namedPolicy } from '../../../../scenarios/run/named-policy.ts';
import { expectRefusal, run, runJson, snapshot, temporaryFolder } from '../../../support/process/cli.ts';
import { type Running, start } from '../../../support/process/program.ts';
import { hasRedis, type RedisServer, startRedis, withoutRedis } from '../../../support/process/redis.ts';

// a pretraining measures its features and its answers on dozens of batches, whatever it was asked for
beforeAll(() => void vi.spyOn(PRETRAIN_DEFAULTS, 'batchSize', 'get').mockReturnValue(6));
afterAll(() => vi.restoreAllMocks());

const folder = temporaryFolder();
const here = { cwd: folder };
const at = (...names: readonly string[]): string => join(folder, ...names);

writeFileSync(
  at('tiny.yaml'),
  'action: { angles: 4, depths: [0.035] }\nlearner: { backbone: grasp-passive }\nsensor: { widthPx: 64, heightPx: 64 }\n',
);

/** Three units of scenes, by a policy with weights. */
const evaluation = ['evaluate', 'pretrained', '--scenario', 'tiny.yaml', '--trials', '68'];
/** Two units of rounds. */
const rounds = [
  'evaluate',
  'random',
  '--scenario',
  'tiny.yaml',
  '--protocol',
  'clutter',
  '--rounds',
  '4',
  '--seeds',
  '2',
];
/** Two units. */
const collection = ['collect', 'tiny.yaml', '--policy', 'antipodal', '--trials', '132'];

/** Two units that learn. */
const search = ['tune', 'pretrained', '--scenario', 'tiny.yaml', '--trials', '16', '--evaluation', '4'];

/** Two units of scenes a round, the second with weights that choose grasps. */
const pretraining = [
  'pretrain',
  '--name',
  'x',
  '--source',
  'grasp',
  '--rounds',
  '2',
  '--scenes',
  '13',
  '--grasps',
  '1',
];

/** What a search found: settings, and what held with each. */
async function tuned(out: string, more: readonly string[] = []) {
  await runJson([...search, '--configs', '2', '--seeds', '1', '--out', out, ...more], here);
  const store = openRawStore(at(out));
  return store.names().map((name) => comparable(jsonIn(store.find(name)!)));
}

/** Weights and scenes of a pretraining, by the name of their file. */
async function pretrained(out: string, more: readonly string[] = []) {
  const where = ['--steps', '1', '--data', out, '--out', join(out, 'x.safetensors')];
  await runJson([...pretraining, ...where, '--workers', '1', ...more], here);
  return Object.fromEntries(Object.entries(bytesOf(out)).filter(([name]) => !name.endsWith('.model.json')));
}

/** Ten scenes to learn from, three units of those that it is judged by. */
const training = ['train', 'learn.yaml', '--seed', '7', '--workers', '1'];
writeFileSync(
  at('learn.yaml'),
  `${readFileSync(at('tiny.yaml'), 'utf8')}training: { trials: 10, graspsPerScene: 1, warmupTrials: 4 }\nevaluation: { trials: 20 }\n`,
);

/** Weights and log of a training, and all that it says but times and places. */
async function trained(out: string, more: readonly string[] = []) {
  const said = await runJson<TrainingJson>([...training, '--out', out, ...more], here);
  const { final, baselines, weightsHash, logHash } = said;
  const { seconds: _, ...success } = final;
  return { success, baselines, weightsHash, logHash, log: readFileSync(at(out, 'trials.jsonl'), 'utf8') };
}

/** All that an evaluation says but the time that it took, and its log. */
async function evaluated(args: readonly string[], log: string, more: readonly string[] = []) {
  const { seconds: _, ...said } = await runJson<{ seconds: number }>([...args, '--log', log, ...more], here);
  return { said, log: readFileSync(at(log), 'utf8') };
}

const collected = async (out: string, more: readonly string[] = []) => {
  const { out: _, ...said } = await runJson<CollectJson>([...collection, '--out', out, ...more], here);
  return said;
};

/** Bytes of a folder, by name within it. */
const bytesOf = (out: string) =>
  Object.fromEntries(Object.entries(snapshot(at(out))).map(([path, hash]) => [path.slice(at(out).length), hash]));

let local: Awaited<ReturnType<typeof evaluated>>;
let dataset: Awaited<ReturnType<typeof collected>>;

beforeAll(async () => {
  local = await evaluated(evaluation, 'local.jsonl');
  dataset = await collected('data');
});

describe('the parts of an experiment together', () => {
  it('are the evaluation, of scenes or rounds', async () => {
    const whole = await evaluated(rounds, 'rounds.jsonl');
    for (const part of ['1/2', '2/2'])
      expect(await runJson([...rounds, '--part', part, '--out', `r${part[0]}`], here)).toMatchObject({
        ...{ pieces: 2, missing: 1 },
      });
    await runJson(['merge', 'r1', 'r2', '--out', 'r'], here);
    expect(await evaluated(rounds, 'merged.jsonl', ['--out', 'r'])).toEqual(whole);
  });

  it('are the dataset, file by file; what was damaged is played again', async () => {
    expect(dataset).toMatchObject({ trials: 132, pieces: 2, missing: 0 });
    expect(dataset.labelled).toBe(Object.values(dataset.outcomes).reduce((a, b) => a + b));
    expect(await collected('d1', ['--part', '1/2'])).toMatchObject({ pieces: 2, missing: 1, trials: 128 });
    expect(existsSync(at('d1', 'graft.json'))).toBe(false);
    await collected('d2', ['--part', '2/2']);
    await runJson(['merge', 'd1', 'd2', '--out', 'd'], here);
    expect(await collected('d')).toEqual(dataset);
    expect(bytesOf('d')).toEqual(bytesOf('data'));
    const last = readdirSync(at('d')).findLast((name) => name.endsWith('.npz'))!;
    writeFileSync(at('d', last), 'PK');
    expect((await run(['merge', 'd', '--out', 'nowhere'], here)).stderr).toMatch(
      /expected the file with hash .*, got another/,
    );
    expect(existsSync(at('nowhere'))).toBe(false);
    expect(await collected('d')).toEqual(dataset);
    expect(bytesOf('d')).toEqual(bytesOf('data'));
  });
});

describe('the parts of a training side by side', () => {
  it('end with the same bytes as one machine, though one is killed on the way', async () => {
    const part = (i: number): string[] => ['--shared', at('side'), '--part', `${i}/2`];
    const doomed = start([...training, '--out', 'p1', ...part(1)], here);
    const other = trained('p2', part(2));
    await doomed.until('a checkpoint', () => existsSync(at('p1', 'checkpoint.safetensors')));
    doomed.signal('SIGKILL');
    await doomed.done;
    const whole = await trained('whole');
    expect(await trained('p1', [...part(1), '--resume'])).toEqual(whole);
    expect(await other).toEqual(whole);
    // ten scenes to learn from, and three units of each of four policies
    const units = readdirSync(at('side')).filter((name) => name.startsWith('u-'));
    const by = units.map(
      (name) => JSON.parse(readFileSync(at('side', name, readdirSync(at('side', name))[0]), 'utf8')).by,
    );
    expect(units).toHaveLength(22);
    expect(new Set(by)).toEqual(new Set(['part 1 of 2', 'part 2 of 2']));
  });
});

describe.skipIf(!hasRedis)(`machines at a queue${withoutRedis}`, () => {
  let redis: RedisServer;
  const workers: Running[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  it('play, collect, tune, draw and train the same bytes as this one, though one is killed on the way', async () => {
    const elsewhere = ['--queue', redis.url, '--shared', at('shared')];
    for (let i = 0; i < 2; i++) workers.push(start(['worker', ...elsewhere, '--workers', '1', '--lock', '2'], here));
    await Promise.all(workers.map((each) => each.until('a worker', () => each.stderr().includes('queue: listening'))));
    const playing = evaluated(evaluation, 'queue.jsonl', elsewhere);
    const [doomed, other] = workers;
    await doomed.until('a first result', () => workers.some((each) => /: measured/.test(each.stderr())));
    doomed.signal('SIGKILL');
    expect(await playing).toEqual(local);
    expect(await collected('queued', elsewhere)).toEqual(dataset);
    expect(bytesOf('queued')).toEqual(bytesOf('data'));
    expect(await tuned('tuned', elsewhere)).toEqual(await tuned('searched'));
    const scenes = await pretrained('drawn', [...elsewhere, '--view', '--port', '0']);
    expect(scenes).toEqual(await pretrained('local'));
    expect(Object.keys(scenes).filter((name) => name.endsWith('.bin'))).toHaveLength(3);
    expect(await trained('learned', elsewhere)).toEqual(await trained('whole', ['--resume']));
    // who measured what is told, and it was not this process
    expect(other.stderr()).toMatch(/c01-s0: measured/);
    expect(other.stderr()).toMatch(/training-00000013-[0-9a-f]{8}: measured/);
    expect(other.stderr()).toMatch(/training-0000000[1-9]-[0-9a-f]{8}: measured/);
    expect(other.stderr()).toMatch(/evaluation-00000016-random: measured/);
    other.signal('SIGTERM');
    const { code, stderr } = await other.done;
    expect(code, stderr).toBe(0);
  });
});

describe('weights on their way', () => {
  it('are the same where they arrive, and refused if they are damaged or missing', async () => {
    const { scenario } = loadScenario(at('tiny.yaml'));
    const { policy } = await namedPolicy('pretrained', at('tiny.yaml'));
    const files = openSharedFiles(at('weights'));
    const asked = JSON.parse(JSON.stringify(sharePlayed({ scenario, policy }, files)));
    const { library, ...there } = await openPlayed(asked, files);
    const [key, same, other] = [
      await playedKeys({ scenario, policy }, library, 'evaluation'),
      await playedKeys(there, library, 'evaluation'),
      await playedKeys({ scenario, policy: { kind: 'fixed', name: 'random' } }, library, 'evaluation'),
    ].map((keyOf) => keyOf({ first: 0 }));
    expect(same).toBe(key);
    expect(other).not.toBe(key);
    const path = at('weights', 'files', asked.policy.weights);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(path, bytes);
    await expect(openPlayed(asked, files)).rejects.toThrow(/expected a file with hash .*, got none that is whole/);
    const far = { ...asked, policy: { kind: 'greedy', weights: '../../tiny.yaml' } };
    await expect(openPlayed(far, files)).rejects.toBeInstanceOf(InputError);
  });
});

describe('a request that no other machine could meet', () => {
  it.each([
    [[...evaluation, '--part', '1/2'], '--part: expected --out, too'],
    [[...evaluation, '--queue', 'redis://127.0.0.1:1'], '--queue: expected --shared, too'],
    [[...training, '--out', 'x', '--queue', 'redis://127.0.0.1:1'], '--queue: expected --shared, too'],
    [[...training, '--out', 'x', '--part', '1/2'], '--part: expected --shared, too'],
    [
      [...training, '--out', 'x', '--part', '1/2', '--shared', 'x', '--queue', 'redis://127.0.0.1:1'],
      '--part: expected no --queue',
    ],
    [
      ['evaluate', 'external:true', '--out', 'x'],
      "--out: expected a policy that every machine has, got 'external:true'",
    ],
    [[...evaluation, '--out', 'x', '--record', 'all'], '--out: expected no --record'],
    [
      ['collect', 'tiny.yaml', '--policy', 'external:true', '--out', 'x'],
      '--policy: expected a policy that every machine',
    ],
    [['collect', 'tiny.yaml', '--policy', 'nobody', '--out', 'x'], "policy 'nobody': expected one of"],
    [['tune', 'pretrained', '--part', '1/2', '--search', 'halving', '--out', 'x'], '--part: expected --search random'],
  ])('%j is refused', async (args, message) => {
    expectRefusal(await run(args, here), message);
    expect(existsSync(at('x'))).toBe(false);
  });
});
