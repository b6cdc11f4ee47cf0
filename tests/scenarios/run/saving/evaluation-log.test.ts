import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEvaluationLog, removeEvaluationLogs } from '../../../../scenarios/run/saving/evaluation-log.ts';
import type { TrialRecord } from '../../../../scenarios/trials/job.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';

const folder = temporaryFolder();
const record = (trial: number): TrialRecord => ({
  ...{ trial, scene: trial, families: ['box'], position: [0, 0, trial / 8], yaw: 0.5, probability: null },
  ...{ action: { cell: 4, angle: 1, depth: 0 }, outcome: 'held', gap: 0.02, rise: 0.15, stateHash: 'a' },
});

describe('the log of an evaluation', () => {
  const path = join(folder, 'evaluating', 'learned.jsonl');
  const open = (key = 'weights') => openEvaluationLog(folder, 'learned', key);

  it('tells what an earlier process has played, up to what it left half written', () => {
    const log = open();
    expect(log.done).toEqual([]);
    for (let i = 0; i < 3; i++) log.add(record(i));
    appendFileSync(path, '{"trial":3,"sce');
    expect(open().done).toEqual([0, 1, 2].map(record));
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(5);
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, [lines[0], lines[1], 'null', lines[3]].join('\n'));
    expect(open().done).toEqual([record(0)]);
  });

  it('of other weights is not used, and goes with the others once all is over', () => {
    expect(open('other').done).toEqual([]);
    expect(open().done).toEqual([]);
    removeEvaluationLogs(folder);
    expect(existsSync(path)).toBe(false);
  });
});
