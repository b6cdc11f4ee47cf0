/** Run folder: what a training run keeps besides checkpoints, see saving/: configuration, log, trained policy. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { REGIME_NAMES, type Regime } from '../../agent/learner/regimes.ts';
import type { Model } from '../../agent/network/model.ts';
import { graspShapes } from '../../agent/policy/action-space.ts';
import { decodeModel, encodeModel, RUN_VERSION } from '../../agent/policy/model-file.ts';
import { OUTCOMES } from '../../sim/outcome.ts';
import { append, flush, sound, writeAtomically, writingTo } from '../files.ts';
import { InputError } from '../load.ts';
import { scenarioSchema } from '../schema/schema.ts';
import type { TrialRecord } from '../trials/job.ts';

const runConfigSchema = z.object({
  version: z.literal(RUN_VERSION),
  scenarioName: z.string(),
  scenario: scenarioSchema,
  seed: z.number().int().min(0),
  arm: z.enum(REGIME_NAMES as [Regime, ...Regime[]]),
  backbone: z.string(),
  backboneHash: z.string(),
  /** As `startHash`: the head that the run started from counts, too. */
  startHash: z.string().optional(),
  engine: z.string(),
  physics: z.string(),
  /** Of the objects from files. */
  objectsHash: z.string().optional(),
});

/** What identifies a run: written first, never changed. */
export type RunConfig = Readonly<z.infer<typeof runConfigSchema>>;

const FILES = {
  config: 'run.json',
  trials: 'trials.jsonl',
  model: 'model.safetensors',
};

/** Whether nothing is in a folder but what a crash left half written when it was made. */
const isBlank = (folder: string): boolean => readdirSync(folder).every((file) => file.endsWith('.partial'));

/** @throws InputError unless a folder is empty or does not exist yet. */
export function checkUnused(folder: string): void {
  if (!existsSync(folder) || (statSync(folder).isDirectory() && isBlank(folder))) return;
  throw new InputError(
    `${folder}: expected a folder that does not exist yet or is empty, got one with files; pass --resume to go on with it, or another --out`,
  );
}

/** Makes the folder of a new run. @throws InputError if there is something in it, or it cannot be written. */
export function createRunFolder(folder: string, config: RunConfig): void {
  checkUnused(folder);
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    writeRunConfig(folder, config);
  });
}

/** A configuration as it is written. */
export const configText = (config: RunConfig): string => `${JSON.stringify(config, null, 2)}\n`;

/** Writes what identifies a run into its folder. */
export const writeRunConfig = (folder: string, config: RunConfig): void =>
  writeAtomically(join(folder, FILES.config), configText(config));

/** Whether a folder holds a run, finished or not. */
export const isRun = (folder: string): boolean => existsSync(join(folder, FILES.config));

/** Reads a run's configuration. @throws InputError if the folder is no run, or of another version. */
export function readRunConfig(folder: string): RunConfig {
  const path = join(folder, FILES.config);
  if (!existsSync(path)) throw new InputError(`${folder}: expected a run folder with ${FILES.config}, got none`);
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(`${path}: expected JSON, got: ${error instanceof Error ? error.message : error}`);
  }
  const version = (config as { version?: unknown } | null)?.version;
  if (version !== RUN_VERSION) {
    throw new InputError(`${path}: expected a run of version ${RUN_VERSION}, got ${version ?? 'none'}`);
  }
  const checked = runConfigSchema.safeParse(config);
  if (checked.success) return checked.data;
  const [{ path: key, message }] = checked.error.issues;
  throw new InputError(`${path}: expected a sound run configuration, got a damaged one: ${key.join('.')}: ${message}`);
}

/** Identifies a run: what its configuration says, to the byte. */
export const runId = (configuration: string | Uint8Array): string =>
  createHash('sha256').update(configuration).digest('hex');

/** {@link runId} of the run in a folder. */
export const runIdOf = (folder: string): string => runId(readFileSync(join(folder, FILES.config)));

