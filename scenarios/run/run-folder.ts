/** Run folder: what a training run keeps, and how it is gone on with: configuration, log, checkpoint, trained policy. */

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../agent/learner/checkpoint.ts';
import type { LearnerPlan } from '../../agent/learner/initial-network.ts';
import type { LearnerState } from '../../agent/learner/learner.ts';
import { REGIME_NAMES, type Regime } from '../../agent/learner/regimes.ts';
import type { Model } from '../../agent/network/model.ts';
import { graspShapes } from '../../agent/policy/action-space.ts';
import { decodeModel, encodeModel, RUN_VERSION } from '../../agent/policy/model-file.ts';
import { sound, writeAtomically, writingTo } from '../files.ts';
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
  checkpoint: 'checkpoint.safetensors',
  model: 'model.safetensors',
};

/** Makes the folder of a new run. @throws InputError if it exists or cannot be written. */
export function createRunFolder(folder: string, config: RunConfig): void {
  if (existsSync(folder)) {
    throw new InputError(
      `${folder}: expected a folder that does not exist yet, got one that does; pass --resume to go on with it, or another --out`,
    );
  }
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    writeRunConfig(folder, config);
  });
}

/** Writes what identifies a run into its folder. */
export const writeRunConfig = (folder: string, config: RunConfig): void =>
  writeAtomically(join(folder, FILES.config), `${JSON.stringify(config, null, 2)}\n`);

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

/** Appends finished trials to the log. */
export function appendTrials(folder: string, records: readonly TrialRecord[]): void {
  appendFileSync(join(folder, FILES.trials), records.map((r) => `${JSON.stringify(r)}\n`).join(''));
}

/** The log as records; `count` keeps the first trials only (and rewrites the file), for going on from a checkpoint. */
export function readTrials(folder: string, count?: number): TrialRecord[] {
  const path = join(folder, FILES.trials);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const kept = count === undefined ? lines : lines.slice(0, count);
  if (kept.length < (count ?? 0))
    throw new InputError(`${path}: expected at least ${count} trials (the checkpoint's), got ${kept.length}`);
  const records = kept.map((line, i) => {
    try {
      return JSON.parse(line);
    } catch (error) {
      throw new InputError(`${path}:${i + 1}: expected JSON, got: ${error instanceof Error ? error.message : error}`);
    }
  });
  if (kept.length < lines.length) writeAtomically(path, kept.map((l) => `${l}\n`).join(''));
  return records;
}

/** SHA-256 of the log's bytes. */
export const logHash = (records: readonly TrialRecord[]): string =>
  createHash('sha256')
    .update(records.map((r) => `${JSON.stringify(r)}\n`).join(''))
    .digest('hex');

/** Saves the learner after `trials` trials, whole. */
export const saveCheckpoint = (folder: string, state: LearnerState, trials: number): void =>
  writeAtomically(join(folder, FILES.checkpoint), encodeCheckpoint({ state, trials }));

/**
 * Restores the learner of a run.
 * @returns undefined if the run has no checkpoint yet.
 * @throws InputError naming the file if it is damaged or of another version.
 */
export function loadCheckpoint(folder: string, plan: LearnerPlan): Checkpoint | undefined {
  const path = join(folder, FILES.checkpoint);
  return existsSync(path) ? sound(() => decodeCheckpoint(readFileSync(path), path, plan)) : undefined;
}

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
