/** Recording of a run: what is asked for, where it goes, what it says of the run. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Outcome } from '../../sim/outcome.ts';
import { PHYSICS_ENGINE, physicsVersion } from '../../sim/physics.ts';
import type { RecordedEpisode } from '../../sim/recording/episode.ts';
import { RECORDING_VERSION } from '../../sim/recording/format.ts';
import type { RecordingMetadata } from '../../sim/recording/metadata.ts';
import { type RecordingResult, startRecorder } from '../../sim/recording/write/recorder.ts';
import { InputError } from '../load.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { Scenario } from '../schema/schema.ts';
import { type RecordRule, recordRuleText } from '../trials/record-rule.ts';
import { versions } from '../versions.ts';

/** What a user asked to have recorded. */
export interface RecordRequest {
  readonly rule: RecordRule;
  /** A file; a new one where the run puts its results if left out. */
  readonly path?: string;
}

/** What a recording's metadata says of a run, before it is made into texts. */
export interface RecordedRun
  extends Pick<RecordingMetadata, 'scenarioName' | 'policy' | 'weightsHash' | 'engine' | 'command'> {
  readonly scenario: Scenario;
  readonly seed: number;
  /** `single` if left out. */
  readonly protocol?: RecordingMetadata['protocol'];
  readonly library: ObjectLibrary | undefined;
}

export const physicsName = (): string => `${PHYSICS_ENGINE} ${physicsVersion()}`;

/** The texts of a recording's metadata. */
export const metadataOf = (run: RecordedRun, rule: RecordRule): RecordingMetadata => ({
  version: String(RECORDING_VERSION),
  graft: versions().graft,
  scenarioName: run.scenarioName,
  scenario: JSON.stringify(run.scenario),
  seed: String(run.seed),
  policy: run.policy,
  protocol: run.protocol ?? 'single',
  weightsHash: run.weightsHash,
  physics: physicsName(),
  engine: run.engine,
  versions: JSON.stringify(versions()),
  objectsHash: run.library?.hash ?? 'none',
  recorded: recordRuleText(rule),
  command: run.command,
});

/** A path ending in `.mcap` that does not exist yet: with a number if need be. */
export function freeRecordingPath(folder: string, name: string): string {
  let path = join(folder, `${name}.mcap`);
  for (let n = 2; existsSync(path); n++) path = join(folder, `${name}-${n}.mcap`);
  return path;
}

/** The recording of one run while it runs. */
export interface RunRecording {
  readonly rule: RecordRule;
  /** Counts a finished trial, and records it if it is to be recorded. */
  add(trial: { readonly record: { readonly outcome: Outcome }; readonly recorded?: RecordedEpisode }): void;
  /** As `Recorder.room`. */
  room(): Promise<void>;
  /** Ends the recording and says what became of it. @param result hashes of what came out, if the run ended well. */
  close(result?: Readonly<Record<string, string>>): Promise<RecordingResult>;
}

/** Checks where a recording is to go, before anything is started. @throws InputError unless a new file can be made there. */
export function checkRecordRequest(request: RecordRequest | undefined): void {
  if (request?.path === undefined) return;
  const file = resolve(request.path);
  if (existsSync(file)) throw new InputError(`${file}: expected a file that does not exist yet, got one that does`);
  const folder = dirname(file);
  if (!existsSync(folder))
    throw new InputError(`${file}: expected a file in a folder that exists, got none at ${folder}`);
}

/** Starts the recording of a run. */
export function startRecording({ rule, path }: RecordRequest, run: RecordedRun, defaultPath: string): RunRecording {
  const recorder = startRecorder(path === undefined ? defaultPath : resolve(path), metadataOf(run, rule));
  return {
    rule,
    add: ({ record, recorded: episode }) =>
      recorder.add({ held: record.outcome === 'held', log: JSON.stringify(record), ...(episode && { episode }) }),
    room: recorder.room,
    close: (result) => recorder.close(result),
  };
}

/** One line for people. */
export function describeRecording({ path, recorded, dropped, sizeBytes, error }: RecordingResult): string {
  const lost = dropped > 0 ? `, ${dropped} dropped` : '';
  const why = error === undefined ? '' : `; ended early: ${error}`;
  return `recording: ${path} (${recorded} trials, ${(sizeBytes / 1e6).toFixed(1)} MB${lost}${why})`;
}
