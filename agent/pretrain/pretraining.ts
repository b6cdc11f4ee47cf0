/** Pretraining: the state that it changes, how it begins, and the trunk, head and policy that it stands for. */
import { rngStream } from '../../sim/math/rng.ts';
import { descriptorKeys, type HeadKind } from '../backbones/descriptor.ts';
import { headFor } from '../backbones/pretrained-head.ts';
import { featureLength } from '../network/features.ts';
import { initHead, MEMBERS } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import { type Adam, createAdam } from '../network/optimizer.ts';
import { heNormal, named, type Parameters, zeros } from '../network/parameters.ts';
import { identityStandardization, type Standardization } from '../network/standardization.ts';
import { initTrunk, type Layer, tapsOf } from '../network/trunk-layers.ts';
import { FAMILY_COUNT, REGRESSION_TARGETS } from './passive.ts';
import type { Source } from './sources.ts';

/** How a trunk is trained, or a head on a trunk that stays as it is. */
export interface PretrainSettings {
  readonly source: Source;
  /** The kind of hand that the head is for. */
  readonly hand: HeadKind;
  /** Whether the head alone learns. */
  readonly frozen: boolean;
  readonly layers: readonly Layer[];
  readonly seed: number;
  readonly batchSize: number;
  /** Passive questions about each window. */
  readonly questions: number;
  /** The highest; it warms up over the first steps and falls to zero along a cosine. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Steps in all. */
  readonly steps: number;
}

/** Hidden units of the passive tasks' decoder, and of each member of the pretrained head. */
const DECODER = 96;
const HEAD_HIDDEN = 64;

/** The standardisation that a head on a frozen trunk learns on, among the weights. */
const NORM = { mean: 'norm/mean', scale: 'norm/scale' } as const;

/** Everything that pretraining changes: saved and restored bit for bit. */
export interface Pretraining {
  readonly layers: readonly Layer[];
  /** Trunk, `head/...`, `head/descriptor/kernel` and `passive/...`; on a frozen trunk `norm/...`, which never changes. */
  readonly parameters: Parameters;
  readonly adam: Adam;
  step: number;
}

/** Pretraining before its first step. */
export function createPretraining(settings: PretrainSettings): Pretraining {
  const { layers, hand, frozen, seed, learningRate, weightDecay } = settings;
  const length = featureLength(tapsOf(layers));
  const rng = rngStream(seed, 'pretrain/heads');
  const outputs = REGRESSION_TARGETS.length + FAMILY_COUNT;
  const units = MEMBERS * HEAD_HIDDEN;
  const known = descriptorKeys(hand).length;
  const parameters = {
    ...initTrunk(rngStream(seed, 'pretrain/trunk'), layers),
    ...initHead(length, 1, rng, HEAD_HIDDEN),
    'head/descriptor/kernel': heNormal([known, units], known, rng),
    'passive/hidden/kernel': heNormal([length, DECODER], length, rng),
    'passive/hidden/bias': zeros([DECODER]),
    'passive/out/kernel': heNormal([DECODER, outputs], DECODER * 4, rng),
    'passive/out/bias': zeros([outputs]),
    ...(frozen && normParameters(identityStandardization(length))),
  };
  return { layers, parameters, adam: createAdam(parameters, learningRate, weightDecay), step: 0 };
}

/** A standardisation as weights. */
export const normParameters = ({ mean, scale }: Standardization): Parameters => ({
  [NORM.mean]: { shape: [mean.length], values: mean },
  [NORM.scale]: { shape: [scale.length], values: scale },
});

/** What the head learns on: standardised features on a frozen trunk, else features as they come. */
export function standardizationOfHead({
  layers,
  parameters,
}: Pick<Pretraining, 'layers' | 'parameters'>): Standardization {
  const [mean, scale] = [parameters[NORM.mean]?.values, parameters[NORM.scale]?.values];
  return mean && scale ? { mean, scale } : identityStandardization(featureLength(tapsOf(layers)));
}

/** Whether a weight is the trunk's. */
export const isTrunk = (name: string): boolean => !/^(head|passive|norm)\//.test(name);

/** The trunk alone. */
export const trunkOf = ({ parameters }: Pick<Pretraining, 'parameters'>): Parameters => named(parameters, isTrunk);

/** The head as it stands, on {@link standardizationOfHead}, with its descriptor weights. */
export const headOf = ({ parameters }: Pick<Pretraining, 'parameters'>): Parameters =>
  named(parameters, (name) => name.startsWith('head/'));

/** The policy for one hand, as it stands. @param descriptors one a shape of a grasp. */
export function handModel(
  { layers, parameters }: Pick<Pretraining, 'layers' | 'parameters'>,
  descriptors: readonly Float32Array[],
): Model {
  const standardization = standardizationOfHead({ layers, parameters });
  return {
    architecture: { kind: 'own', layers },
    trunk: trunkOf({ parameters }),
    head: headFor({ parameters: headOf({ parameters }), standardization }, descriptors),
    standardization,
  };
}
