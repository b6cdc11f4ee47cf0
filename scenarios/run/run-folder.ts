import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PADDED_LENGTH, VARIANTS } from '../../agent/learner/augmentation.ts';
import type { LearnerPlan } from '../../agent/learner/initial-network.ts';
import { createLearner, type LearnerState, ownFree, restoreWeights } from '../../agent/learner/learner.ts';
import { isFrozen, REGIME_NAMES, type Regime } from '../../agent/learner/regimes.ts';
import { drawMembers, type StoredSample } from '../../agent/learner/replay.ts';
import { architectureTaps } from '../../agent/network/architecture.ts';
import { featureLength } from '../../agent/network/features.ts';
import { headShapes, hiddenUnits } from '../../agent/network/head.ts';
import type { Model } from '../../agent/network/model.ts';
import type { Parameter, Parameters } from '../../agent/network/parameters.ts';
import { checkShapes, encodeTensors, type TensorFile } from '../../agent/network/safetensors.ts';
import { graspShapes } from '../../agent/policy/action-space.ts';
import {
  decodeModel,
  decodeVersioned,
  encodeModel,
  normShapes,
  prefixed,
  RUN_VERSION,
  storedTrunkShapes,
  withPrefix,
} from '../../agent/policy/model-file.ts';
import { InputError } from '../load.ts';
import { scenarioSchema } from '../schema/schema.ts';
import type { TrialRecord } from './job.ts';

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

/** Writes a whole file or nothing: a crash leaves the old one. */
export function writeAtomically(path: string, data: string | Uint8Array): void {
  writeFileSync(`${path}.partial`, data);
  renameSync(`${path}.partial`, path);
}

