/** Learner: the state that online training changes, how it begins, and the model that it stands for. */
import { architectureTaps, priorOf } from '../network/architecture.ts';
import { featureLength } from '../network/features.ts';
import { cappedHead } from '../network/head.ts';
import type { Model } from '../network/model.ts';
import { type Adam, createAdam } from '../network/optimizer.ts';
import { copyParameters, type Parameters, pick } from '../network/parameters.ts';
import { identityStandardization, type Standardization } from '../network/standardization.ts';
import { type HeadLogits, headLogitsOnce } from './head-shift.ts';
import { initialNetwork, type LearnerPlan, type LearningNetwork } from './initial-network.ts';
import { checkRegime, REGIMES, type Regime, techniqueOf } from './regimes.ts';
import type { StoredSample } from './replay.ts';
import { type TechniqueName, techniqueNamed } from './techniques/registry.ts';

/** A learner's whole state: saved, restored and compared bit for bit. */
export interface LearnerState extends LearningNetwork {
  readonly regime: Regime;
  readonly technique: TechniqueName;
  /** Grasp shapes that the head chooses among. */
  readonly shapeCount: number;
  /** The head's weights before the first update, if it began with something worth keeping. */
  readonly startHead?: Parameters;
  /** What that head says of samples, if it is calibrated by them; computed, not kept. */
  readonly startLogits?: HeadLogits;
  readonly adam: Adam;
  /** The replay buffer. */
  readonly replay: StoredSample[];
  standardization: Standardization | undefined;
  updates: number;
}

/** A learner before its first trial. @throws Error as {@link checkRegime}. */
export function createLearner(plan: LearnerPlan): LearnerState {
  const { regime, shapeCount, settings, start } = plan;
  checkRegime(regime, start, settings);
  const technique = techniqueOf(regime, settings);
  const { frozen } = techniqueNamed(technique);
  const startHead = frozen ? start.startHead : start.startHead && cappedHead(start.startHead);
  const network = initialNetwork({ ...plan, start: { ...start, ...(startHead && { startHead }) } });
  const { learningRate, weightDecay } = frozen ? settings : settings.endToEnd;
  const length = featureLength(architectureTaps(network.architecture));
  // a random trunk learns its own scales; a pretrained one's features are what the head meets first
  const asIs = REGIMES[regime].trunk !== 'pretrained' && !frozen;
  return {
    ...network,
    regime,
    technique,
    shapeCount,
    adam: createAdam(network.free, learningRate, weightDecay),
    replay: [],
    ...(startHead && { startHead: copyParameters(network.head) }),
    ...(startHead && frozen && settings.calibrate !== false && { startLogits: headLogitsOnce(startHead) }),
    standardization: startHead?.standardization ?? (asIs ? identityStandardization(length) : undefined),
    updates: 0,
  };
}

/** The weights that must never change in this learner's training: under adapters, those that they are added to. */
export const frozenWeights = ({ technique, trunk, start, free }: LearnerState): Parameters =>
  techniqueNamed(technique).parametrize
    ? start
    : Object.fromEntries(Object.entries(trunk).filter(([key]) => !(key in free)));

/**
 * The learner with weights from a file in place of its own.
 * @param read whole, of the shapes of `state`; `own` are those that {@link ownFree} gave.
 */
export function restoreWeights(
  state: LearnerState,
  read: Pick<LearnerState, 'trunk' | 'head' | 'replay' | 'standardization' | 'updates'> & {
    readonly own: Parameters;
    readonly adam: Pick<Adam, 'first' | 'second' | 'step'>;
  },
): LearnerState {
  const { own, adam, ...rest } = read;
  const known = { ...read.trunk, ...read.head, ...own };
  return { ...state, ...rest, free: pick(known, Object.keys(state.free)), adam: { ...state.adam, ...adam } };
}

/** The learning weights that are not the network's own: what is to be saved besides the network. */
export const ownFree = ({ trunk, head, free }: LearnerState): Parameters => {
  const network = { ...trunk, ...head };
  return pick(
    free,
    Object.keys(free).filter((key) => free[key] !== network[key]),
  );
};

/** Whether a learner knows something before its first trial, and so needs no random ones. */
export const knowsSomething = ({ startHead, architecture }: LearnerState): boolean =>
  startHead !== undefined || priorOf(architecture) !== undefined;

/** The model that scores grasps now; undefined until there is data enough to standardise the features. */
export const currentModel = (state: LearnerState): Model | undefined =>
  state.standardization && (state.updates > 0 || knowsSomething(state))
    ? {
        architecture: state.architecture,
        trunk: state.trunk,
        head: state.head,
        standardization: state.standardization,
      }
    : undefined;

/** The model before its first update: every grasp looks the same. */
export const untrained = (state: LearnerState): Model => ({
  architecture: state.architecture,
  trunk: state.trunk,
  head: state.head,
  standardization:
    state.standardization ?? identityStandardization(featureLength(architectureTaps(state.architecture))),
});
