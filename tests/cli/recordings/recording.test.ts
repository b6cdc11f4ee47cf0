import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { McapStreamReader, type McapTypes } from '@mcap/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../../scenarios/load.ts';
import { openRecordingFile } from '../../../scenarios/recordings/open.ts';
import type { Verification } from '../../../scenarios/verify/verify.ts';
import type { Fields } from '../../../sim/recording/read/decode.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import { expectRefusal, run, runJson, snapshot, temporaryFolder } from '../../support/process/cli.ts';
import { start } from '../../support/process/program.ts';
import { recordTrials, trialMessages, trialsOf } from '../../support/recordings/recordings.ts';

const folder = temporaryFolder();
const here = { cwd: folder };
const at = (...parts: string[]): string => join(folder, ...parts);
const TRIALS = 20;
const EVALUATION = 2;

beforeAll(() => {
  writeFileSync(
    at('small.yaml'),
    [
      `training: { trials: ${TRIALS}, warmupTrials: 8, scenesPerRound: 4 }`,
      `evaluation: { trials: ${EVALUATION} }`,
      'action: { angles: 4 }',
      'learner: { backbone: grasp-passive, batchSize: 16, updatesPerTrial: 0.5 }',
    ].join('\n'),
  );
});

const verify = (path: string): Promise<Verification> => runJson(['verify', path], here);

/** The `/trial` messages of a recording. */
const trialsIn = (path: string): Promise<Fields[]> => trialMessages(at(path));

/** The metadata records of an MCAP file. */
function metadataRecords(bytes: Uint8Array): McapTypes.Metadata[] {
  // chunks are left as they are
  const file = new McapStreamReader({
    includeChunks: false,
    decompressHandlers: { zstd: () => new Uint8Array(0) },
    validateCrcs: false,
  });
  file.append(bytes);
  const found: McapTypes.Metadata[] = [];
  for (let record = file.nextRecord(); record; record = file.nextRecord())
    if (record.type === 'Metadata') found.push(record);
  return found;
}

describe('a training that is recorded', () => {
  beforeAll(async () => {
    const train = ['train', 'small.yaml', '--out'];
    await runJson([...train, 'plain', '--workers', '1'], here);
    const { code, stderr } = await run([...train, 'recorded', '--record', 'all', '--workers', '2'], here);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/recording: .*recorded\/recording\.mcap \(22 trials, \d+\.\d MB\)/);
  });

  it('has the log and the weights that it has without', () => {
    for (const file of ['trials.jsonl', 'model.safetensors', 'checkpoint.safetensors']) {
      expect(readFileSync(at('recorded', file)).equals(readFileSync(at('plain', file))), file).toBe(true);
    }
  });

  it('has every trial in its recording, as it was logged, and the learned maps', async () => {
    const trials = await trialsIn('recorded/recording.mcap');
    const log = readFileSync(at('recorded', 'trials.jsonl'), 'utf8').trim().split('\n');
    expect(trials.filter((t) => t.split === 'training').map((t) => t.log)).toEqual(log);
    expect(trials.filter((t) => t.split === 'evaluation')).toHaveLength(EVALUATION);
    const last = (await trialsOf(at('recorded', 'recording.mcap'))).at(-1)!;
    expect(last.messages('/trial')[0]).toMatchObject({ policy: 'learned', probability: expect.any(Number) });
    const [best, chosen] = (['/affordance', '/affordance/angle'] as const).map((topic) => {
      const [{ data }] = last.messages(topic);
      return new Float32Array((data as Uint8Array).slice().buffer);
    });
    // the greedy choice is the best of all angles, so its angle has it, and is nowhere better
    const { probability } = last.messages('/trial')[0] as { probability: number };
    expect(Math.max(...best)).toBeCloseTo(probability, 3);
    expect(Math.max(...chosen)).toBeCloseTo(probability, 3);
    expect(chosen.every((p, i) => p <= best[i])).toBe(true);
    expect(chosen.some((p, i) => p < best[i])).toBe(true);
  });

  it('replays bit for bit', async () => {
    const result = await verify('recorded/recording.mcap');
    const trials = TRIALS + EVALUATION;
    expect(result).toMatchObject({ trials, same: trials, mismatches: [], ending: 'whole', notes: [] });
  });

  it('has what was seen at every trial, though it is written once for a scene', async () => {
    const seen = (await trialsOf(at('recorded', 'recording.mcap'))).map((trial) => {
      const [{ data }] = trial.messages('/camera/colour');
      const picture = createHash('sha256')
        .update(data as Uint8Array)
        .digest('hex');
      const [{ split, scene }] = trial.messages('/trial');
      return { key: `${split} ${scene}`, picture };
    });
    const scenes = new Map(seen.map(({ key, picture }) => [key, picture]));
    expect(scenes.size).toBe(TRIALS / 2 + EVALUATION);
    expect(new Set(scenes.values()).size).toBe(scenes.size);
    for (const { key, picture } of seen) expect(picture).toBe(scenes.get(key));
  });

  it('says at its end what came out', async () => {
    const results = metadataRecords(readFileSync(at('recorded', 'recording.mcap'))).at(-1)!;
    const { weightsHash, logHash } = JSON.parse(readFileSync(at('recorded', 'result.json'), 'utf8'));
    expect(results.name).toBe('graft/result');
    expect(Object.fromEntries(results.metadata)).toMatchObject({ weightsHash, logHash });
  });

  it('takes less than 60 kB a trial', () => {
    expect(statSync(at('recorded', 'recording.mcap')).size / (TRIALS + EVALUATION)).toBeLessThan(60_000);
  });

  it('says what it was made with', async () => {
    const { metadata } = await openRecordingFile(at('recorded', 'recording.mcap'));
    const config = JSON.parse(readFileSync(at('recorded', 'run.json'), 'utf8'));
    expect(JSON.parse(metadata.scenario!)).toEqual(config.scenario);
    expect(metadata).toMatchObject({
      seed: '0',
      policy: 'pretrained',
      recorded: 'all',
      weightsHash: config.backboneHash,
    });
    expect(metadata).toMatchObject({ physics: config.physics, command: expect.stringContaining('--record all') });
  });
});

