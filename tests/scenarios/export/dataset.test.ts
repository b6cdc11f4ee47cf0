import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ExportOptions, exportDataset } from '../../../scenarios/export/dataset.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { Interrupted } from '../../../scenarios/terminal/interrupted.ts';
import type { RecordedEpisode } from '../../../sim/recording/episode.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import { UserError } from '../../../sim/user-error.ts';
import { entryOf, HEIGHT, madeUpEpisode, parseNpy, WIDTH } from '../../support/recordings/exported-trials.ts';

let folder: string;

/** Writes a recording of these trials. */
async function record(name: string, trials: readonly RecordedEpisode[], more: Record<string, string> = {}) {
  const metadata = { version: '1', scenario: JSON.stringify(loadScenario('quick').scenario), ...more };
  const writer = await createRecording(join(folder, name), metadata);
  for (const trial of trials) await writer.add(entryOf(trial));
  await writer.close();
}

const TRAINING = [0, 1, 2].map((i) => madeUpEpisode(i));
const EVALUATION = [3, 4].map((i) => madeUpEpisode(i, { split: 'evaluation' }));
const WIDE = madeUpEpisode(1, {
  image: { width: 2 * WIDTH, height: HEIGHT, rgb: new Uint8Array(6 * WIDTH * HEIGHT) },
  depth: new Float32Array(2 * WIDTH * HEIGHT),
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-dataset-'));
});

const exported = (more: Partial<ExportOptions> = {}) =>
  exportDataset({ from: folder, format: 'npz', out: join(folder, 'out'), ...more });

const numbers = (): number[] => {
  const arrays = unzipSync(readFileSync(join(folder, 'out', 'trials-000.npz')));
  return [...new BigInt64Array(parseNpy(arrays['trial.npy']).data)].map(Number);
};
const leftOver = (): string[] => readdirSync(folder).filter((name) => name.startsWith('out'));

describe('a dataset', () => {
  it('has all training trials, then all evaluation trials, of all recordings of a folder', async () => {
    await record('a.mcap', [EVALUATION[0], TRAINING[0]]);
    await record('b.mcap', [TRAINING[2], EVALUATION[1], TRAINING[1]]);
    writeFileSync(join(folder, 'notes.txt'), 'no recording');
    const done: number[] = [];
    const result = await exported({ onTrial: (n) => done.push(n) });
    expect(numbers()).toEqual([0, 2, 1, 3, 4]);
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(result).toMatchObject({
      trials: 5,
      held: 3,
      notes: [],
      recordings: ['a.mcap', 'b.mcap'].map((f) => join(folder, f)),
    });
    expect(leftOver()).toEqual(['out']);
    expect(JSON.parse(readFileSync(join(folder, 'out', 'graft.json'), 'utf8'))).toMatchObject({
      ...{ format: 'npz', trials: 5, held: 3, units: expect.stringContaining('metres') },
      recordings: [{ version: '1', scenario: { scene: {} } }, { version: '1' }],
    });
  });

  it('has a trial once that a run went through again after a checkpoint', async () => {
    await record('a.mcap', TRAINING.slice(0, 2));
    await record('b.mcap', [TRAINING[1], TRAINING[2]]);
    const { trials } = await exported();
    expect([trials, numbers()]).toEqual([3, [0, 1, 2]]);
  });

  it('has both trials of a number that came out differently', async () => {
    const { proof } = TRAINING[1];
    await record('a.mcap', TRAINING);
    await record('b.mcap', [
      { ...TRAINING[1], proof: { ...proof, result: { ...proof.result, stateHash: 'another' } } },
    ]);
    expect((await exported()).trials).toBe(4);
  });

  it('notes recordings that do not end as they should', async () => {
    await record('a.mcap', TRAINING);
    const path = join(folder, 'a.mcap');
    writeFileSync(path, readFileSync(path).subarray(0, -40));
    expect(await exported()).toMatchObject({
      trials: 3,
      notes: [expect.stringMatching(/a\.mcap: cut off at byte \d+/)],
    });
  });

  it.each([
    ['none', [], 'expected a run with a recording, got none; record with train --record all'],
    ['no whole trial', [[]], 'expected at least one whole trial, got none'],
    [
      'pictures of another size',
      [[TRAINING[0]], [WIDE]],
      'b.mcap: expected pictures and maps of 6 x 4, 5 x 5 like the first, got 12 x 4, 5 x 5',
    ],
  ])('is refused from recordings with %s, and nothing is left behind', async (_, recordings, message) => {
    for (const [i, trials] of recordings.entries()) await record(`${'ab'[i]}.mcap`, trials);
    const refused = exported();
    await expect(refused).rejects.toThrow(UserError);
    await expect(refused).rejects.toThrow(message);
    expect(leftOver()).toEqual([]);
  });

  it('is refused where something is already, and leaves it alone', async () => {
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out', 'mine'), 'x');
    await record('a.mcap', TRAINING);
    await expect(exported()).rejects.toThrow('out: expected a folder that does not exist yet, got one that does');
    expect(readdirSync(join(folder, 'out'))).toEqual(['mine']);
  });

  it('stops when it is interrupted, and leaves nothing behind', async () => {
    const stop = new AbortController();
    await record('a.mcap', TRAINING);
    const stopped = exported({ signal: stop.signal, onTrial: (n) => n === 2 && stop.abort() });
    await expect(stopped).rejects.toThrow(Interrupted);
    await expect(stopped).rejects.toThrow('export interrupted after 2 trials');
    expect([leftOver(), existsSync(join(folder, 'out.partial'))]).toEqual([[], false]);
  });
});
