import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { trialArrays } from '../../../scenarios/export/arrays.ts';
import { npzWriter } from '../../../scenarios/export/npz.ts';
import { exportedTrials, parseNpy } from '../../support/recordings/exported-trials.ts';

/** The files that so many trials become. */
function written(count: number): Record<string, Record<string, ReturnType<typeof parseNpy>>> {
  const folder = mkdtempSync(join(tmpdir(), 'graft-npz-'));
  const writer = npzWriter(folder);
  for (const trial of exportedTrials(count)) writer.add(trial);
  writer.close();
  return Object.fromEntries(
    readdirSync(folder).map((file) => {
      const entries = Object.entries(unzipSync(readFileSync(join(folder, file))));
      return [file, Object.fromEntries(entries.map(([name, bytes]) => [name, parseNpy(bytes)]))];
    }),
  );
}

describe('npz files', () => {
  it('hold the arrays of their trials', () => {
    const trials = exportedTrials(4);
    const files = written(4);
    expect(Object.keys(files)).toEqual(['trials-000.npz']);
    for (const [name, array] of Object.entries(trialArrays(trials))) {
      const { shape, data } = files['trials-000.npz'][`${name}.npy`];
      expect(shape[0], name).toBe(4);
      if (array.kind !== 'numbers') continue;
      expect(shape).toEqual(array.shape);
      const { buffer, byteOffset, byteLength } = array.values;
      expect(Buffer.from(data).equals(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)), name).toBe(true);
    }
  });

  it('have 256 trials each, the rest in the last', () => {
    const numbers = (count: number): number[][] =>
      Object.values(written(count)).map((arrays) => [...new BigInt64Array(arrays['trial.npy'].data)].map(Number));
    const sizes = (count: number): number[] => numbers(count).map((n) => n.length);
    expect([sizes(0), sizes(256), sizes(257), sizes(600)]).toEqual([[], [256], [256, 1], [256, 256, 88]]);
    expect(numbers(257).flat()).toEqual(Array.from({ length: 257 }, (_, i) => i));
  });
});