/** Does what writes into a folder. @throws InputError that names the folder if it cannot. */
export function writingTo(folder: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new InputError(
      `${folder}: expected a folder that can be written, got: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/**
 * A result that was stored with a key of all it depends on.
 * @param of what it should be of, as in "a result of this very search".
 * @returns undefined if there is none.
 * @throws InputError if the file is damaged, or its key is another.
 */
export function readKeyed<T extends { readonly key: string }>(path: string, key: string, of: string): T | undefined {
  if (!existsSync(path)) return undefined;
  const again = 'remove the file to measure it again';
  let stored: T | null;
  try {
    stored = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(
      `${path}: expected a result in JSON, got: ${error instanceof Error ? error.message : error}; ${again}`,
    );
  }
  if (stored?.key === key) return stored;
  throw new InputError(
    `${path}: expected a result of this very ${of}, got one of other settings or weights; pass another --out, or ${again}`,
  );
}

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

/** Runs a check of a file's content; what it finds is the user's to mend. @throws InputError with the check's message. */
export function sound<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

/** Reads tensors that this version wrote. @throws InputError naming the file if it is damaged or of another version. */
const readTensors = (path: string): TensorFile => sound(() => decodeVersioned(readFileSync(path), path));

/** Saves the learner after `trials` trials, whole: going on from it is the same as never having stopped. */
export function saveCheckpoint(folder: string, state: LearnerState, trials: number): void {
  const length = state.replay[0]?.data.length ?? 0;
  const data = new Float32Array(length * state.replay.length);
  state.replay.forEach((s, i) => {
    data.set(s.data, i * length);
  });
  const parameters = {
    ...prefixed('trunk/', state.trunk),
    ...prefixed('', state.head),
    ...prefixed('free/', ownFree(state)),
    ...prefixed('first/', state.adam.first),
    ...prefixed('second/', state.adam.second),
    ...(state.standardization && prefixed('norm/', { ...state.standardization })),
    'replay/data': { shape: [state.replay.length, length], values: data },
    'replay/depth': { shape: [state.replay.length], values: Float32Array.from(state.replay, (s) => s.shape) },
    'replay/held': { shape: [state.replay.length], values: Float32Array.from(state.replay, (s) => (s.held ? 1 : 0)) },
  };
  const metadata = {
    version: String(RUN_VERSION),
    trials: String(trials),
    updates: String(state.updates),
    adamStep: String(state.adam.step),
  };
  writeAtomically(join(folder, FILES.checkpoint), encodeTensors({ parameters, metadata }));
}

/**
 * Restores the learner of a run.
 * @returns the learner and the trials it has seen; undefined if the run has no checkpoint yet.
 * @throws Error naming the file if it is damaged or of another version.
 */
export function loadCheckpoint(folder: string, plan: LearnerPlan): { state: LearnerState; trials: number } | undefined {
  const path = join(folder, FILES.checkpoint);
  if (!existsSync(path)) return undefined;
  const { parameters, metadata } = readTensors(path);
  const { regime, shapeCount, settings, seed } = plan;
  const fresh = createLearner(plan);
  const length = featureLength(architectureTaps(fresh.architecture));
  const trunk = withPrefix('trunk/', parameters);
  sound(() => checkShapes(trunk, storedTrunkShapes(fresh.architecture), path));
  const head = withPrefix('head/', parameters);
  const named = Object.fromEntries(Object.entries(head).map(([k, v]) => [`head/${k}`, v]));
  sound(() => checkShapes(named, headShapes(length, shapeCount, hiddenUnits(fresh.head)), path));
  const arrays = (prefix: string): Record<string, Float32Array> =>
    Object.fromEntries(
      Object.entries(fresh.adam.first).map(([k, { length }]) => [
        k,
        need(parameters, `${prefix}${k}`, path, [length]).values,
      ]),
    );
  const own = withPrefix('free/', parameters);
  const ownShapes = Object.entries(ownFree(fresh)).map(([k, { shape }]) => [k, shape] as const);
  sound(() => checkShapes(own, Object.fromEntries(ownShapes), path));
  const norm = withPrefix('norm/', parameters);
  if (Object.keys(norm).length > 0) sound(() => checkShapes(norm, normShapes(length), path));
  const state = restoreWeights(fresh, {
    trunk,
    head: named,
    own,
    adam: { first: arrays('first/'), second: arrays('second/'), step: countIn(metadata, 'adamStep', path) },
    replay: readReplay(parameters, path, isFrozen(regime, settings) ? VARIANTS * length : PADDED_LENGTH, seed),
    standardization: norm.mean && norm.scale ? { mean: norm.mean.values, scale: norm.scale.values } : undefined,
    updates: countIn(metadata, 'updates', path),
  });
  return { state, trials: countIn(metadata, 'trials', path) };
}

/** @throws InputError naming the file if the metadata hold no such count. */
export function countIn(metadata: TensorFile['metadata'], name: string, path: string): number {
  const count = Number(metadata[name] ?? Number.NaN);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new InputError(`${path}: expected a count as '${name}' in the metadata, got ${metadata[name] ?? 'none'}`);
  return count;
}

/** @param shape expected, if it is known. */
export function need(parameters: Parameters, name: string, path: string, shape?: readonly number[]): Parameter {
  const found = parameters[name];
  if (!found || (shape && found.shape.join() !== shape.join())) {
    const [expected, got] = [shape ? ` of shape [${shape}]` : '', found ? `[${found.shape}]` : 'none'];
    throw new InputError(`${path}: expected tensor '${name}'${expected}, got ${got}`);
  }
  return found;
}

/** @param length of each sample's data. */
function readReplay(parameters: Parameters, path: string, length: number, seed: number): StoredSample[] {
  const samples = need(parameters, 'replay/depth', path).values.length;
  const shape = need(parameters, 'replay/depth', path, [samples]).values;
  const held = need(parameters, 'replay/held', path, [samples]).values;
  const { values } = need(parameters, 'replay/data', path, [samples, samples > 0 ? length : 0]);
  return Array.from({ length: samples }, (_, i) => ({
    data: values.slice(i * length, (i + 1) * length),
    shape: shape[i],
    held: held[i] === 1,
    members: drawMembers(seed, i),
  }));
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
