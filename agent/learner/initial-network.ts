/** The network of a learner before its first update, and what of it learns. */
import { rngStream } from '../../sim/math/rng.ts';
import { type Architecture, architectureTaps, layersOf } from '../network/architecture.ts';
import { equivariantLayers, equivariantNetwork } from '../network/equivariant.ts';
import { featureLength } from '../network/features.ts';
import { initHead } from '../network/head.ts';
import { copyParameters, type Parameters, pick } from '../network/parameters.ts';
import type { Parametrization } from '../network/parametrization.ts';
import { initTrunk, type Layer, trunkShapes, widened } from '../network/trunk-layers.ts';
import { REGIMES, type Regime, type StartingPoint, techniqueOf } from './regimes.ts';
import type { LearnerSettings } from './settings.ts';
import { techniqueNamed } from './techniques/registry.ts';

/** All that a learner's first state follows from. */
export interface LearnerPlan {
  readonly regime: Regime;
  /** Grasp shapes that the head chooses among. */
  readonly shapeCount: number;
  readonly settings: LearnerSettings;
  readonly start: StartingPoint;
  readonly seed: number;
}

/** A network and what of it learns. */
export interface LearningNetwork {
  readonly architecture: Architecture;
  /** As in `Model`. */
  readonly trunk: Parameters;
  readonly head: Parameters;
  /** The trunk's weights before the first update. */
  readonly start: Parameters;
  /** The weights that learn: those of `trunk` and `head` themselves, unless there is a parametrization. */
  readonly free: Parameters;
  /** How the network's weights come from the learning ones, if these are others. */
  readonly parametrization: Parametrization | undefined;
}

/** The network of a regime before its first update. The regime has been checked. */
export const initialNetwork = (plan: LearnerPlan): LearningNetwork =>
  REGIMES[plan.regime].trunk === 'equivariant' ? tiedNetwork(plan) : plainNetwork(plan);

/** A fresh head for an architecture. */
const freshHead = (architecture: Architecture, { shapeCount, seed }: LearnerPlan): Parameters =>
  initHead(featureLength(architectureTaps(architecture)), shapeCount, rngStream(seed, 'learner/head'));

/** Graft's own network of some layers. */
const own = (layers: readonly Layer[], { prior }: LearnerSettings): Architecture => ({
  ...{ kind: 'own', layers },
  ...(prior && { prior }),
});

/** A pretrained or random trunk, and a fresh head or the one to start from. */
function plainNetwork(plan: LearnerPlan): LearningNetwork {
  const { regime, settings, start: from, seed } = plan;
  const redrawn = REGIMES[regime].trunk !== 'pretrained';
  const architecture = redrawn
    ? own(widened(layersOf(from.architecture), settings.width), settings)
    : from.architecture;
  const trunk = redrawn
    ? initTrunk(rngStream(seed, 'learner/trunk'), layersOf(architecture))
    : copyParameters(from.parameters);
  const head = from.startHead ? copyParameters(from.startHead.parameters) : freshHead(architecture, plan);
  const network = { architecture, trunk, head, start: copyParameters(trunk) };
  return { ...network, ...learningWeights(plan, network) };
}

/** What of a plain network learns by the plan's technique. */
function learningWeights(
  { regime, settings, seed }: LearnerPlan,
  { architecture, trunk, head, start }: Omit<LearningNetwork, 'free' | 'parametrization'>,
): Pick<LearningNetwork, 'free' | 'parametrization'> {
  const { frozen, trains, parametrize } = techniqueNamed(techniqueOf(regime, settings));
  if (frozen) return { free: head, parametrization: undefined };
  const layers = layersOf(architecture);
  if (parametrize) {
    const rng = rngStream(seed, 'learner/adapters');
    const { free, parametrization } = parametrize(layers, start, Object.keys(head), settings.endToEnd, rng);
    return { free: { ...free, ...head }, parametrization };
  }
  const names = new Set(trains(layers).map((l) => l.name));
  const own = Object.fromEntries(Object.entries(trunk).filter(([key]) => names.has(layerOf(key))));
  return { free: { ...own, ...head }, parametrization: undefined };
}

/** The equivariant network: trunk and head have tied weights. */
function tiedNetwork(plan: LearnerPlan): LearningNetwork {
  const { shapeCount, settings, seed } = plan;
  const layers = equivariantLayers(settings.width);
  const architecture = own(layers, settings);
  const plain = freshHead(architecture, plan);
  const { parametrization, free } = equivariantNetwork(
    layers,
    shapeCount,
    plain,
    rngStream(seed, 'learner/equivariant'),
  );
  const network = parametrization.expand(free);
  const trunk = pick(network, Object.keys(trunkShapes(layers)));
  const head = pick(network, Object.keys(plain));
  return { architecture, trunk, head, start: copyParameters(trunk), free, parametrization };
}

/** The layer that a weight of the trunk belongs to. */
export const layerOf = (key: string): string => key.slice(0, key.lastIndexOf('/'));
