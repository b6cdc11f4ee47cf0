/** Training: rounds of exploring, trying, learning, with checkpoints. */
import { type Backbone, modelHash, parametersHash } from '../../agent/backbones/own.ts';
import type { Engine } from '../../agent/engine/engine.ts';
import {
  createLearner,
  currentModel,
  frozenWeights,
  type LearnerState,
  untrained,
} from '../../agent/learner/learner.ts';
import { isFrozen, type Regime } from '../../agent/learner/regimes.ts';
import type { Sample } from '../../agent/learner/replay.ts';
import { learn } from '../../agent/learner/update.ts';
import { copyModel, type Model } from '../../agent/network/model.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { UserError } from '../../sim/user-error.ts';
import type { Scenario } from '../schema/schema.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import type { SceneJob, TrialOutput, TrialRecord } from '../trials/job.ts';
import type { RecordRule } from '../trials/record-rule.ts';
import type { TrialPool } from '../workers/pool.ts';
import { learnerPlan } from './learner-plan.ts';
import { appendTrials, checkLog, flushTrials, LogHash, readTrials, runIdOf, saveModel } from './run-folder.ts';
import { loadCheckpoint, saveCheckpoint } from './saving/checkpoint.ts';
import { startSaveClock } from './saving/clock.ts';
import { startScalars } from './scalars.ts';

/** A training whose numbers run away: with these settings it cannot go on. */
class Diverged extends UserError {
  override readonly exitCode = 1;
}

