/** Training in a run folder: the loop of `../training/loop.ts` with a log, scalars and checkpoints. */
import { type Backbone, modelHash, parametersHash } from '../../agent/backbones/own.ts';
import type { Engine } from '../../agent/engine/engine.ts';
import { createLearner, type LearnerState } from '../../agent/learner/learner.ts';
import { copyModel, type Model } from '../../agent/network/model.ts';
import type { RunSteering } from '../../sim/recording/steering.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import { type HandMove, handMoves } from '../training/by-hand.ts';
import { learnerPlan } from '../training/learner-plan.ts';
import { atOnce, modelOf, trainLoop } from '../training/loop.ts';
import type { RoundSettings } from '../training/round.ts';
import { Steering } from '../training/steering.ts';
import type { SceneJob, TrialOutput, TrialRecord } from '../trials/job.ts';
import type { TrialPool } from '../workers/pool.ts';
import {
  appendTrials,
  checkLog,
  flushTrials,
  LogHash,
  readableTrials,
  readTrials,
  runIdOf,
  saveModel,
} from './run-folder.ts';
import { loadCheckpoint, saveCheckpoint } from './saving/checkpoint.ts';
import { startSaveClock } from './saving/clock.ts';
import { startScalars } from './scalars.ts';

/** How to train, and who is told. */
export interface TrainOptions extends RoundSettings {
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly backbone: Backbone;
  /** The run's folder, for its log and checkpoints; undefined keeps everything in memory. */
  readonly folder?: string;
  readonly resume?: boolean;
  readonly onTrial?: (output: TrialOutput) => void;
  readonly onSnapshot?: (snapshot: { trials: number; model: Model; updateSeconds: number; updates: number }) => void;
  /** After each round: trials done and the mean loss of its updates. */
  readonly onRound?: (done: number, loss: number | undefined) => void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Takes the training as one that can be steered, anew whenever its state has changed; undefined when it is over. */
  readonly onSteering?: (steering: RunSteering | undefined) => void;
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
 * by what held, store, update. See `trainLoop`.
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
  const lost = folder && options.resume ? handMoves(readableTrials(folder), saved?.trials) : undefined;
  const records = folder && options.resume ? readTrials(folder, saved?.trials ?? 0) : [];
  const scalars = folder ? await startScalars(folder, records) : undefined;
  let updateSeconds = 0;
  const log = new LogHash(records);
  const clock = startSaveClock();
  const save = (): void => {
    if (!folder) return;
    if (records.length > 0) flushTrials(folder);
    saveCheckpoint(folder, { state, trials: records.length }, { run, log: log.digest() });
  };
  const steering = steeringOf(options, { records, moves: lost, onHold: save });
  const stopIfAsked = (): void => {
    if (!options.signal?.aborted) return;
    save();
    throw new Interrupted(`training interrupted after ${records.length} trials`);
  };
  let [learned, keptAtEnd] = [records.length, false];
  /** Other machines may be waited for when a training is interrupted: it is saved, unless some of the round's trials have come. */
  const runJobs = async (jobs: readonly SceneJob[]): Promise<TrialOutput[][]> => {
    try {
      return await options.pool.run(jobs);
    } catch (error) {
      if (error instanceof Interrupted && records.length === learned && !keptAtEnd) {
        keptAtEnd = true;
        save();
      }
      throw error;
    }
  };
  const model = await trainLoop({
    ...options,
    tf: engine.tf,
    plan,
    state,
    records,
    run: (jobs) => steering?.run(jobs, { workers: options.pool.workers, run: runJobs }) ?? atOnce(runJobs(jobs)),
    hashOf: parametersHash,
    breathe,
    beforeRound: async () => {
      stopIfAsked();
      const change = await steering?.beforeRound();
      stopIfAsked();
      return change;
    },
    onTrials: (outputs, fresh) => {
      log.add(fresh);
      if (folder) appendTrials(folder, fresh);
      for (const output of outputs) options.onTrial?.(output);
    },
    onLearned: async ({ fresh, loss, seconds }) => {
      updateSeconds += seconds;
      learned = records.length;
      scalars?.add(records, records.length - fresh.length, loss);
      if (options.snapshotsAt?.includes(records.length)) snapshot(options, state, records.length, updateSeconds);
      if (folder && clock.due()) clock.save(save);
      await options.onRound?.(records.length, loss);
    },
  });
  steering?.end();
  options.onSteering?.(undefined);
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

/** What steers a training: nothing, unless somebody may, or somebody did. */
function steeringOf(
  { scenario, signal, onSteering }: TrainOptions,
  more: { records: readonly TrialRecord[]; moves: ReadonlyMap<number, HandMove> | undefined; onHold: () => void },
): Steering | undefined {
  const { records, moves } = more;
  if (!onSteering && !moves?.size && !records.at(-1)?.changed) return undefined;
  const steering: Steering = new Steering({
    ...{ scenario, records, signal, onHold: more.onHold, onState: () => onSteering?.(steering) },
    ...(moves && { moves }),
  });
  return steering;
}

/** Hands over the weights of the moment. */
function snapshot({ onSnapshot }: TrainOptions, state: LearnerState, trials: number, updateSeconds: number): void {
  onSnapshot?.({ trials, model: copyModel(modelOf(state)), updateSeconds, updates: state.updates });
}

/** Lets timers and sockets run. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
