import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ExportOptions, exportDataset } from '../../../scenarios/export/dataset.ts';
import { Interrupted } from '../../../scenarios/interrupted.ts';
import { InputError, loadScenario } from '../../../scenarios/load.ts';
import type { RecordingSource, TrialFields, TrialMessages } from '../../../scenarios/recordings/recorded-trial.ts';
import { exportedTrial, HEIGHT, parseNpy, SIZE, WIDTH } from '../../support/exported-trials.ts';

let folder: string;
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A trial as a recording has it. */
function messages(trial: number, fields: Partial<TrialFields> = {}, width = WIDTH): TrialMessages {
  const { fields: said, view } = exportedTrial(trial, fields);
  const [x, y, z, qx, qy, qz, qw] = view.cameraPose;
  const image = { width, height: HEIGHT };
  const camera = { child_frame_id: 'camera', translation: { x, y, z }, rotation: { x: qx, y: qy, z: qz, w: qw } };
  const all: Record<string, Readonly<Record<string, unknown>>> = {
    '/trial': said,
    '/camera/colour': { ...image, encoding: 'rgb8', data: new Uint8Array(3 * width * HEIGHT) },
    '/camera/depth': { ...image, encoding: '16UC1', data: bytesOf(new Uint16Array(width * HEIGHT)) },
    '/camera/calibration': { K: view.intrinsics },
    '/tf_static': { transforms: [camera] },
    '/heightmap': { column_count: SIZE, cell_size: { x: view.cell, y: view.cell }, data: bytesOf(view.heightmap) },
  };
  return { messages: (topic) => (all[topic] ? [all[topic]] : []) };
}

type Ending = ReturnType<ReturnType<RecordingSource['trials']>['next']>['value'];

/** A recording of these trials. */
const source = (
  path: string,
  trials: readonly TrialMessages[],
  ending: Ending = { kind: 'whole' },
): RecordingSource => ({
  path,
  metadata: { version: '1', scenario: JSON.stringify(loadScenario('quick').scenario) },
  *trials() {
    yield* trials;
    return ending as { kind: 'whole' };
  },
});

const TRAINING = [0, 1, 2].map((i) => messages(i));
const EVALUATION = [3, 4].map((i) => messages(i, { split: 'evaluation' }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-dataset-'));
});

/** Exports recordings that are what `sources` says. */
function exported(sources: Readonly<Record<string, RecordingSource>>, more: Partial<ExportOptions> = {}) {
  for (const name of Object.keys(sources)) writeFileSync(join(folder, name), '');
  const open: ExportOptions['open'] = async (path) => sources[path.split('/').pop()!];
  return exportDataset({ from: folder, format: 'npz', out: join(folder, 'out'), open, ...more });
}

const numbers = (): number[] => {
  const arrays = unzipSync(readFileSync(join(folder, 'out', 'trials-000.npz')));
  return [...new BigInt64Array(parseNpy(arrays['trial.npy']).data)].map(Number);
};
const leftOver = (): string[] => readdirSync(folder).filter((name) => name.startsWith('out'));

describe('a dataset', () => {
  it('has all training trials, then all evaluation trials, of all recordings of a folder', async () => {
    const [a, b] = [source('a', [EVALUATION[0], TRAINING[0]]), source('b', [TRAINING[2], EVALUATION[1], TRAINING[1]])];
    const done: number[] = [];
    const result = await exported({ 'a.mcap': a, 'b.mcap': b, 'notes.txt': a }, { onTrial: (n) => done.push(n) });
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
    const again = source('b', [TRAINING[1], TRAINING[2]]);
    const { trials } = await exported({ 'a.mcap': source('a', TRAINING.slice(0, 2)), 'b.mcap': again });
    expect([trials, numbers()]).toEqual([3, [0, 1, 2]]);
  });

  it('has both trials of a number that came out differently', async () => {
    const other = source('b', [messages(1, { state_hash: 'another' })]);
    expect((await exported({ 'a.mcap': source('a', TRAINING), 'b.mcap': other })).trials).toBe(4);
  });

  it('notes recordings that do not end as they should', async () => {
    const cut = source('a.mcap', TRAINING, { kind: 'cut', offset: 1234 } as Ending);
    const { notes } = await exported({ 'a.mcap': cut });
    expect(notes).toEqual([expect.stringMatching(/^a\.mcap: .*1234/)]);
  });

  it.each([
    ['nothing in them', {}, 'expected a run with a recording, got none; record with train --record all'],
    ['no whole trial', { 'a.mcap': source('a', []) }, 'expected at least one whole trial, got none'],
    [
      'pictures of another size',
      { 'a.mcap': source('a.mcap', [TRAINING[0], messages(1, {}, 2 * WIDTH)]) },
      'a.mcap: expected pictures and maps of 6 x 4, 5 x 5 like the first, got 12 x 4, 5 x 5',
    ],
  ])('is refused from recordings with %s, and nothing is left behind', async (_, sources, message) => {
    const refused = exported(sources as Record<string, RecordingSource>);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(message);
    expect(leftOver()).toEqual([]);
  });

  it('is refused where something is already, and leaves it alone', async () => {
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out', 'mine'), 'x');
    await expect(exported({ 'a.mcap': source('a', TRAINING) })).rejects.toThrow(
      'out: expected a folder that does not exist yet, got one that does',
    );
    expect(readdirSync(join(folder, 'out'))).toEqual(['mine']);
  });

  it('stops when it is interrupted, and leaves nothing behind', async () => {
    const stop = new AbortController();
    const stopped = exported(
      { 'a.mcap': source('a', TRAINING) },
      { signal: stop.signal, onTrial: (n) => n === 2 && stop.abort() },
    );
    await expect(stopped).rejects.toThrow(Interrupted);
    await expect(stopped).rejects.toThrow('export interrupted after 2 trials');
    expect([leftOver(), existsSync(join(folder, 'out.partial'))]).toEqual([[], false]);
  });
});
