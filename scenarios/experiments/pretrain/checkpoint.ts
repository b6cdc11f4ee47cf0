/** Checkpoint of a pretraining: weights, optimiser and step in one file. */
import { existsSync, readFileSync } from 'node:fs';
import { prefixed } from '../../../agent/network/parameters.ts';
import { decodeTensors, encodeTensors, requiredCount, requiredTensor } from '../../../agent/network/safetensors.ts';
import { createPretraining, type Pretraining, type PretrainSettings } from '../../../agent/pretrain/pretraining.ts';
import { sound, writeAtomically } from '../../files.ts';
import { InputError } from '../../load.ts';

/** Where the learning is saved, and of which pretraining it is. */
export interface Checkpoint {
  readonly path: string;
  readonly key: string;
}

/** Saves a pretraining whole: going on from it is the same as never having stopped. @param loss smoothed. */
export function saveCheckpoint({ path, key }: Checkpoint, { parameters, adam, step }: Pretraining, loss: number): void {
  writeAtomically(
    path,
    encodeTensors({
      parameters: { ...parameters, ...prefixed('first/', adam.first), ...prefixed('second/', adam.second) },
      metadata: { key, step: String(step), adamStep: String(adam.step), loss: String(loss) },
    }),
  );
}

/**
 * The pretraining as it was saved, and its smoothed loss; undefined if it was not yet.
 * @throws InputError if the file is damaged or of another pretraining.
 */
export function loadCheckpoint(
  { path, key }: Checkpoint,
  settings: PretrainSettings,
): { readonly state: Pretraining; readonly loss: number } | undefined {
  if (!existsSync(path)) return undefined;
  const { parameters: tensors, metadata } = sound(() => decodeTensors(readFileSync(path), path));
  if (metadata.key !== key)
    throw new InputError(
      `${path}: expected a checkpoint of this pretraining, got one of other settings; remove it to start anew`,
    );
  const state = createPretraining(settings);
  sound(() => {
    for (const [name, { shape, values }] of Object.entries(state.parameters)) {
      values.set(requiredTensor(tensors, name, path, shape).values);
      state.adam.first[name].set(requiredTensor(tensors, `first/${name}`, path, [values.length]).values);
      state.adam.second[name].set(requiredTensor(tensors, `second/${name}`, path, [values.length]).values);
    }
    state.adam.step = requiredCount(metadata, 'adamStep', path);
    state.step = requiredCount(metadata, 'step', path);
  });
  return { state, loss: Number(metadata.loss) };
}