describe('an evaluation that is recorded', () => {
  it('has what failed, or every so many, and replays with the grasps chosen anew', async () => {
    const args = ['evaluate', 'depth-pca', '--scenario', 'small.yaml', '--trials', '8', '--workers', '1'];
    const { reasons } = await runJson<{ reasons: Record<string, number> }>(
      [...args, '--record', 'failures', '--recording', 'failures.mcap'],
      here,
    );
    const failures = await trialsIn('failures.mcap');
    expect(failures).toHaveLength(8 - (reasons.held ?? 0));
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.every((t) => t.held === false)).toBe(true);
    await runJson([...args, '--record', 'every:3', '--recording', 'every.mcap'], here);
    expect((await trialsIn('every.mcap')).map((t) => t.trial)).toEqual([0, 3, 6]);
    expect(await verify('every.mcap')).toMatchObject({ trials: 3, same: 3 });
    expect(await verify('failures.mcap')).toMatchObject({ trials: failures.length, same: failures.length });
  });
});

describe('verify', () => {
  it('finds what was changed, says where, and exits with 1', async () => {
    const [trial] = await recordTrials(1);
    const { metadata } = await openRecordingFile(at('every.mcap'));
    // the one that these trials were played on
    const scenario = JSON.stringify(loadScenario('quick').scenario);
    const writer = await createRecording(at('changed.mcap'), { ...metadata, scenario, graft: '0.0.1' });
    const { proof } = trial.episode;
    const changed = { ...proof, result: { ...proof.result, stateHash: '0123456789abcdef' } };
    await writer.add({ ...trial, episode: { ...trial.episode, proof: changed } });
    await writer.close();
    const { code, stderr } = await run(['verify', 'changed.mcap'], here);
    expect(code).toBe(1);
    expect(stderr).toContain(`trial 0: final state: recorded 0123456789abcdef, replayed ${proof.result.stateHash}`);
    expect(stderr).toMatch(/recorded with graft 0\.0\.1, replayed with .*: results may differ/);
    expect(stderr).toContain('changed.mcap: 0 of 1 trials the same');
  });

  it.each([
    ['nothing.mcap', 'ENOENT'],
    ['small.yaml', 'expected a recording (MCAP'],
    ['no-scenario.mcap', 'expected a scenario in the metadata'],
    ['old-scenario.mcap', 'expected a scenario that this version knows, got'],
    ['objects.mcap', 'expected objects with hash abc, got none'],
  ])('refuses %s', async (name, message) => {
    const { metadata } = await openRecordingFile(at('every.mcap'));
    const changes: Readonly<Record<string, Record<string, string>>> = {
      'no-scenario.mcap': { scenario: '' },
      'old-scenario.mcap': { scenario: '{"training":{"trials":-3}}' },
      'objects.mcap': { objectsHash: 'abc' },
    };
    if (changes[name] && !existsSync(at(name)))
      await (await createRecording(at(name), { ...metadata, ...changes[name] })).close();
    expectRefusal(await run(['verify', name], here), message);
  });
});

