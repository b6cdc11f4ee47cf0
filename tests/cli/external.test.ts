import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TransferJson } from '../../scenarios/experiments/transfer/result.ts';
import { expectRefusal, run, runJson, temporaryFolder } from '../support/process/cli.ts';

const ARM = fileURLToPath(new URL('../support/external/arm.js', import.meta.url));
const folder = temporaryFolder();
const here = { cwd: folder };
const external = (character: string): string => `${character}=external:"${process.execPath}" "${ARM}" ${character}`;

describe('graft evaluate of an external policy', () => {
  it('counts its refused answers by kind, as trials that missed', async () => {
    const args = ['evaluate', external('not-finite'), '--scenario', 'quick', '--trials', '4', '--workers', '1'];
    const result = await runJson<Record<string, never>>([...args, '--log', 'log'], here);
    // a worker asks an arm of its own, every other of whose answers is a lie
    expect(result).toMatchObject({ trials: 4, reasons: { missed: expect.any(Number) }, refused: { 'not-finite': 2 } });
    const log = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
    expect(log.filter((line) => line.includes('"refused":"not-finite"'))).toHaveLength(2);
  });

  it('fails with one sentence if it breaks', async () => {
    const args = [
      'evaluate',
      external('crash-in-the-middle'),
      '--scenario',
      'quick',
      '--trials',
      '6',
      '--workers',
      '1',
    ];
    const { code, stdout, stderr } = await run([...args, '--json'], here);
    expect({ code, stdout, stderr }).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: "arm 'crash-in-the-middle': expected an answer to propose, but it ended with code 3\n",
    });
  });

  it('refuses what names none', async () => {
    expectRefusal(await run(['evaluate', 'external:', '--json'], here), /^external: expected \[name=\]external:/);
  });
});

describe('graft bench transfer with arms of one’s own', () => {
  const bench = ['bench', 'transfer', '--preset', 'smoke', '--seeds', '1', '--workers', '2', '--out', 'bench'];
  const arms = ['depth-pca', external('strict'), external('crash-in-the-middle'), external('garbage')];

  it('measures them beside its own, and one that breaks costs no other its results', async () => {
    const { code, stdout } = await run([...bench, '--arms', ...arms, '--json'], here);
    const result: TransferJson = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(result.failed).toEqual([
      {
        unit: 'unseen/crash-in-the-middle-s0',
        reason: "arm 'crash-in-the-middle': expected an answer to propose, but it ended with code 3",
      },
    ]);
    expect(Object.keys(result.arms)).toEqual(['depth-pca', 'strict', 'garbage']);
    expect(result.arms.strict.curve.map(({ trials }) => trials)).toEqual([18, 20]);
    const raw = JSON.parse(readFileSync(join(folder, 'bench', 'raw', 'unseen', 'garbage-s0.json'), 'utf8'));
    expect(raw.points.map(({ held }: { held: string }) => held.length)).toEqual([4, 6]);
    // 20 trials of training, 4 and 6 of evaluation, every other one; and a picture's
    expect(raw.refused).toEqual({ garbage: 15 });
    expect(raw.training).toMatch(/^[01x]{20}$/);
    const report = readFileSync(join(folder, 'bench', 'report.html'), 'utf8');
    expect(report).toContain('15 answers refused (garbage 15), counted as failed');
  });

  it.each([
    [['depth-pca=external:x'], /^--arms: expected a name that no other arm has, got 'depth-pca'/],
    [['external:x', 'external:y'], /^--arms: expected a name that no other arm has, got 'external'/],
    [['scratch', 'mine=external:'], /^external: expected /],
  ])('refuses --arms %j', async (bad, message) =>
    expectRefusal(await run([...bench, '--arms', ...bad], here), message),
  );
});
