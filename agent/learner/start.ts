import { rngStream } from '../../sim/math/rng.ts';
import { adapterForm, initAdapters } from '../network/adapter.ts';
import { type Architecture, architectureTaps, layersOf } from '../network/architecture.ts';
import { equivariantLayers, equivariantNetwork } from '../network/equivariant.ts';
import { featureLength } from '../network/features.ts';
import type { Form } from '../network/form.ts';
import { initHead } from '../network/head.ts';
import { copyParameters, type Parameters, pick } from '../network/parameters.ts';
import { backboneShapes, initBackbone, widened } from '../network/trunk-layers.ts';
import { ARMS, type Arm, type Pretrained, techniqueOf } from './arms.ts';
import type { LearnerSettings } from './learner.ts';
import { type Technique, trainedLayers } from './technique.ts';

/** A network and what of it learns. */
export interface LearningNetwork {
  readonly architecture: Architecture;
  /** As in `Model`. */
  readonly trunk: Parameters;
  readonly head: Parameters;
  /** The trunk's weights before the first update. */
  readonly start: Parameters;
  /** The weights that learn: those of `trunk` and `head` themselves, unless there is a form. */
  readonly free: Parameters;
  /** How the network's weights come from the learning ones, if these are others. */
  readonly form: Form | undefined;
}

type FirstOf = [arm: Arm, shapeCount: number, settings: LearnerSettings, pretrained: Pretrained, seed: number];

/** The network of an arm before its first update. The arm has been checked. */
export const firstNetwork = (...of: FirstOf): LearningNetwork =>
  ARMS[of[0]].trunk === 'equivariant' ? tiedNetwork(...of) : plainNetwork(...of);

/** A pretrained or random trunk, and a fresh head or the one to start from. */
function plainNetwork(...[arm, shapeCount, settings, pretrained, seed]: FirstOf): LearningNetwork {
  const redrawn = ARMS[arm].trunk !== 'pretrained';
  const architecture = redrawn
    ? ({ kind: 'own', layers: widened(layersOf(pretrained.architecture), settings.width) } as const)
    : pretrained.architecture;
  const trunk = redrawn
    ? initBackbone(rngStream(seed, 'learner/trunk'), layersOf(architecture))
    : copyParameters(pretrained.parameters);
  const head = pretrained.startHead
    ? copyParameters(pretrained.startHead.parameters)
    : initHead(featureLength(architectureTaps(architecture)), shapeCount, rngStream(seed, 'learner/head'));
  const start = copyParameters(trunk);
  const technique = techniqueOf(arm, settings);
  if (technique !== 'adapter') {
    const free = { ...ownWeights(technique, architecture, trunk), ...head };
    return { architecture, trunk, head, start, free, form: undefined };
  }
  const layers = layersOf(architecture);
  const { adapterRank } = settings.endToEnd;
  const free = { ...initAdapters(layers, start, adapterRank, rngStream(seed, 'learner/adapters')), ...head };
  return { architecture, trunk, head, start, free, form: adapterForm(layers, start, Object.keys(head)) };
}

/** The equivariant network: trunk and head have tied weights. */
function tiedNetwork(...[, shapeCount, settings, , seed]: FirstOf): LearningNetwork {
  const layers = equivariantLayers(settings.width);
  const architecture = { kind: 'own', layers } as const;
  const plain = initHead(featureLength(architectureTaps(architecture)), shapeCount, rngStream(seed, 'learner/head'));
  const { form, free } = equivariantNetwork(layers, shapeCount, plain, rngStream(seed, 'learner/equivariant'));
  const network = form.expand(free);
  const trunk = pick(network, Object.keys(backboneShapes(layers)));
  return { architecture, trunk, head: pick(network, Object.keys(plain)), start: copyParameters(trunk), free, form };
}

/** The trunk's weights that a technique ever trains. */
function ownWeights(technique: Technique, architecture: Architecture, trunk: Parameters): Parameters {
  if (technique === 'head') return {};
  const names = new Set(trainedLayers(technique, layersOf(architecture)).map((l) => l.name));
  return Object.fromEntries(Object.entries(trunk).filter(([key]) => names.has(layerOf(key))));
}

/** The layer that a weight of the trunk belongs to. */
export const layerOf = (key: string): string => key.slice(0, key.lastIndexOf('/'));
