import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SoakJson } from '../../scenarios/experiments/speed/soak.ts';
import type { SpeedJson } from '../../scenarios/experiments/speed/speed.ts';
import type { TransferJson } from '../../scenarios/experiments/transfer/result.ts';
import { runJson, temporaryFolder } from '../support/process/cli.ts';
import { runProgramJson } from '../support/process/program.ts';

const here = { cwd: temporaryFolder() };

describe('bench transfer', () => {
  const KEYS = ['report', 'raw', 'arms', 'targets', 'verdict', 'claims', 'leftOut', 'missing', 'failed'];

  it('prints the fields of the contract, and goes on where it stopped', async () => {
    const args = ['bench', 'transfer', '--preset', 'smoke', '--seeds', '1', '--out', 'bench'];
    const first = await runProgramJson<TransferJson>(args, here);
    expect(Object.keys(first)).toEqual(KEYS);
    expect(Object.keys(first.arms)).toEqual(['pretrained', 'scratch', 'depth-pca']);
    for (const arm of Object.values(first.arms)) {
      expect(Object.keys(arm)).toEqual(['curve', 'trialsTo80']);
      for (const point of arm.curve) expect(Object.keys(point)).toEqual(['trials', 'rate', 'low', 'high']);
    }
    expect(first.targets).toEqual({ unseen: first.arms });
    expect(first.missing).toEqual([]);
    expect(first.failed).toEqual([]);
    expect(first.arms.pretrained.curve.map((p) => p.trials)).toEqual([18, 20]);
    expect(first.arms['depth-pca'].curve.map((p) => p.trials)).toEqual([0]);
    expect(readFileSync(first.report, 'utf8')).toContain('graft bench transfer --preset smoke');

    const kept = join(first.raw, 'unseen', 'scratch-s0.json');
    expect(JSON.parse(readFileSync(kept, 'utf8')).training).toMatch(/^[01x]{20}$/);
    expect(readFileSync(first.report, 'utf8')).toContain('failed grasps in the first 20 trials');
    const before = statSync(kept).mtimeMs;
    rmSync(join(first.raw, 'unseen', 'depth-pca-s0.json'));
    expect((await runJson<TransferJson>(args, here)).arms).toEqual(first.arms);
    expect(statSync(kept).mtimeMs).toBe(before);
    expect(existsSync(join(first.raw, 'unseen', 'depth-pca-s0.json'))).toBe(true);
  });
});

describe('bench speed', () => {
  it('prints the fields of the contract', async () => {
    const { engine, physics, trainStepRatio, ...figures } = await runProgramJson<SpeedJson>([
      'bench',
      'speed',
      '--seconds',
      '0.1',
    ]);
    expect(engine).toMatch(/^tfjs \d/);
    expect(physics).toMatch(/^@dimforge\/rapier3d-simd-compat \d/);
    expect(Object.keys(figures)).toEqual([
      ...['cores', 'trialsPerSecondPerCore', 'pileLabelsPerSecondPerCore', 'framesPerSecondPerCore', 'twoWorkers'],
      ...['featuresMs', 'updateMs'],
    ]);
    for (const value of Object.values(figures)) expect(value).toBeGreaterThan(0);
    if (engine.includes('wasm')) expect(trainStepRatio).toBeGreaterThan(1);
    else expect(trainStepRatio).toBeNull();
  });
});

describe('bench soak', () => {
  it('plays many trials of several scenarios: none diverges, memory is flat, a restored trial is the same one', async () => {
    const scenarios = ['tabletop', 'suction', 'bin'];
    const result = await runProgramJson<SoakJson>(['bench', 'soak', '--trials', '64', '--scenario', ...scenarios]);
    expect(result).toMatchObject({ scenarios, trials: 64, invalid: 0 });
    expect(result.restored).toEqual({ trials: 64, identical: 64 });
    expect(result.unabridged.trials).toBe(64);
    expect(result.unabridged.changed).toBeLessThan(4);
    expect(result.memoryGrowth).toBeLessThan(60);
    // a garbage collector may hold one for a moment
    expect(result.descriptorGrowth === null || result.descriptorGrowth < 3).toBe(true);
    expect(result.pace).toBeGreaterThan(0);
  });
});
