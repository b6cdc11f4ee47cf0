/** Loop of training: rounds of exploring, trying, learning. It knows no files, so that a page trains by it, too. */
import type { HashParameters } from '../../agent/backbones/backbone.ts';
import type { Tf } from '../../agent/engine/engine.ts';
import type { LearnerPlan } from '../../agent/learner/initial-network.ts';
import { currentModel, frozenWeights, type LearnerState, untrained } from '../../agent/learner/learner.ts';
import { learn } from '../../agent/learner/update.ts';
import type { Model } from '../../agent/network/model.ts';
import { UserError } from '../../sim/user-error.ts';
import type { SceneJob, TrialOutput, TrialRecord } from '../trials/job.ts';
import { type RoundChange, type RoundSettings, roundJobs, toSample } from './round.ts';

/** A training whose numbers run away: with these settings it cannot go on. */
class Diverged extends UserError {
  override readonly exitCode = 1;
}

/** A round that was learned from. */
interface LearnedRound {
  /** Its trials. */
  readonly fresh: readonly TrialRecord[];
  /** Mean of its updates; undefined if there were none yet. */
  readonly loss: number | undefined;
  /** Time that the updates took. */
  readonly seconds: number;
}

/** What a training works on, and who is told. */
export interface LoopOptions extends RoundSettings {
  readonly tf: Tf;
  readonly plan: LearnerPlan;
  /** The learner, which is changed. */
  readonly state: LearnerState;
  /** The trials that it has met; the new ones are added. */
  readonly records: TrialRecord[];
  /** Runs jobs. @returns their outputs, in the order of the jobs and as they come; what is left out ends the round. */
  readonly run: (jobs: readonly SceneJob[]) => AsyncIterable<readonly TrialOutput[]>;
  readonly hashOf: HashParameters;
  /** Awaited between updates, so that timers and messages get through. */
  readonly breathe: () => Promise<void>;
  /** Before each round, which waits for it; what it throws ends the training. */
  readonly beforeRound?: () => Promise<RoundChange | undefined>;
  /** Trials of a round, before anything is learned from them. */
  readonly onTrials?: (outputs: readonly TrialOutput[], fresh: readonly TrialRecord[]) => void;
  readonly onLearned?: (round: LearnedRound) => void | Promise<void>;
}

/** Outputs that come all at once, as {@link LoopOptions.run} gives them. */
export async function* atOnce(outputs: Promise<TrialOutput[][]>): AsyncGenerator<readonly TrialOutput[]> {
  yield (await outputs).flat();
}

/** The learner's model, as far as it got. */
export const modelOf = (state: LearnerState): Model => currentModel(state) ?? untrained(state);

/**
 * Trains until there are as many records as trials. Rounds depend on (scenario, seed) alone, not on who runs their jobs.
 * @throws Diverged if the loss is not finite.
 * @throws Error if weights changed that the technique keeps.
 */
export async function trainLoop(options: LoopOptions): Promise<Model> {
  const { state, records, hashOf } = options;
  const hashBefore = hashOf(frozenWeights(state));
  while (records.length < options.trials) {
    const change = await options.beforeRound?.();
    await trainRound(options, change);
  }
  const hashAfter = hashOf(frozenWeights(state));
  if (hashAfter !== hashBefore) {
    throw new Error(`training: expected the frozen weights to keep hash ${hashBefore}, got ${hashAfter}`);
  }
  return modelOf(state);
}

async function trainRound(options: LoopOptions, change: RoundChange | undefined): Promise<void> {
  const { tf, state, plan, records, breathe } = options;
  const outputs: TrialOutput[] = [];
  for await (const some of options.run(roundJobs(options, state, records.length, change))) {
    const fresh = some.map((o) => o.record);
    outputs.push(...some);
    records.push(...fresh);
    options.onTrials?.(some, fresh);
  }
  const fresh = outputs.map((o) => o.record);
  const started = performance.now();
  const loss = await learn(tf, state, plan.settings, outputs.flatMap(toSample), plan.seed, breathe);
  const seconds = (performance.now() - started) / 1000;
  // before anything is saved that came of it
  if (loss !== undefined && !Number.isFinite(loss))
    throw new Diverged(`training: expected a finite loss, got ${loss} after ${records.length} trials`);
  await options.onLearned?.({ fresh, loss, seconds });
}