/** How to train, and who is told. */
export interface TrainOptions {
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly scenario: Scenario;
  readonly arm: Regime;
  readonly seed: number;
  readonly trials: number;
  readonly backbone: Backbone;
  /** The run's folder, for its log and checkpoints; undefined keeps everything in memory. */
  readonly folder?: string;
  readonly resume?: boolean;
  readonly wantsEpisode?: () => boolean;
  /** Which trials to record. */
  readonly recordRule?: RecordRule;
  readonly onTrial?: (output: TrialOutput) => void;
  /** Trial counts at which the weights of that moment are wanted; rounds end there. */
  readonly snapshotsAt?: readonly number[];
  readonly onSnapshot?: (snapshot: { trials: number; model: Model; updateSeconds: number; updates: number }) => void;
  /** After each round: trials done and the mean loss of its updates. */
  readonly onRound?: (done: number, loss: number | undefined) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** What tells two runs apart, SHA-256, hexadecimal. */
export type RunHashes = {
  readonly weightsHash: string;
  readonly logHash: string;
  readonly backboneHash: string;
};

/** What training made. */
export interface TrainOutcome extends RunHashes {
  readonly model: Model;
  readonly records: readonly TrialRecord[];
  /** Seconds spent in updates, of all seconds. */
  readonly updateSeconds: number;
  readonly updates: number;
}

/**
 * Online self-supervised training: in rounds, explore a few new scenes with the current head, execute the grasps, label them
 * by what held, store, update. Rounds depend on (scenario, seed) alone, not on the number of workers.
 * @throws Interrupted if the signal fires; the run is saved and can be resumed.
 * @throws Diverged if the loss is not finite; the last checkpoint is from before.
 * @throws Error if weights changed that the technique keeps.
 */
export async function train(options: TrainOptions): Promise<TrainOutcome> {
  const { engine, scenario, arm, seed, folder } = options;
  const plan = learnerPlan(scenario, arm, options.backbone, seed);
  const run = folder ? runIdOf(folder) : '';
  const saved =
    options.resume && folder
      ? loadCheckpoint(folder, plan, { run, checkLog: (trials, log) => checkLog(folder, trials, log) })
      : undefined;
  const state = saved?.state ?? createLearner(plan);
  const records = folder && options.resume ? readTrials(folder, saved?.trials ?? 0) : [];
  const scalars = folder ? await startScalars(folder, records) : undefined;
  const hashBefore = parametersHash(frozenWeights(state));
  let updateSeconds = 0;
  const log = new LogHash(records);
  const clock = startSaveClock();
  const save = (): void => {
    if (!folder) return;
    if (records.length > 0) flushTrials(folder);
    saveCheckpoint(folder, { state, trials: records.length }, { run, log: log.digest() });
  };

  while (records.length < options.trials) {
    if (options.signal?.aborted) {
      save();
      throw new Interrupted(`training interrupted after ${records.length} trials`);
    }
    const outputs = (await options.pool.run(roundJobs(options, state, records))).flat();
    const fresh = outputs.map((o) => o.record);
    records.push(...fresh);
    log.add(fresh);
    if (folder) appendTrials(folder, fresh);
    for (const output of outputs) options.onTrial?.(output);
    const started = performance.now();
    const loss = await learn(engine.tf, state, plan.settings, outputs.flatMap(toSample), seed, breathe);
    updateSeconds += (performance.now() - started) / 1000;
    // before anything is saved that came of it
    if (loss !== undefined && !Number.isFinite(loss))
      throw new Diverged(`training: expected a finite loss, got ${loss} after ${records.length} trials`);
    scalars?.add(records, records.length - fresh.length, loss);
    if (options.snapshotsAt?.includes(records.length)) {
      const model = copyModel(currentModel(state) ?? untrained(state));
      options.onSnapshot?.({ trials: records.length, model, updateSeconds, updates: state.updates });
    }
    if (folder && clock.due()) clock.save(save);
    await options.onRound?.(records.length, loss);
  }

  const hashAfter = parametersHash(frozenWeights(state));
  if (hashAfter !== hashBefore) {
    throw new Error(`training: expected the frozen weights to keep hash ${hashBefore}, got ${hashAfter}`);
  }
  const model = currentModel(state) ?? untrained(state);
  if (folder) {
    save();
    saveModel(folder, model, plan.shapeCount);
  }
  return {
    model,
    records,
    weightsHash: modelHash(model),
    logHash: log.digest(),
    backboneHash: state.architecture.kind === 'own' ? parametersHash(state.trunk) : state.architecture.hash,
    updateSeconds,
    updates: state.updates,
  };
}

/** Lets timers and sockets run. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The jobs of the next round: new scenes, a few grasps each, the last round cut to the budget. */
function roundJobs(options: TrainOptions, state: LearnerState, records: readonly TrialRecord[]): SceneJob[] {
  const { scenario, seed, arm } = options;
  const { scenesPerRound, graspsPerScene, warmupTrials, epsilon, temperature, heuristicShare, sameCell, rounds } =
    scenario.training;
  const done = records.length;
  const model = currentModel(state);
  const policy: PolicySpec = {
    kind: 'explore',
    key: JSON.stringify([
      arm,
      seed,
      options.backbone.hash,
      scenario.learner.taps,
      scenario.learner.width,
      state.updates,
    ]),
    model: model ?? untrained(state),
    scored: model !== undefined && (done >= warmupTrials || state.startHead !== undefined),
    exploration: { epsilon, temperature, heuristicShare },
    sameCell,
  };
  const record = options.wantsEpisode?.() ?? false;
  const stop = Math.min(options.trials, ...(options.snapshotsAt ?? []).filter((n) => n > done));
  const left = stop - done;
  const scenes = Math.min(scenesPerRound, Math.ceil(left / graspsPerScene));
  const firstScene = Math.ceil(done / graspsPerScene);
  return Array.from(
    { length: scenes },
    (_, i): SceneJob => ({
      scenario,
      seed,
      split: 'training',
      sceneIndex: firstScene + i,
      firstTrial: done + i * graspsPerScene,
      grasps: Math.min(graspsPerScene, left - i * graspsPerScene),
      policy,
      keep: isFrozen(arm, scenario.learner) ? 'features' : 'crop',
      ...(rounds && { clutter: 'rounds' }),
      record: record && i === 0,
      ...(options.recordRule && { recordRule: options.recordRule }),
      picture: false,
    }),
  );
}

/** Invalid trials and trials without an action teach nothing. */
function toSample({ record, data }: TrialOutput): Sample[] {
  if (!data || !record.action || record.outcome === 'invalid') return [];
  return [{ data, shape: record.action.depth, held: record.outcome === 'held' }];
}
