import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRecordingFile } from '../../../../scenarios/recordings/open.ts';
import type { Topic } from '../../../../sim/recording/format.ts';
import type { StoredTrial } from '../../../../sim/recording/read/stored-trial.ts';
import { createRecording } from '../../../../sim/recording/write/mcap-writer.ts';
import { spread, writeThinned } from '../../../../sim/recording/write/thin.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { recordTrials } from '../../../support/recordings/recordings.ts';

const folder = temporaryFolder();
const SHOWN: readonly Topic[] = ['/scene', '/camera/colour', '/heightmap', '/tf_static', '/tf', '/grasp', '/trial'];

const bytesOf = (trial: StoredTrial): unknown => SHOWN.map((topic) => trial.messages(topic));

describe('a list that is thinned', () => {
  const list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  it('keeps so many, from all over it, in order', () => {
    expect(spread(list, 5)).toEqual([1, 3, 5, 7, 9]);
    expect(spread(list, 1)).toEqual([5]);
    expect(spread(list, 3)).toEqual([1, 5, 8]);
  });

  it('is whole if it has no more', () => {
    expect(spread(list, 10)).toBe(list);
    expect(spread(list, 11)).toBe(list);
    expect(spread([], 3)).toEqual([]);
  });
});

describe('a recording that is thinned', () => {
  it('has the trials that were asked for, as they were, also where a picture was written for an earlier one', async () => {
    const entries = await recordTrials(6);
    const path = join(folder, 'all.mcap');
    const writer = await createRecording(path, { version: '1', scenarioName: 'quick', seed: '0' });
    // the third saw what the second saw
    for (const [i, entry] of entries.entries()) await writer.add(i === 2 ? { ...entries[1], sameView: true } : entry);
    await writer.close();
    const all = await openRecordingFile(path);
    const wanted = [2, 3, 5].map((i) => all.marks[i]);
    const thinned = join(folder, 'some.mcap');
    await writeThinned(thinned, all, wanted);
    const some = await openRecordingFile(thinned);
    expect(some.ending).toEqual({ kind: 'whole' });
    expect(some.metadata).toEqual(all.metadata);
    expect(some.marks).toEqual(wanted);
    for (const mark of wanted) expect(bytesOf(await some.trial(mark))).toEqual(bytesOf(await all.trial(mark)));
    const inOrder: StoredTrial[] = [];
    for await (const trial of some.trials()) inOrder.push(trial);
    expect(inOrder.map(bytesOf)).toEqual(await Promise.all(wanted.map(async (mark) => bytesOf(await all.trial(mark)))));
    await expect(writeThinned(thinned, all, wanted)).rejects.toThrow(/EEXIST/);
  });
});
