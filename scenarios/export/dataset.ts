/** Dataset: recorded trials in order, read whole and given to the writer of a format. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RecordingError } from '../../sim/recording/read/error.ts';
import type { Recording } from '../../sim/recording/read/reader.ts';
import { type Seen, seenAt } from '../../sim/recording/read/seen.ts';
import type { StoredTrial } from '../../sim/recording/read/stored-trial.ts';
import { type TrialFields, trialOf } from '../../sim/recording/read/trial-fields.ts';
import { writingTo } from '../files.ts';
import { InputError } from '../load.ts';
import { describeEnding, openRecordingFile, recordedScenario, recordingsAt } from '../recordings/open.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import type { DatasetFormat } from './formats.ts';
import { hdf5Writer } from './hdf5.ts';
import { lerobotWriter } from './lerobot.ts';
import { npzWriter } from './npz.ts';

/** What a dataset needs of what was seen. */
const NEEDED = ['colour', 'depth', 'heightmap', 'camera'] as const;

/** One trial on its way into a dataset, with all that was seen. */
export interface ExportedTrial extends TrialFields {
  readonly seen: Seen & Required<Pick<Seen, (typeof NEEDED)[number]>>;
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

/**
 * `graft export`: writes the trials of recordings as a dataset, whole or not at all.
 * @throws InputError if something cannot be read or written, or the pictures differ in size; Interrupted if the signal fires.
 */
export async function exportDataset(options: ExportOptions): Promise<ExportResult> {
  const { from, format, signal } = options;
  const [recordings, out] = [recordingsAt(from), resolve(options.out)];
  if (existsSync(out)) throw new InputError(`${out}: expected a folder that does not exist yet, got one that does`);
  const sources: Recording[] = [];
  for (const path of recordings) sources.push(await openRecordingFile(path));
  const partial = makeFolder(`${out}.partial`);
  try {
    const writer = await WRITERS[format](partial);
    const notes: string[] = [];
    const written = new Set<string>();
    let [held, sizes] = [0, ''];
    for await (const { name, fields, stored } of trialsInOrder(sources, notes)) {
      if (signal?.aborted) throw new Interrupted(`export interrupted after ${written.size} trials`);
      // a run that went on from a checkpoint has some trials twice
      const { seed, result } = fields.proof;
      const key = `${fields.split}/${seed}/${fields.trial}/${result.stateHash}`;
      if (written.has(key)) continue;
      const trial = { ...fields, seen: wholeView(stored) };
      const { colour, heightmap } = trial.seen;
      const now = `${colour.width} x ${colour.height}, ${heightmap.size} x ${heightmap.size}`;
      if (sizes !== '' && sizes !== now)
        throw new InputError(`${name}: expected pictures and maps of ${sizes} like the first, got ${now}`);
      sizes = now;
      writer.add(trial);
      written.add(key);
      if (fields.outcome === 'held') held++;
      options.onTrial?.(written.size);
      // lets an interrupt in
      await new Promise((done) => setImmediate(done));
    }
    const trials = written.size;
    if (trials === 0) throw new InputError(`${from}: expected at least one whole trial, got none`);
    writer.close();
    const exported = { format, out, recordings, trials, held, notes };
    writeFileSync(join(partial, 'graft.json'), `${JSON.stringify(describe(exported, sources), null, 2)}\n`);
    renameSync(partial, out);
    return exported;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** All training trials, then all evaluation trials. @param notes gets how the files ended. */
async function* trialsInOrder(sources: readonly Recording[], notes: string[]) {
  for (const split of ['training', 'evaluation'] as const) {
    for (const source of sources) {
      const all = source.trials();
      for (let next = await all.next(); ; next = await all.next()) {
        if (next.done) {
          const ending = describeEnding(next.value);
          if (ending && split === 'training') notes.push(`${source.name}: ${ending}`);
          break;
        }
        const fields = trialOf(next.value);
        if (fields.split === split) yield { name: source.name, fields, stored: next.value };
      }
    }
  }
}

/** @throws RecordingError naming what is missing. */
function wholeView(stored: StoredTrial): ExportedTrial['seen'] {
  const seen = seenAt(stored);
  const missing = NEEDED.find((part) => !seen[part]);
  if (missing) throw new RecordingError(`${stored.name}: expected trials with ${missing}, got one without`);
  return seen as ExportedTrial['seen'];
}

function makeFolder(path: string): string {
  writingTo(path, () => {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  });
  return path;
}

/** Where a dataset comes from. */
const describe = ({ format, trials, held }: ExportResult, sources: readonly Recording[]) => ({
  ...{ format, trials, held },
  units: 'metres, radians, newtons; world +Z up; quaternions x y z w; camera +Z forward, +X right, +Y down',
  recordings: sources.map((source) => ({ ...source.metadata, scenario: recordedScenario(source) })),
});
