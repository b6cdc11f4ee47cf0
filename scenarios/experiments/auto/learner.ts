/** Learner of a candidate: how it explores, predicts shared trials and learns from them. */
import { type Backbone, startHash } from '../../../agent/backbones/own.ts';
import { foreignTrunkOf, ownTrunkOf } from '../../../agent/backbones/registry.ts';
import type { Tf } from '../../../agent/engine/engine.ts';
import { cachedFeatures, paddedCrop } from '../../../agent/learner/augmentation.ts';
import { createLearner, currentModel, type LearnerState, untrained } from '../../../agent/learner/learner.ts';
import { isFrozen } from '../../../agent/learner/regimes.ts';
import type { Sample } from '../../../agent/learner/replay.ts';
import { learn } from '../../../agent/learner/update.ts';
import type { Trunk } from '../../../agent/network/trunk.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { predictTried } from '../../../agent/policy/prediction.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadCheckpoint, saveCheckpoint, type Tie } from '../../run/saving/checkpoint.ts';
import type { Scenario } from '../../schema/schema.ts';
import { learnerPlan } from '../../training/learner-plan.ts';
import { type Candidate, candidateName, candidateScenario } from './candidates.ts';
import type { SharedTrial } from './experience.ts';

/** A candidate that learns from trials, its own and others'. Whoever opened it disposes of it. */
export class CandidateLearner {
  readonly candidate: Candidate;
  /** As the candidate would be trained alone. */
  readonly scenario: Scenario;
  readonly backbone: Backbone;
  readonly #tf: Tf;
  readonly #seed: number;
  /** The frozen trunk; undefined if the trunk learns, too. */
  readonly #frozen: Trunk | undefined;
  #state: LearnerState;

  private constructor(
    { tf, seed, candidate, scenario, backbone }: OpenOptions,
    state: LearnerState,
    frozen: Trunk | undefined,
  ) {
    this.#tf = tf;
    this.#seed = seed;
    this.candidate = candidate;
    this.scenario = scenario;
    this.backbone = backbone;
    this.#state = state;
    this.#frozen = frozen;
  }

  /** @param options.folder with a checkpoint to go on from. */
  static async open(options: Omit<OpenOptions, 'scenario'> & { readonly base: Scenario }): Promise<CandidateLearner> {
    const { tf, seed, candidate, base, backbone, folder } = options;
    const scenario = candidateScenario(base, candidate);
    const { learner } = scenario;
    const plan = learnerPlan(scenario, learner.arm, backbone, seed);
    const saved = folder ? loadCheckpoint(folder, plan, { run: identityOf(options) }) : undefined;
    const state = saved?.state ?? createLearner(plan);
    const frozen = isFrozen(learner.arm, learner) ? await trunkOf(tf, state) : undefined;
    return new CandidateLearner({ ...options, scenario }, state, frozen);
  }

  /** How it explores now. */
  policy(): PolicySpec {
    const { epsilon, temperature, heuristicShare, sameCell } = this.scenario.training;
    const model = currentModel(this.#state);
    const { backbone, taps, technique } = this.candidate;
    return {
      kind: 'explore',
      key: JSON.stringify([backbone, taps, technique, this.#seed, this.#state.updates]),
      model: model ?? untrained(this.#state),
      scored: model !== undefined,
      exploration: { epsilon, temperature, heuristicShare },
      sameCell,
    };
  }

  /** [trials] logits of success as it sees them now; 0 (even odds) before it has learned anything. */
  predict(trials: readonly SharedTrial[]): Float32Array {
    const model = currentModel(this.#state);
    if (!model) return new Float32Array(trials.length);
    const trunk = this.#frozen ?? ownTrunkOf(this.#tf, model);
    try {
      return predictTried(this.#tf, trunk, model, trials, this.scenario.action);
    } finally {
      if (trunk !== this.#frozen) trunk.dispose();
    }
  }

  /** Takes in trials, whoever tried them, and updates. @param pause as in `learn`. */
  async learn(trials: readonly SharedTrial[], pause: () => Promise<void>): Promise<void> {
    const samples = trials.map((trial) => this.#sample(trial));
    await learn(this.#tf, this.#state, this.scenario.learner, samples, this.#seed, pause);
  }

  /** What this candidate keeps of a trial: features of its own trunk, or the picture that its trunk will learn from. */
  #sample({ map, action, held, trial }: SharedTrial): Sample {
    const settings = this.scenario.action;
    const data = this.#frozen
      ? cachedFeatures(this.#frozen, map, action, settings, rngStream(this.#seed, 'auto/augment', trial))
      : paddedCrop(map, action, settings);
    return { data, shape: action.shape, held };
  }

  /** Saves it whole. @param trials that it has met. @param tie what it belongs to; left out: a search. */
  save(folder: string, trials: number, tie?: Tie): void {
    const { candidate, backbone } = this;
    const own = { run: identityOf({ seed: this.#seed, candidate, backbone }), log: '' };
    saveCheckpoint(folder, { state: this.#state, trials }, tie ?? own);
  }

  dispose(): void {
    this.#frozen?.dispose();
  }
}

interface OpenOptions {
  readonly tf: Tf;
  readonly seed: number;
  readonly candidate: Candidate;
  readonly scenario: Scenario;
  readonly backbone: Backbone;
  readonly folder?: string;
}

/** Identifies a candidate of a search. */
const identityOf = ({ seed, candidate, backbone }: Pick<OpenOptions, 'seed' | 'candidate' | 'backbone'>): string =>
  JSON.stringify([seed, candidateName(candidate), startHash(backbone)]);

/** The trunk of a learner that keeps it as it is. */
async function trunkOf(tf: Tf, { architecture, trunk }: LearnerState): Promise<Trunk> {
  const model = { architecture, trunk };
  return (await foreignTrunkOf(tf, model)) ?? ownTrunkOf(tf, model);
}
