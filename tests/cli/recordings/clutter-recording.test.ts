import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../../scenarios/load.ts';
import { openRecordingFile } from '../../../scenarios/recordings/open.ts';
import type { runEvaluation } from '../../../scenarios/run/evaluation-run.ts';
import type { Verification } from '../../../scenarios/verify/verify.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import { run, runJson, temporaryFolder } from '../../support/process/cli.ts';
import { recordRounds, trialMessages } from '../../support/recordings/recordings.ts';

type Evaluated = Awaited<ReturnType<typeof runEvaluation>>;
/** A row by column, of whatever types the file says. */
type Loose = ReturnType<typeof JSON.parse>;

const folder = temporaryFolder();
const here = { cwd: folder };
const at = (...parts: string[]): string => join(folder, ...parts);
const clutter = (policy: string, workers: string, ...more: string[]): string[] => {
  const rounds = ['--protocol', 'clutter', '--rounds', '2', '--seeds', '2', '--workers', workers];
  return ['evaluate', policy, '--scenario', 'few.yaml', ...rounds, ...more];
};
/** Three objects side by side, and learners that cost little. */
const FEW = [
  'scene: { objectCount: 3, arrangement: packed, dropHalfWidth: 0.12, workspaceHalfWidth: 0.17 }',
  'action: { angles: 4 }',
  'learner: { backbone: grasp-passive, batchSize: 16, updatesPerTrial: 0.5 }',
  'evaluation: { trials: 1 }',
].join('\n');
writeFileSync(at('few.yaml'), FEW);
const recorded = (policy: string, name: string, workers: string, ...more: string[]): Promise<Evaluated> =>
  runJson(clutter(policy, workers, '--record', 'all', '--recording', name, ...more), here);
const verify = (path: string): Promise<Verification> => runJson(['verify', path], here);

/** The `/trial` messages of a recording. */
const trialsIn = (path: string): Promise<Loose[]> => trialMessages(at(path));

describe('rounds of clutter removal that are recorded', () => {
  let result: Evaluated;
  beforeAll(async () => {
    result = await recorded('antipodal', 'rounds.mcap', '2');
  });

  it('come out as they do without, every grasp in the file in its place', async () => {
    const { seconds: _, ...plain } = await runJson<Evaluated>(clutter('antipodal', '1'), here);
    expect(result).toMatchObject(plain);
    const trials = await trialsIn('rounds.mcap');
    expect(trials.map((t) => t.trial)).toEqual(trials.map((_, i) => i));
    expect(trials.length).toBe(result.trials);
    trials.forEach((trial, i) => {
      const before = trials[i - 1];
      const goesOn = i > 0 && trial.attempt > 0;
      expect([trial.round, trial.attempt]).toEqual(
        goesOn ? [before.round, before.attempt + 1] : [(before?.round ?? -1) + 1, 0],
      );
      // a held object is gone at the next grasp
      if (goesOn && before.held) expect(trial.families.length).toBeLessThan(before.families.length);
      expect([Number(trial.seed), trial.scene]).toEqual([Math.floor(trial.round / 2), trial.round % 2]);
    });
    expect((await openRecordingFile(at('rounds.mcap'))).metadata).toMatchObject({
      protocol: 'clutter',
      policy: 'antipodal',
    });
  });

  it('replay bit for bit, the grasps of a heuristic chosen anew', async () => {
    const { trials } = result;
    expect(await verify('rounds.mcap')).toMatchObject({ trials, same: trials, skipped: 0, mismatches: [], notes: [] });
  });

  it('replay bit for bit with the grasps of a learner, round after round', async () => {
    writeFileSync(
      at('small.yaml'),
      `training: { trials: 12, warmupTrials: 4, scenesPerRound: 3 }\n${FEW.split('\n').slice(1).join('\n')}\n`,
    );
    await runJson(['train', 'small.yaml', '--out', 'learned', '--workers', '1'], here);
    const { trials } = await recorded('learned', 'learned.mcap', '1', '--rounds', '1');
    // two rounds, one of each seed
    expect(trials).toBeGreaterThan(2);
    expect(await verify('learned.mcap')).toMatchObject({ trials, same: trials, skipped: 0, mismatches: [] });
  });

  it('become arrays with round and attempt, and one LeRobot episode a round', async () => {
    await runJson(['export', 'rounds.mcap', '--format', 'npz', '--out', 'arrays'], here);
    const trials = await trialsIn('rounds.mcap');
    const files = unzipSync(readFileSync(at('arrays', 'trials-000.npz')));
    for (const name of ['round', 'attempt']) {
      const bytes = files[`${name}.npy`];
      const values = new BigInt64Array(bytes.slice(bytes.length - 8 * trials.length).buffer);
      expect([...values].map(Number)).toEqual(trials.map((t) => t[name]));
    }
    await runJson(['export', 'rounds.mcap', '--format', 'lerobot', '--out', 'robot'], here);
    const table = async (path: string): Promise<Loose[]> =>
      parquetReadObjects({ file: await asyncBufferFromFile(at('robot', path)) }) as Promise<Loose[]>;
    const rows = await table('data/chunk-000/file-000.parquet');
    expect(rows.map((r) => [r.episode_index, r.frame_index, r.index].map(Number))).toEqual(
      trials.map((t, i) => [t.round, t.attempt, i]),
    );
    expect(rows.map((r) => r['next.done'])).toEqual(trials.map((t, i) => trials[i + 1]?.round !== t.round));
    expect(rows.map((r) => r['next.success'])).toEqual(trials.map((t) => t.held));
    const episodes = await table('meta/episodes/chunk-000/file-000.parquet');
    const rounds = [0, 1, 2, 3].map((n) => trials.filter((t) => t.round === n));
    expect(episodes.map((e) => [e.length, e['graft/held'], e['graft/outcome']])).toEqual(
      rounds.map((r) => [BigInt(r.length), BigInt(r.filter((t) => t.held).length), r.at(-1).outcome]),
    );
    expect(JSON.parse(readFileSync(at('robot', 'meta/info.json'), 'utf8'))).toMatchObject({
      ...{ total_episodes: 4, total_frames: trials.length, splits: { evaluation: '0:4' } },
    });
  });
});