describe('a training that is killed while it is recorded', () => {
  it('leaves a recording that opens and replays up to its last whole chunk', async () => {
    const args = ['train', 'small.yaml', '--trials', '4000', '--out', 'killed', '--record', 'all', '--workers', '1'];
    const training = start(args, here);
    const path = at('killed', 'recording.mcap');
    await training.until('some chunks', () => existsSync(path) && statSync(path).size > 500_000);
    training.signal('SIGKILL');
    await training.done;
    copyFileSync(path, at('killed.mcap'));
    const result = await verify('killed.mcap');
    expect(result.trials).toBeGreaterThan(0);
    expect(result).toMatchObject({ same: result.trials, ending: 'cut' });
    expect(result.notes.join()).toMatch(/cut off at byte \d+: read up to the last whole chunk/);
  });
});

describe('--record', () => {
  it.each([
    [
      ['evaluate', 'random', '--record', 'some'],
      "expected all, failures, every:N with N of at least 1, or off; got 'some'",
    ],
    [['evaluate', 'random', '--record', 'every:0'], "got 'every:0'"],
    [['evaluate', 'random', '--recording', 'x.mcap'], '--recording: expected --record all, failures or every:N, too'],
    [['evaluate', 'random', '--record', 'all', '--recording', 'small.yaml'], 'expected a file that does not exist yet'],
    [['train', 'quick', '--record', 'all', '--recording', 'none/x.mcap'], 'expected a file in a folder that exists'],
  ])('refuses %j and touches nothing', async (args, message) => {
    const before = snapshot(folder);
    expectRefusal(await run(args, here), message);
    expect(snapshot(folder)).toEqual(before);
  });
});

describe('view', () => {
  it('serves recordings to the page, two side by side, until Ctrl-C', async () => {
    const paths = ['one.mcap', 'two.mcap'];
    for (const path of paths) {
      const writer = await createRecording(at(path), { version: '1' });
      for (const trial of await recordTrials(1)) await writer.add(trial);
      await writer.close();
    }
    const viewing = start(['view', ...paths, '--port', '0'], here);
    const [, address] = await viewing.until('an address', () => /viewer: +(http:\S+)/.exec(viewing.stderr()));
    const asked = new URL(address).searchParams;
    for (const [i, name] of ['recording', 'beside'].entries()) {
      const answer = await fetch(new URL(asked.get(name)!, address), { headers: { range: 'bytes=0-7' } });
      expect(answer.status).toBe(206);
      expect(answer.headers.get('content-range')).toBe(`bytes 0-7/${statSync(at(paths[i])).size}`);
      expect(Buffer.from(await answer.arrayBuffer()).toString('hex')).toBe('894d434150300d0a');
    }
    viewing.signal('SIGINT');
    expect(await viewing.done).toMatchObject({ code: 0, stdout: '' });
  });

  it('refuses what is no recording, and more than two', async () => {
    writeFileSync(at('no.mcap'), 'hello');
    expectRefusal(await run(['view', 'no.mcap', '--port', '0'], here), 'expected a recording (MCAP');
    expectRefusal(await run(['view', 'a.mcap', 'b.mcap', 'c.mcap'], here), 'expected one or two recordings, got 3');
  });
});
