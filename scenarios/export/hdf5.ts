/** HDF5 writer: a dataset in one file that grows batch by batch. */
import { join } from 'node:path';
import type { Dataset } from 'h5wasm/node';
import { type TrialArray, trialArrays } from './arrays.ts';
import type { DatasetWriter, ExportedTrial } from './dataset.ts';

/** Trials that are written at once. */
const BATCH = 64;
const GZIP_LEVEL = 4;
/** Numbers in a compressed piece: a picture, or many small rows. */
const CHUNK = 8192;

/** All trials in one file, `trials.h5`; the same arrays as npz. Booleans are 0 and 1, texts have variable length. */
export async function hdf5Writer(folder: string): Promise<DatasetWriter> {
  // a megabyte of WebAssembly: loaded by those who need it
  const { default: h5wasm } = await import('h5wasm/node');
  await h5wasm.ready;
  const file = new h5wasm.File(join(folder, 'trials.h5'), 'w');
  file.create_attribute('format', 'graft trials');
  file.create_attribute('version', 1, [], '<i4');
  file.create_attribute('units', UNITS);
  const texts = new Map<string, string[]>();
  const datasets = new Map<string, Dataset>();
  let waiting: ExportedTrial[] = [];
  const append = (name: string, array: TrialArray): void => {
    if (array.kind === 'texts') {
      texts.set(name, [...(texts.get(name) ?? []), ...array.values]);
      return;
    }
    const { data, dtype, shape } = numeric(array);
    const known = datasets.get(name);
    if (known) {
      extend(known, data, shape);
      return;
    }
    const row = shape.slice(1).reduce((a, b) => a * b, 1);
    const chunks = [Math.min(Math.max(Math.floor(CHUNK / row), 1), BATCH), ...shape.slice(1)];
    const maxshape = [null, ...shape.slice(1)];
    const made = file.create_dataset({ name, data, shape, dtype, chunks, maxshape, compression: GZIP_LEVEL });
    datasets.set(name, made);
  };
  const flush = (): void => {
    if (waiting.length === 0) return;
    for (const [name, array] of Object.entries(trialArrays(waiting))) append(name, array);
    waiting = [];
  };
  return {
    add(trial) {
      waiting.push(trial);
      if (waiting.length === BATCH) flush();
    },
    close() {
      flush();
      for (const [name, values] of texts)
        file.create_dataset({ name, data: values, shape: [values.length], dtype: 'S' });
      file.close();
    },
  };
}

const UNITS = 'metres, radians, newtons; world +Z up; quaternions x y z w; camera +Z forward, +X right, +Y down';

/** The codes of h5wasm for our types, little-endian. */
function numeric(array: Exclude<TrialArray, { kind: 'texts' }>) {
  if (array.kind === 'booleans') {
    const data = Uint8Array.from(array.values, Number);
    return { data, dtype: '<B', shape: [data.length] };
  }
  const { values: data, shape } = array;
  const dtype =
    data instanceof Uint8Array
      ? '<B'
      : data instanceof Float32Array
        ? '<f'
        : data instanceof Float64Array
          ? '<d'
          : '<q';
  return { data, dtype, shape: [...shape] };
}

/** Adds rows at the end. */
function extend(dataset: Dataset, data: unknown, shape: readonly number[]): void {
  const [before] = dataset.shape ?? [0];
  dataset.resize([before + shape[0], ...shape.slice(1)]);
  dataset.write_slice([[before, before + shape[0]], ...shape.slice(1).map((n): [number, number] => [0, n])], data);
}
