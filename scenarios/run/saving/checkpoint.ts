/** Checkpoints on disk: sealed with a checksum, tied to their run and its log, and the one before kept. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parametersHash } from '../../../agent/backbones/own.ts';
import { type Checkpoint, checkpointTensors, restoreCheckpoint } from '../../../agent/learner/checkpoint.ts';
import type { LearnerPlan } from '../../../agent/learner/initial-network.ts';
import { decodeTensors, encodeTensors, type TensorFile } from '../../../agent/network/safetensors.ts';
import { versioned } from '../../../agent/policy/model-file.ts';
import { flush, StorageError, writeAtomically } from '../../files.ts';
import { InputError } from '../../load.ts';
import { note } from '../../terminal/notes.ts';

/** What a checkpoint belongs to. */
export interface Tie {
  /** Identifies the run. */
  readonly run: string;
  /** Hash of the log up to the checkpoint; empty if there is no log. */
  readonly log: string;
}

const FILES = { latest: 'checkpoint.safetensors', before: 'checkpoint-before.safetensors' };

/** SHA-256 of all that a file says but its own checksum. */
const checksumOf = ({ parameters, metadata }: TensorFile): string =>
  createHash('sha256')
    .update(parametersHash(parameters))
    .update(JSON.stringify(Object.entries(metadata).filter(([key]) => key !== 'checksum')))
    .digest('hex');

/** Saves a learner, whole and to the disk itself; the checkpoint before this one stays beside it. */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint, { run, log }: Tie): void {
  const { parameters, metadata } = checkpointTensors(checkpoint);
  const tied = { parameters, metadata: { ...metadata, run, log } };
  const data = encodeTensors({ parameters, metadata: { ...tied.metadata, checksum: checksumOf(tied) } });
  const [latest, before] = [FILES.latest, FILES.before].map((file) => join(folder, file));
  if (existsSync(latest)) keep(latest, before);
  writeAtomically(latest, data);
}

/** A copy of the latest checkpoint as the one before: at every moment one of the two is whole. */
function keep(latest: string, before: string): void {
  try {
    writeFileSync(`${before}.partial`, readFileSync(latest));
    flush(`${before}.partial`);
    renameSync(`${before}.partial`, before);
  } catch (error) {
    throw new StorageError(`${before}: expected a file that can be written, got: ${(error as Error).message}`);
  }
}

/** What a checkpoint is checked against. */
export interface Expected {
  /** As {@link Tie}. */
  readonly run: string;
  /** Checks the log up to a checkpoint. @throws Error if it is another one. */
  readonly checkLog?: (trials: number, log: string) => void;
}

/**
 * Restores a learner: from the latest checkpoint, or from the one before if that is damaged or does not belong here.
 * @returns undefined if there is no checkpoint yet.
 * @throws InputError naming the file if none is sound.
 */
export function loadCheckpoint(folder: string, plan: LearnerPlan, expected: Expected): Checkpoint | undefined {
  const paths = [FILES.latest, FILES.before].map((file) => join(folder, file)).filter((path) => existsSync(path));
  const failures: string[] = [];
  for (const path of paths) {
    try {
      const checkpoint = read(path, plan, expected);
      if (failures.length > 0)
        note(`${failures[0]}; going on from the checkpoint before, after ${checkpoint.trials} trials`);
      return checkpoint;
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  if (failures.length > 0) throw new InputError(`${failures[0]}; without ${paths.join(' and ')} it begins anew`);
  return undefined;
}

function read(path: string, plan: LearnerPlan, { run, checkLog }: Expected): Checkpoint {
  const file = versioned(decodeTensors(readFileSync(path), path), path);
  const { checksum, run: own, log } = file.metadata;
  if (checksum === undefined) throw new Error(`${path}: expected a checkpoint with a checksum, got one without`);
  if (checksum !== checksumOf(file))
    throw new Error(`${path}: expected a checkpoint as it was written, got one that was changed since`);
  if (own !== run)
    throw new Error(`${path}: expected a checkpoint of this run, got one of another, or with another run.json`);
  const checkpoint = restoreCheckpoint(file, path, plan);
  checkLog?.(checkpoint.trials, log ?? '');
  return checkpoint;
}
