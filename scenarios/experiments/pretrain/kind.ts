/** Kind of experiment: source scenes with their grasps, a few at a time, as pretraining asks for them. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HEAD_KINDS } from '../../../agent/backbones/descriptor.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { decodeTensors, encodeTensors } from '../../../agent/network/safetensors.ts';
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { sound } from '../../files.ts';
import { physicsName } from '../../recordings/record.ts';
import { versions } from '../../versions.ts';
import { dataIn, encodeExact } from '../queue/exact.ts';
import type { SharedFiles } from '../queue/shared-files.ts';
import type { Kind, OpenUnits } from '../units/kind.ts';
import { blockName } from '../units/played.ts';
import { runSourceJob, type SourceJob } from './source-job.ts';

const whole = z.number().int().min(0);

const unit = z.strictObject({
  ...{ seed: whole, hand: z.enum(HEAD_KINDS), split: z.enum(['training', 'evaluation']) },
  ...{ first: whole, count: whole, grasps: whole },
  /** Hash of the weights that choose some of the grasps. */
  weights: z.string().optional(),
});
/** A source job, its weights by their hash. */
export type SourceUnit = z.infer<typeof unit>;

/** Who chooses some of the grasps. */
export type SourceModel = NonNullable<SourceJob['model']>;

interface SourceSetting {
  readonly model: SourceModel | undefined;
}

const request = z.strictObject({});
const measured = z.strictObject({ scenes: whole });
const FILE = 'scenes.bin';

/** Source scenes, as `graft pretrain` draws them. */
export const pretrainKind: Kind<z.infer<typeof request>, SourceUnit, SourceSetting, z.infer<typeof measured>> = {
  name: 'pretrain',
  request,
  unit,
  measured,
  open: (_, files) => sourceUnits(files),
  measure: async ({ weights: _, ...job }, { model }, { engine, onStep }) => {
    const scenes = runSourceJob(engine, { ...job, ...(model && { model }) });
    onStep();
    return { measured: { scenes: scenes.length }, files: { [FILE]: encodeExact(scenes) } };
  },
};

/** The scenes that a unit's files hold. @throws InputError if they hold none. */
export const scenesIn = (files: Readonly<Record<string, Uint8Array>> | undefined): SourceScene[] =>
  dataIn(files, FILE) as SourceScene[];

/** Shares weights. @returns their hash. */
export const shareModel = ({ layers, parameters }: SourceModel, files: SharedFiles): string =>
  files.put(encodeTensors({ parameters, metadata: { layers: JSON.stringify(layers) } }));

/** Units of any pretraining: each says all that it depends on. @param files where the weights are. */
export async function sourceUnits(files: SharedFiles): Promise<OpenUnits<SourceUnit, SourceSetting>> {
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const about = [physicsName(), engine.name, versions().graft];
  let latest: { readonly hash: string; readonly model: SourceModel } | undefined;
  const modelOf = (hash: string): SourceModel => {
    if (latest?.hash !== hash) latest = { hash, model: sound(() => decoded(files.get(hash))) };
    return latest.model;
  };
  return {
    has: () => true,
    nameOf: ({ split, first, weights = 'none' }) => `${blockName(split, first)}-${weights.slice(0, 8)}`,
    keyOf: (each) =>
      createHash('sha256')
        .update(JSON.stringify([about, sorted(each)]))
        .digest('hex')
        .slice(0, 32),
    settingOf: ({ weights }) => ({ model: weights === undefined ? undefined : modelOf(weights) }),
    library: undefined,
  };
}

const sorted = (each: SourceUnit) => Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1));

function decoded(bytes: Uint8Array): SourceModel {
  const { parameters, metadata } = decodeTensors(bytes, 'weights');
  return { parameters, layers: JSON.parse(metadata.layers) as SourceModel['layers'] };
}
