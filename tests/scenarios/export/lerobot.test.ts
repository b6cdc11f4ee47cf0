import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { ExportedTrial } from '../../../scenarios/export/dataset.ts';
import { lerobotWriter } from '../../../scenarios/export/lerobot.ts';
import { exportedTrial, exportedTrials, madeUpEpisode, SIZE } from '../../support/recordings/exported-trials.ts';

/** A row by column, of whatever types the file says. */
type Loose = ReturnType<typeof JSON.parse>;

interface Dataset {
  readonly rows: Loose[];
  readonly files: readonly string[];
  readonly episodes: Loose[];
  readonly info: Loose;
  readonly stats: Loose;
  readonly tasks: Loose[];
}

async function written(trials: readonly ExportedTrial[]): Promise<Dataset> {
  const folder = mkdtempSync(join(tmpdir(), 'graft-lerobot-'));
  const writer = lerobotWriter(folder);
  for (const trial of trials) writer.add(trial);
  writer.close();
  const table = async (path: string): Promise<Loose[]> =>
    parquetReadObjects({ file: await asyncBufferFromFile(join(folder, path)), utf8: false }) as Promise<Loose[]>;
  const json = (path: string): Loose => JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const files = readdirSync(join(folder, 'data/chunk-000')).sort();
  const parts = await Promise.all(files.map((f) => table(`data/chunk-000/${f}`)));
  return {
    ...{ rows: parts.flat(), files, info: json('meta/info.json'), stats: json('meta/stats.json') },
    episodes: await table('meta/episodes/chunk-000/file-000.parquet'),
    tasks: await table('meta/tasks.parquet'),
  };
}

describe('a LeRobot dataset', () => {
  it('has an episode of one frame for each trial, whose action is the grasp and whose reward is that it held', async () => {
    const trials = exportedTrials(5);
    const { rows, episodes, tasks } = await written(trials);
    trials.forEach(({ grasp, proof, outcome, seen }, i) => {
      const { bytes, path } = rows[i]['observation.images.camera'];
      expect(path).toBe(`frame-00000${i}.png`);
      expect(Buffer.from(decode(bytes).data as Uint8Array).equals(Buffer.from(seen.colour.rgb))).toBe(true);
      const action = [...grasp.position, ...proof.grasp.pose.quaternion, grasp.opening];
      expect(rows[i].action).toEqual(action.map(Math.fround));
      expect(rows[i]['observation.heightmap']).toEqual([...seen.heightmap.values]);
      const held = outcome === 'held';
      const reward = held ? 1 : 0;
      expect(rows[i]).toMatchObject({ 'next.reward': reward, 'next.success': held, 'next.done': true });
      expect(rows[i]).toMatchObject({ index: BigInt(i), episode_index: BigInt(i), frame_index: 0n, task_index: 0n });
      expect(episodes[i]).toMatchObject({ length: 1n, 'graft/held': BigInt(reward), 'graft/outcome': outcome });
    });
    expect(tasks).toEqual([{ task_index: 0n, __index_level_0__: 'grasp an object and hold it' }]);
  });

  it('has an episode for each round of clutter removal, a frame for each grasp; rounds of the same number are apart', async () => {
    const grasp = (trial: number, round: number, attempt: number, seed = 7) => {
      const { proof } = madeUpEpisode(trial);
      return exportedTrial(trial, { inRound: { round, attempt }, proof: { ...proof, seed } });
    };
    const seven = [grasp(0, 0, 0), grasp(1, 0, 1), grasp(2, 0, 2), grasp(3, 1, 0)];
    const eight = [grasp(4, 1, 1, 8), grasp(5, 1, 2, 8), grasp(6, 1, 0, 8)];
    const { rows, episodes } = await written([...seven, ...eight]);
    expect(episodes.map((e) => [Number(e.dataset_from_index), Number(e.dataset_to_index)])).toEqual([
      [0, 3],
      [3, 4],
      [4, 6],
      [6, 7],
    ]);
    expect(rows.map((r) => Number(r.frame_index))).toEqual([0, 1, 2, 0, 0, 1, 0]);
    expect(rows.map((r) => r['next.done'])).toEqual([false, false, true, true, false, true, true]);
    expect(rows.map((r) => r.timestamp)).toEqual([0, 1, 2, 0, 0, 1, 0]);
    // held: 1 and 2 of trials 0 to 2
    expect(Number(episodes[0]['graft/held'])).toBe(2);
    expect(episodes[0]).toMatchObject({ 'graft/trial': 0n, 'graft/outcome': 'held', 'graft/state_hash': 'state-2' });
  });

  it('describes every column, with its statistics', async () => {
    const trials = exportedTrials(7);
    const { rows, info, stats } = await written(trials);
    expect(Object.keys(rows[0]).sort()).toEqual(Object.keys(info.features).sort());
    expect(Object.keys(stats).sort()).toEqual(Object.keys(info.features).sort());
    expect(info).toMatchObject({
      codebase_version: 'v3.0',
      total_episodes: 7,
      total_frames: 7,
      heightmap: { size: SIZE },
    });
    for (const name of ['action', 'observation.state', 'next.reward']) {
      const values: number[][] = rows.map((r) => [r[name]].flat());
      values[0].forEach((_, k) => {
        const column = values.map((v) => v[k]);
        const mean = column.reduce((a, b) => a + b) / 7;
        const deviation = Math.sqrt(column.reduce((s, v) => s + (v - mean) ** 2, 0) / 7);
        expect(stats[name].min[k]).toBeCloseTo(Math.min(...column), 6);
        expect(stats[name].max[k]).toBeCloseTo(Math.max(...column), 6);
        expect(stats[name].mean[k]).toBeCloseTo(mean, 6);
        expect(stats[name].std[k]).toBeCloseTo(deviation, 5);
      });
      expect(stats[name].count).toEqual([7]);
    }
    const red = trials.flatMap(({ seen }) => [...seen.colour.rgb].filter((_, i) => i % 3 === 0));
    const mean = red.reduce((a, b) => a + b) / red.length / 255;
    expect(stats['observation.images.camera'].mean[0]).toEqual([[expect.closeTo(mean, 9)]]);
  });

  it('keeps training and evaluation apart by the numbers of their episodes', async () => {
    const splits = async (training: number, evaluation: number): Promise<unknown> => {
      const trials = exportedTrials(training + evaluation);
      const all = trials.map(({ trial }) =>
        exportedTrial(trial, { split: trial < training ? 'training' : 'evaluation' }),
      );
      return (await written(all)).info.splits;
    };
    expect(await splits(2, 3)).toEqual({ train: '0:2', evaluation: '2:5' });
    expect(await splits(2, 0)).toEqual({ train: '0:2' });
    expect(await splits(0, 3)).toEqual({ evaluation: '0:3' });
  });

  it('begins another file after 512 frames, never within an episode', async () => {
    const places = Array.from({ length: 520 }, (_, i) => (i < 510 ? {} : { inRound: { round: 0, attempt: i - 510 } }));
    const { files, rows, episodes } = await written(places.map((p, i) => exportedTrial(i, p)));
    expect([files.length, rows.length]).toEqual([1, 520]);
    expect(Number(episodes.at(-1)['data/file_index'])).toBe(0);
    const more = await written(exportedTrials(515));
    expect(more.files).toEqual(['file-000.parquet', 'file-001.parquet']);
    expect(more.episodes.map((e) => Number(e['data/file_index'])).indexOf(1)).toBe(512);
  });
});
