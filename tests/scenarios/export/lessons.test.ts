import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportDataset } from '../../../scenarios/export/dataset.ts';
import { recordLessons } from '../../../scenarios/export/lessons.ts';
import { openRecordingFile } from '../../../scenarios/recordings/open.ts';
import { verify } from '../../../scenarios/verify/verify.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { PlaySession } from '../../../viewer/play/session.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const TINY = 'sensor: { widthPx: 64, heightPx: 64 }\n';
writeFileSync(at('tiny.yaml'), TINY);

let lines: string[];
beforeAll(async () => {
  await loadPhysics();
  const play = new PlaySession();
  const { name } = play.addScenario(TINY, 'tiny.yaml');
  lines = [];
  for (let index = 0; index < 3; index++) {
    const { poses } = await play.draw(name, 5, index, false);
    play.point(poses[0] + (index === 2 ? 0.08 : 0), poses[1], 0.3, 0.034, true);
    play.try();
    lines.push(play.lesson()!.line);
  }
});

const record = (text: string, out: string, more: { scenario?: string; signal?: AbortSignal } = {}) => {
  writeFileSync(at('taught.jsonl'), text);
  const { scenario = at('tiny.yaml'), signal = new AbortController().signal } = more;
  return recordLessons({ from: at('taught.jsonl'), out: at(out), scenario, command: 'test', signal });
};

describe('lessons of the play page', () => {
  it('become a recording of what happened there, bit for bit, which is exported like any', async () => {
    const held = lines.filter((line) => JSON.parse(line).outcome === 'held').length;
    expect(await record(`${lines.join('\n')}\n`, 'lessons.mcap')).toEqual({
      ...{ out: at('lessons.mcap'), trials: 3, held, others: 0, otherwise: [] },
    });
    const found = await verify(await openRecordingFile(at('lessons.mcap')), { note: () => undefined });
    expect(found).toMatchObject({ trials: 3, same: 3, mismatches: [], ending: 'whole', notes: [] });
    const dataset = await exportDataset({ from: at('lessons.mcap'), format: 'lerobot', out: at('dataset') });
    expect(dataset).toMatchObject({ trials: 3, held });
  });

  it('that come out otherwise, or are of other scenarios, are left out and named', async () => {
    const [first, second, third] = lines;
    const altered = second.replace(/"stateHash":"./, '"stateHash":"x');
    const other = third.replace('"scenario":"tiny"', '"scenario":"pile"');
    expect(await record([first, altered, other].join('\n'), 'some.mcap')).toMatchObject({
      ...{ trials: 1, others: 1, otherwise: [1] },
    });
    await expect(record(altered, 'none.mcap')).rejects.toThrow(
      /expected a lesson of 'tiny' that comes out as in the page/,
    );
    expect(existsSync(at('none.mcap'))).toBe(false);
  });

  it('leave nothing if they are interrupted', async () => {
    await expect(record(lines[0], 'half.mcap', { signal: AbortSignal.abort() })).rejects.toThrow(/interrupted/);
    expect(existsSync(at('half.mcap'))).toBe(false);
  });

  it('that are none are refused, with file and line', async () => {
    await expect(record('\n', 'x.mcap')).rejects.toThrow(/expected a lesson a line, got an empty file/);
    await expect(record(`${lines[0]}\n{"trial":0}`, 'x.mcap')).rejects.toThrow(
      /taught.jsonl, line 2: expected a lesson of the play page, got scenario: /,
    );
    await expect(record('{', 'x.mcap')).rejects.toThrow(/line 1: expected a lesson/);
    await expect(record(lines[0].replace(/"cell":\d+/, '"cell":99999'), 'x.mcap')).rejects.toThrow(
      /trial 0: expected a grasp of \d+ x \d+ cells, .*, got 99999, /,
    );
    const both = `${lines[0]}\n${lines[1].replace('"tiny"', '"pile"')}`;
    writeFileSync(at('taught.jsonl'), both);
    const request = { from: at('taught.jsonl'), out: at('x.mcap'), command: 'test' };
    await expect(recordLessons({ ...request, signal: new AbortController().signal })).rejects.toThrow(
      /expected lessons of one scenario, or --scenario, got tiny, pile/,
    );
    await expect(record(lines[0], 'taught.jsonl')).rejects.toThrow(/expected a file that does not exist yet/);
    expect(existsSync(at('x.mcap'))).toBe(false);
  });
});
