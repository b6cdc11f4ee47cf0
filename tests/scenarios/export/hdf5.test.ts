import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import h5wasm, { type Dataset, type File } from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import { trialArrays } from '../../../scenarios/export/arrays.ts';
import { hdf5Writer } from '../../../scenarios/export/hdf5.ts';
import { exportedTrials } from '../../support/recordings/exported-trials.ts';

/** The file that so many trials become. */
async function written(count: number): Promise<File> {
  const folder = mkdtempSync(join(tmpdir(), 'graft-hdf5-'));
  const writer = await hdf5Writer(folder);
  for (const trial of exportedTrials(count)) writer.add(trial);
  writer.close();
  await h5wasm.ready;
  return new h5wasm.File(join(folder, 'trials.h5'), 'r');
}

describe('an HDF5 file', () => {
  // one, a whole batch, and several batches
  it.each([1, 64, 150])('holds the arrays of %d trials', async (count) => {
    const file = await written(count);
    const arrays = trialArrays(exportedTrials(count));
    expect(file.keys().sort()).toEqual(Object.keys(arrays).sort());
    for (const [name, array] of Object.entries(arrays)) {
      const { shape, value } = file.get(name) as Dataset;
      expect(shape, name).toEqual(array.kind === 'numbers' ? array.shape : [count]);
      const wanted = array.kind === 'booleans' ? array.values.map(Number) : array.values;
      expect(Array.from(value as ArrayLike<unknown>), name).toEqual(Array.from(wanted as ArrayLike<unknown>));
    }
    file.close();
  });

  it('says what it is, in which units', async () => {
    const file = await written(1);
    const { format, version, units } = file.attrs;
    expect([format.value, version.value, units.value]).toEqual([
      'graft trials',
      1,
      expect.stringMatching(/^metres, radians, newtons; world \+Z up; quaternions x y z w/),
    ]);
    file.close();
  });
});