describe('export --format lerobot', () => {
  it('keeps the same round of two recordings apart', async () => {
    const { metadata } = await openRecordingFile(at('rounds.mcap'));
    mkdirSync(at('both'));
    for (const policy of ['antipodal', 'depth-pca'] as const) {
      const writer = await createRecording(at('both', `${policy}.mcap`), metadata);
      for (const entry of await recordRounds(1, policy)) await writer.add(entry);
      await writer.close();
    }
    await runJson(['export', 'both', '--format', 'lerobot', '--out', 'apart'], here);
    const info = JSON.parse(readFileSync(at('apart', 'meta/info.json'), 'utf8'));
    expect(info.total_episodes).toBe(2);
  });
});

describe('training in rounds of clutter removal', () => {
  // two rounds of learning, the last one cut
  const TRIALS = 22;
  const settings = `training: { trials: ${TRIALS}, graspsPerScene: 6, scenesPerRound: 2, rounds: true }`;
  beforeAll(() => writeFileSync(at('clearing.yaml'), `${FEW}\n${settings}\n`));

  it('plays exactly the trials it was asked for, each on the scene that the one before left, whatever the workers', async () => {
    const train = (out: string, ...more: string[]) => runJson(['train', 'clearing.yaml', '--out', out, ...more], here);
    await train('clearing', '--workers', '1', '--record', 'all');
    await train('clearing-2', '--workers', '2');
    const log = readFileSync(at('clearing', 'trials.jsonl'), 'utf8');
    expect(readFileSync(at('clearing-2', 'trials.jsonl'), 'utf8')).toBe(log);
    const trials: Loose[] = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(trials.map((t) => t.trial)).toEqual(trials.map((_, i) => i));
    expect(trials).toHaveLength(TRIALS);
    let gone = 0;
    trials.forEach(({ trial, scene, inRound, families }, i) => {
      const before = trials[i - 1];
      // a round is named after its first trial; a worker plays six grasps between updates
      expect([scene, inRound.round]).toEqual([trial - inRound.attempt, trial - inRound.attempt]);
      if (inRound.attempt > 0) {
        if (before.outcome === 'held') expect(families.length).toBeLessThan(before.families.length);
        if (before.outcome === 'held') gone++;
        expect(trial % 6).not.toBe(0);
      } else expect(families).toHaveLength(3);
    });
    expect(gone).toBeGreaterThan(5);
    const all = TRIALS + 1;
    expect(await verify(join('clearing', 'recording.mcap'))).toMatchObject({ trials: all, same: all, skipped: 0 });
  });
});

describe('verify', () => {
  let metadata: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const scenario = JSON.stringify(loadScenario('packed').scenario);
    metadata = { ...(await openRecordingFile(at('rounds.mcap'))).metadata, scenario };
  });

  it('says which grasps of a round cannot be replayed because one before them is missing', async () => {
    const entries = (await recordRounds(1)).map(({ episode, ...rest }) => ({
      // as a learner's, whose grasps are taken from the file
      ...rest,
      episode: { ...episode, policy: 'learned' },
    }));
    expect(entries.length).toBeGreaterThan(3);
    const writer = await createRecording(at('gap.mcap'), metadata);
    for (const [i, entry] of entries.entries()) if (i !== 1) await writer.add(entry);
    await writer.close();
    const skipped = entries.length - 2;
    const { code, stderr } = await run(['verify', 'gap.mcap'], here);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(`${skipped} trials not replayed: an earlier grasp of their round was not recorded`);
    expect(await verify('gap.mcap')).toMatchObject({ trials: entries.length - 1, same: 1, skipped });
  });

  it('finds a grasp that its round never had, and refuses half a place', async () => {
    const entries = await recordRounds(1);
    const last = entries[entries.length - 1];
    const write = async (name: string, inRound: object): Promise<void> => {
      const writer = await createRecording(at(name), metadata);
      const episode = { ...last.episode, inRound: inRound as { round: number; attempt: number } };
      await writer.add({ ...last, episode });
      await writer.close();
    };
    await write('late.mcap', { round: 0, attempt: 1000 });
    expect(await run(['verify', 'late.mcap'], here)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('replayed no such grasp'),
    });
    await write('half.mcap', { attempt: 1 });
    const { code, stderr } = await run(['verify', 'half.mcap'], here);
    expect(code).toBe(2);
    expect(stderr).toContain('attempt: expected round and attempt, or neither');
  });
});
