import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writingTo } from '../files.ts';
import { Interrupted } from '../interrupted.ts';
import { InputError } from '../load.ts';
import {
  describeEnding,
  type RecordingSource,
  recordedScenario,
  type TrialFields,
  trialFields,
} from '../recordings/recorded-trial.ts';
import { type RecordedView, recordedView } from '../recordings/recorded-view.ts';
import type { DatasetFormat } from './formats.ts';
import { hdf5Writer } from './hdf5.ts';
import { lerobotWriter } from './lerobot.ts';
import { npzWriter } from './npz.ts';

/** One trial on its way into a dataset. */
export interface ExportedTrial {
  readonly fields: TrialFields;
  readonly view: RecordedView;
}

/** Writes trials, whose pictures all have the same size, into a folder. */
export interface DatasetWriter {
  add(trial: ExportedTrial): void;
  close(): void;
}

const WRITERS = { npz: npzWriter, hdf5: hdf5Writer, lerobot: lerobotWriter } as const satisfies Record<
  DatasetFormat,
  (folder: string) => DatasetWriter | Promise<DatasetWriter>
>;

export interface ExportOptions {
  /** A recording, or a run folder with one or more. */
  readonly from: string;
  readonly format: DatasetFormat;
  readonly out: string;
  readonly open: (path: string) => Promise<RecordingSource>;
  readonly onTrial?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** What `graft export` wrote. */
export interface ExportResult {
  readonly format: DatasetFormat;
  readonly out: string;
  readonly recordings: readonly string[];
  readonly trials: number;
  readonly held: number;
  /** Recordings that do not end as they should. */
  readonly notes: readonly string[];
}

/** The recordings that a path stands for. @throws InputError if there are none. */
function recordingsAt(from: string): string[] {
  const path = resolve(from);
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  const found = readdirSync(path)
    .filter((name) => name.endsWith('.mcap'))
    .sort()
    .map((name) => join(path, name));
  if (found.length > 0) return found;
  throw new InputError(`${from}: expected a run with a recording, got none; record with train --record all`);
}

/**
 * `graft export`: writes the trials of recordings as a dataset, whole or not at all.
 * @throws InputError if something cannot be read or written, or the pictures differ in size; Interrupted if the signal fires.
 */
export async function exportDataset(options: ExportOptions): Promise<ExportResult> {
  const { from, format, signal } = options;
  const [recordings, out] = [recordingsAt(from), resolve(options.out)];
  if (existsSync(out)) throw new InputError(`${out}: expected a folder that does not exist yet, got one that does`);
  const sources = [];
  for (const path of recordings) sources.push(await options.open(path));
  const partial = makeFolder(`${out}.partial`);
  try {
    const writer = await WRITERS[format](partial);
    const notes: string[] = [];
    const written = new Set<string>();
    let [held, sizes] = [0, ''];
    for (const { path, fields, messages } of trialsInOrder(sources, notes)) {
      if (signal?.aborted) throw new Interrupted(`export interrupted after ${written.size} trials`);
      // a run that went on from a checkpoint has some trials twice
      const key = `${fields.split}/${fields.seed}/${fields.trial}/${fields.state_hash}`;
      if (written.has(key)) continue;
      const view = recordedView(path, messages);
      const now = `${view.width} x ${view.height}, ${view.size} x ${view.size}`;
      if (sizes !== '' && sizes !== now)
        throw new InputError(`${path}: expected pictures and maps of ${sizes} like the first, got ${now}`);
      sizes = now;
      writer.add({ fields, view });
      written.add(key);
      if (fields.held) held++;
      options.onTrial?.(written.size);
      // lets an interrupt in
      await new Promise((done) => setImmediate(done));
    }
    const trials = written.size;
    if (trials === 0) throw new InputError(`${from}: expected at least one whole trial, got none`);
    writer.close();
    const result = { format, out, recordings, trials, held, notes };
    writeFileSync(join(partial, 'graft.json'), `${JSON.stringify(describe(result, sources), null, 2)}\n`);
    renameSync(partial, out);
    return result;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** All training trials, then all evaluation trials. @param notes gets how the files ended. */
function* trialsInOrder(sources: readonly RecordingSource[], notes: string[]) {
  for (const split of ['training', 'evaluation'] as const) {
    for (const source of sources) {
      const all = source.trials();
      for (let next = all.next(); ; next = all.next()) {
        if (next.done) {
          const ending = describeEnding(next.value);
          if (ending && split === 'training') notes.push(`${source.path}: ${ending}`);
          break;
        }
        const fields = trialFields(source.path, next.value);
        if (fields.split === split) yield { path: source.path, fields, messages: next.value };
      }
    }
  }
}

function makeFolder(path: string): string {
  writingTo(path, () => {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  });
  return path;
}

/** Where a dataset comes from. */
const describe = ({ format, trials, held }: ExportResult, sources: readonly RecordingSource[]) => ({
  ...{ format, trials, held },
  units: 'metres, radians, newtons; world +Z up; quaternions x y z w; camera +Z forward, +X right, +Y down',
  recordings: sources.map((source) => ({ ...source.metadata, scenario: recordedScenario(source) })),
});
