import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  benchTransfer,
  planTransfer,
  type TransferRequest,
} from '../../../../scenarios/experiments/transfer/transfer.ts';
import { InputError } from '../../../../scenarios/load.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { start } from '../../../support/process/program.ts';

const folder = temporaryFolder();

/** Four units that do not learn. */
const request: TransferRequest = {
  ...{ preset: 'smoke', targets: ['slippery', 'visual'], arms: ['depth-pca', 'antipodal'], seeds: 1 },
  ...{ out: join(folder, 'bench'), workers: 1, quiet: true, command: 'npx graft bench transfer' },
  signal: new AbortController().signal,
};
const bench = (more: Partial<TransferRequest> = {}) => benchTransfer({ ...request, ...more });
const file = (...path: string[]): string => join(folder, 'bench', ...path);

describe('a benchmark in pieces', () => {
  it('reports on what is there, goes on with what is missing, and packs', async () => {
    // a report alone measures nothing, nor is a unit started when the time is up
    for (const more of [{ reportOnly: true }, { maxMinutes: 0 }]) {
      await expect(bench(more)).rejects.toThrow(/bench\/raw: expected results to report on, got none/);
      await expect(bench(more)).rejects.toBeInstanceOf(InputError);
    }

    const first = await bench({ part: { part: 1, of: 2 }, pack: true });
    expect(first.missing).toEqual(['slippery/antipodal-s0', 'visual/antipodal-s0']);
    expect(readFileSync(first.report, 'utf8')).toContain('2 of 4 units are still to be measured');
    expect(readdirSync(file()).sort()).toEqual(['raw.jsonl.gz', 'report.html', 'result.json']);

    // the rest comes to packed results
    const whole = await bench({ part: { part: 2, of: 2 } });
    expect(whole.missing).toEqual([]);
    expect(Object.keys(whole.targets)).toEqual(['slippery', 'visual']);
    expect(
      readdirSync(file('raw'), { recursive: true })
        .filter((f) => String(f).endsWith('-s0.json'))
        .sort(),
    ).toEqual(['slippery', 'visual'].map((target) => join(target, 'antipodal-s0.json')));

    rmSync(file('raw', 'visual', 'antipodal-s0.json'));
    expect((await bench({ reportOnly: true })).missing).toEqual(['visual/antipodal-s0']);
    expect(existsSync(file('raw', 'visual', 'antipodal-s0.json'))).toBe(false);
  });

  it('is planned without measuring', async () => {
    const plan = await planTransfer({ ...request, out: join(folder, 'planned'), part: { part: 1, of: 2 } });
    expect(plan.targets.map(({ target, arm, units }) => [target, arm, units])).toEqual([
      ['slippery', 'depth-pca', 1],
      ['slippery', 'antipodal', 0],
      ['visual', 'depth-pca', 1],
      ['visual', 'antipodal', 0],
    ]);
    expect(plan.coreHours).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'planned'))).toBe(false);
  });

  it('is a command that can be interrupted in the midst of a unit', async () => {
    const args = ['bench', 'transfer', '--preset', 'full', '--targets', 'unseen', '--arms', 'scratch', '--out', 'long'];
    const running = start([...args, '--workers', '1'], { cwd: folder });
    await running.until('the folder of raw results', () => existsSync(join(folder, 'long', 'raw')));
    running.signal('SIGINT');
    const { code, stdout, stderr } = await running.done;
    expect(stderr).toMatch(/benchmark interrupted after 0 of 10 units; the same command goes on\n$/);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(readdirSync(join(folder, 'long'), { recursive: true })).toEqual(['raw']);
  });
});