/** Appends finished trials to the log. @throws StorageError if it cannot be written. */
export const appendTrials = (folder: string, records: readonly TrialRecord[]): void =>
  append(join(folder, FILES.trials), linesOf(records));

const linesOf = (records: readonly TrialRecord[]): string => records.map((r) => `${JSON.stringify(r)}\n`).join('');

/** Brings the log to the disk itself. */
export const flushTrials = (folder: string): void => flush(join(folder, FILES.trials));

const logLines = (folder: string): string[] => {
  const path = join(folder, FILES.trials);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
};

/** The log as records; `count` keeps the first trials only (and rewrites the file), for going on from a checkpoint. */
export function readTrials(folder: string, count?: number): TrialRecord[] {
  const path = join(folder, FILES.trials);
  const lines = logLines(folder);
  const kept = count === undefined ? lines : lines.slice(0, count);
  if (kept.length < (count ?? 0))
    throw new InputError(`${path}: expected at least ${count} trials (the checkpoint's), got ${kept.length}`);
  const records = kept.map((line, i) => recordOf(line, i, `${path}:${i + 1}`));
  if (kept.length < lines.length) writeAtomically(path, kept.map((l) => `${l}\n`).join(''));
  return records;
}

/** The trials at the head of a log, as far as they can be read: a crash may have cut the last one. */
export function readableTrials(folder: string): TrialRecord[] {
  const records: TrialRecord[] = [];
  for (const line of logLines(folder)) {
    try {
      records.push(recordOf(line, records.length, ''));
    } catch {
      break;
    }
  }
  return records;
}

/** What every line of a log has, whatever else. */
const recordOutline = z.looseObject({ trial: z.int(), outcome: z.enum(OUTCOMES) });

function recordOf(line: string, index: number, where: string): TrialRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError(`${where}: expected JSON, got: ${error instanceof Error ? error.message : error}`);
  }
  const { success, data } = recordOutline.safeParse(value);
  if (success && data.trial === index) return value as TrialRecord;
  throw new InputError(`${where}: expected trial ${index}, got ${line.slice(0, 80)}`);
}

/**
 * Makes sure that the log is the one that a checkpoint was saved with, up to there.
 * @param hash as {@link LogHash.digest}.
 * @throws InputError naming the log if it is another.
 */
export function checkLog(folder: string, trials: number, hash: string): void {
  const path = join(folder, FILES.trials);
  const lines = logLines(folder).slice(0, trials);
  if (lines.length < trials)
    throw new InputError(`${path}: expected at least ${trials} trials (the checkpoint's), got ${lines.length}`);
  const digest = createHash('sha256');
  for (const line of lines) digest.update(`${line}\n`);
  const got = digest.digest('hex');
  if (got !== hash) throw new InputError(`${path}: expected a log with hash ${hash} (the checkpoint's), got ${got}`);
}

/** SHA-256 of a growing log's bytes. */
export class LogHash {
  readonly #hash = createHash('sha256');

  /** @param records the first ones. */
  constructor(records: readonly TrialRecord[] = []) {
    this.add(records);
  }

  add(records: readonly TrialRecord[]): void {
    this.#hash.update(linesOf(records));
  }

  /** Of all that was added so far, hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** SHA-256 of a log's bytes. */
export const logHash = (records: readonly TrialRecord[]): string => new LogHash(records).digest();

/** Saves the trained policy. */
export const saveModel = (folder: string, model: Model, shapeCount: number): void =>
  writeAtomically(join(folder, FILES.model), encodeModel(model, shapeCount));

/** Where a run keeps its trained policy. */
export const modelPath = (folder: string): string => join(folder, FILES.model);

/** Loads the trained policy of a run. @throws Error naming the file if it is missing, damaged or of another version. */
export function loadModel(folder: string): { model: Model; config: RunConfig } {
  const config = readRunConfig(folder);
  const path = modelPath(folder);
  if (!existsSync(path))
    throw new InputError(`${folder}: expected a finished run with ${FILES.model}, got none; go on with --resume`);
  const { model } = sound(() => decodeModel(readFileSync(path), path, graspShapes(config.scenario.action).length));
  return { model, config };
}
