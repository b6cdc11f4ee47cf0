/** Training session: the learner behind the play page, by the loop of `graft train`. */
import { type Engine, loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { PADDED_LENGTH, VARIANTS } from '../../../agent/learner/augmentation.ts';
import { checkpointTensors, restoreCheckpoint } from '../../../agent/learner/checkpoint.ts';
import type { LearnerPlan } from '../../../agent/learner/initial-network.ts';
import { createLearner, type LearnerState } from '../../../agent/learner/learner.ts';
import { isFrozen, type Regime } from '../../../agent/learner/regimes.ts';
import { architectureTaps } from '../../../agent/network/architecture.ts';
import { featureLength } from '../../../agent/network/features.ts';
import { copyModel, type Model, modelParameters } from '../../../agent/network/model.ts';
import { decodeTensors, encodeTensors } from '../../../agent/network/safetensors.ts';
import { encodeModel } from '../../../agent/policy/model-file.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { type Demonstration, learnDemonstrations, type Pupil } from '../../../scenarios/training/demonstration.ts';
import { learnerPlan } from '../../../scenarios/training/learner-plan.ts';
import { atOnce, modelOf, trainLoop } from '../../../scenarios/training/loop.ts';
import type { SceneJob, TrialOutput, TrialRecord } from '../../../scenarios/trials/job.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { Episode } from '../../../sim/recording/episode.ts';
import type { TrialSummary } from '../../../sim/recording/marks.ts';
import { BROWSER_HOST, parametersHash } from '../host.ts';
import { type FetchBytes, fetchBytes, pageBackbone } from './backbones.ts';

/** What can learn in the page: the arms of `graft train`, and the pretrained trunk under a head that knows nothing. */
export type PageArm = Regime | 'fresh-head';

/** What to train. */
export interface TrainingRequest {
  readonly scenario: Scenario;
  readonly arm: PageArm;
  readonly seed: number;
  readonly trials: number;
  /** As in `loadEngine`. */
  readonly wasmFolder?: string;
}

/** Who is told how it goes. Nothing is waited for. */
export interface TrainingListener {
  readonly onTrial: (trial: TrialSummary) => void;
  /** After a round: the trials that were learned from, and the mean loss of its updates. */
  readonly onLearned: (trials: number, loss: number | undefined) => void;
  /** A trial as it went, once after each {@link TrainingSession.watch}. */
  readonly onEpisode?: (episode: Episode) => void;
}

/** Weights as `graft train` saves them. */
export interface SavedWeights {
  /** A model.safetensors. */
  readonly bytes: Uint8Array;
  /** The weights hash of `graft train`. */
  readonly hash: string;
  /** Trials of its own that they were learned from. */
  readonly trials: number;
}

/** A demonstration with the scenario that it was given in. */
export interface Lesson extends Demonstration {
  readonly scenario: Scenario;
  /** As in a run's trials.jsonl, with scenario, seed and split. */
  readonly line: string;
}

/** What has been taught. */
export interface Taught extends SavedWeights {
  readonly lessons: number;
  /** Lessons since the latest training, which began with those before it. */
  readonly undoable: number;
}

/** A learner that is not training. */
interface Idle extends Pupil {
  readonly tf: Tf;
  readonly scenario: Scenario;
  /** Trials that it learned from by itself. */
  readonly trials: number;
}

/** Bytes that the page keeps of trials at most. */
const MEMORY = 2 ** 30;

/** The training was given up. */
class Stopped extends Error {}

/** Lets messages through. */
const breathe = (): Promise<void> => new Promise((done) => setTimeout(done, 0));

/** The learner behind the page; one lives in a worker of its own, so that playing goes on beside it. */
export class TrainingSession {
  readonly #fetch: FetchBytes;
  #gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  #stopped = false;
  #training = false;
  #watched = false;
  /** The learner that can be taught, and its state before the lessons, as a file. */
  #idle: Idle | undefined;
  #before: Uint8Array | undefined;
  #lessons: Lesson[] = [];
  /** Lessons that are part of the learner before. */
  #absorbed = 0;
  #latest: { readonly model: Model; readonly shapeCount: number; readonly trials: number } | undefined;

  /** @param fetched how files that came with the page are had. */
  constructor(fetched: FetchBytes = fetchBytes) {
    this.#fetch = fetched;
  }

  /**
   * Trains to the end.
   * @returns whether it got there; false if it was stopped.
   * @throws Error if it cannot be trained here: for its trunk, its arm or its memory; or as `trainLoop`.
   */
  async train(request: TrainingRequest, told: TrainingListener): Promise<boolean> {
    if (this.#training) throw new Error('training: expected one at a time, got a second one');
    this.#stopped = false;
    this.#training = true;
    this.goOn();
    try {
      return await this.#train(request, told);
    } finally {
      this.#training = false;
    }
  }

  async #train(request: TrainingRequest, told: TrainingListener): Promise<boolean> {
    const { seed, trials } = request;
    const { engine, backbone, ...fresh } = await this.#begin(request);
    const { scenario, plan, state } = fresh;
    await learnDemonstrations(engine.tf, fresh, this.#lessons, breathe);
    this.#keep(state, plan, 0);
    const records: TrialRecord[] = [];
    const run = { scenario, arm: plan.regime, seed, trials, backbone, plan, state, records };
    const finished = await this.#withRunner(engine, async (runner) => {
      await trainLoop({
        ...run,
        tf: engine.tf,
        run: (jobs) => atOnce(this.#play(runner, jobs, told)),
        hashOf: parametersHash,
        breathe,
        wantsEpisode: () => this.#watched,
        onLearned: ({ loss }) => {
          this.#keep(state, plan, records.length);
          told.onLearned(records.length, loss);
        },
      });
    });
    this.#settle({ ...fresh, tf: engine.tf, trials: this.weights().trials });
    return finished;
  }

  /** A learner before its first trial, and what it needs. @throws Error as {@link train}. */
  async #begin({ arm, seed, trials, wasmFolder, ...asked }: TrainingRequest) {
    const { scenario, regime } = learning(asked.scenario, arm);
    for (const lesson of this.#lessons) checkSameGrasps(scenario, lesson.scenario);
    const { backbone: name, taps } = scenario.learner;
    const backbone = await pageBackbone(name, taps, this.#fetch);
    const plan = learnerPlan(scenario, regime, backbone, seed);
    const state = createLearner(plan);
    checkMemory(state, plan, trials);
    await loadPhysics();
    const engine = await loadEngine({ prefer: 'wasm', ...(wasmFolder !== undefined && { wasmFolder }) });
    return { scenario, action: scenario.action, backbone, plan, state, engine };
  }

  /** The learner as it is now can be taught. */
  #settle(learner: Idle): void {
    this.#idle = learner;
    this.#absorbed = this.#lessons.length;
    this.#before = encodeTensors(checkpointTensors({ state: learner.state, trials: learner.trials }));
  }

  /**
   * Teaches the learner that trained last; without one, a new one.
   * @param request of the new one; its trials do not matter.
   * @throws Error while it trains, if it knows other grasps than the lesson's scenario, or as {@link train}.
   */
  async teach(request: TrainingRequest, lesson: Lesson): Promise<Taught> {
    if (this.#training) throw new Error('teaching: expected a learner that is not training, got one that is');
    if (!this.#idle || (this.#idle.trials === 0 && this.#lessons.length === 0)) {
      const { engine, ...fresh } = await this.#begin({ ...request, trials: 0 });
      this.#settle({ ...fresh, tf: engine.tf, trials: 0 });
    }
    const { tf, ...pupil } = this.#idle!;
    checkSameGrasps(pupil.scenario, lesson.scenario);
    await learnDemonstrations(tf, pupil, [lesson], breathe);
    this.#lessons.push(lesson);
    return this.#taught();
  }

  /** Takes the latest lesson back: the learner from before, and the others once more. @throws Error if there is none. */
  async undo(): Promise<Taught> {
    const [before, learner] = [this.#before, this.#idle];
    if (!before || !learner || this.#lessons.length === this.#absorbed || this.#training)
      throw new Error('teaching: expected a lesson to take back, got none');
    const { state } = restoreCheckpoint(decodeTensors(before, 'learner'), 'learner', learner.plan);
    this.#lessons.pop();
    this.#idle = { ...learner, state };
    await learnDemonstrations(learner.tf, this.#idle, this.#lessons.slice(this.#absorbed), breathe);
    return this.#taught();
  }

  /** The lessons, one a line, see {@link Lesson.line}. */
  lessons(): string {
    return this.#lessons.map(({ line }) => `${line}\n`).join('');
  }

  /** Forgets every lesson, and the learner with them. */
  forget(): void {
    if (this.#training) throw new Error('teaching: expected a learner that is not training, got one that is');
    this.#lessons = [];
    this.#absorbed = 0;
    this.#idle = undefined;
    this.#before = undefined;
  }

  #taught(): Taught {
    const { state, plan, trials } = this.#idle!;
    this.#keep(state, plan, trials);
    const lessons = this.#lessons.length;
    return { ...this.weights(), lessons, undoable: lessons - this.#absorbed };
  }

  /** Asks for the next trial that can be shown. */
  watch(): void {
    this.#watched = true;
  }

  /** Holds the training after the trial that runs. */
  pause(): void {
    if (this.#gate) return;
    let open = (): void => undefined;
    const opened = new Promise<void>((done) => {
      open = done;
    });
    this.#gate = { opened, open };
  }

  /** Goes on after a pause: nothing is another for it. */
  goOn(): void {
    this.#gate?.open();
    this.#gate = undefined;
  }

  /** Gives the training up after the trial that runs; its weights stay. */
  stop(): void {
    this.#stopped = true;
    this.goOn();
  }

  /** The weights after the latest round. @throws Error before the first training. */
  weights(): SavedWeights {
    if (!this.#latest) throw new Error('training: expected one to have begun, got none');
    const { model, shapeCount, trials } = this.#latest;
    return { bytes: encodeModel(model, shapeCount), hash: parametersHash(modelParameters(model)), trials };
  }

  #keep(state: LearnerState, { shapeCount }: LearnerPlan, trials: number): void {
    this.#latest = { model: copyModel(modelOf(state)), shapeCount, trials };
  }

  async #withRunner(engine: Engine, work: (runner: JobRunner) => Promise<void>): Promise<boolean> {
    const runner = new JobRunner(engine, BROWSER_HOST);
    try {
      await work(runner);
      return true;
    } catch (error) {
      if (error instanceof Stopped) return false;
      throw error;
    } finally {
      runner.dispose();
    }
  }

  async #play(runner: JobRunner, jobs: readonly SceneJob[], told: TrainingListener): Promise<TrialOutput[][]> {
    const outputs: TrialOutput[][] = [];
    for (const job of jobs) {
      await breathe();
      await this.#gate?.opened;
      if (this.#stopped) throw new Stopped();
      const tried = await runner.run(job);
      for (const { record, episode } of tried) {
        told.onTrial(summaryOf(record));
        if (!episode) continue;
        this.#watched = false;
        told.onEpisode?.(episode);
      }
      outputs.push(tried);
    }
    return outputs;
  }
}

/** The scenario and the regime that an arm of the page stands for. */
function learning(scenario: Scenario, arm: PageArm): { readonly scenario: Scenario; readonly regime: Regime } {
  if (arm !== 'fresh-head') return { scenario, regime: arm };
  return { scenario: { ...scenario, learner: { ...scenario.learner, head: 'fresh' } }, regime: 'pretrained' };
}

/** @throws Error if a grasp in one scenario is none in the other: the hand or the choice of grasps is another. */
function checkSameGrasps(own: Scenario, other: Scenario): void {
  const [mine, got] = [own, other].map(({ gripper, action }) => JSON.stringify([gripper, action]));
  if (mine === got) return;
  throw new Error(
    "teaching: expected grasps with the learner's own hand, angles and depths, got a scenario with others; start a training on that scenario first, or take the lessons back",
  );
}

/** @throws Error if the trials would not fit into a page. */
function checkMemory({ architecture }: LearnerState, { regime, settings }: LearnerPlan, trials: number): void {
  const frozen = isFrozen(regime, settings);
  const bytes = 4 * (frozen ? VARIANTS * featureLength(architectureTaps(architecture)) : PADDED_LENGTH);
  const most = Math.floor(MEMORY / bytes);
  if (trials <= most) return;
  throw new Error(
    `trials: expected at most ${most} of this learner, which keeps ${Math.ceil(bytes / 1000)} kB of each in the page's memory, got ${trials}; train more with graft train`,
  );
}

const summaryOf = ({ trial, families, outcome, probability }: TrialRecord): TrialSummary => ({
  trial,
  split: 'training',
  families,
  outcome,
  probability,
});
