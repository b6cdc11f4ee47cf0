/** Replayed run: a recording made afterwards, of trials that were logged and of the trained policy's. */
import { loadEngine } from '../../agent/engine/engine.ts';
import { fromLog } from '../../agent/policy/action.ts';
import { graspOf } from '../../agent/policy/action-space.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { loadPhysics } from '../../sim/physics.ts';
import type { RecordedEpisode } from '../../sim/recording/episode.ts';
import { createRecording } from '../../sim/recording/write/mcap-writer.ts';
import { spread } from '../../sim/recording/write/thin.ts';
import { checkForeign, InputError } from '../load.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import { libraryOf } from '../objects/read.ts';
import { metadataOf } from '../recordings/record.ts';
import { greedy } from '../run/named-policy.ts';
import { loadModel, type RunConfig, readTrials } from '../run/run-folder.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import { withChanged } from '../training/live-settings.ts';
import type { TrialRecord } from '../trials/job.ts';
import { NODE_HOST } from '../trials/node-host.ts';
import type { RecordRule } from '../trials/record-rule.ts';
import { JobRunner } from '../trials/runner.ts';
import { sceneAndView } from '../trials/scene.ts';
import { tryGrasp } from '../trials/trial.ts';

const EVERY: RecordRule = { every: 1, failuresOnly: false };

/** A trial as it goes into a recording. */
interface Played {
  readonly episode: RecordedEpisode;
  readonly record: TrialRecord;
}

interface Replayed {
  /** Trials of training and of evaluation that will be played. */
  readonly training: number;
  readonly evaluation: number;
  /** Plays them, and writes the recording into a new file. */
  readonly record: (path: string, watch: Watch) => Promise<void>;
}

/** Who waits for trials to be played. */
interface Watch {
  readonly onTrial: (done: number) => void;
  readonly signal: AbortSignal;
}

/**
 * What a finished run without a recording can show: half of the trials from its training, spread over it, the others by the
 * trained policy on the evaluation scenes. A training trial follows from its line in the log alone: scene and action. In
 * rounds of clutter removal it does not, and the evaluation has all.
 * @throws InputError if the run is not finished, or its objects or foreign network are no longer the same.
 */
export async function replayOf(run: string, wanted: number): Promise<Replayed> {
  const { model, config } = loadModel(run);
  await checkForeign(model);
  const library = await libraryOf(config.scenario, () => undefined);
  if (library?.hash !== config.objectsHash)
    throw new InputError(`${run}: expected the objects that it was trained on, got changed ones`);
  const single = readTrials(run).filter(({ action, inRound }) => action !== null && !inRound);
  const logged = spread(single, Math.ceil(wanted / 2));
  const evaluation = Math.min(wanted - logged.length, config.scenario.evaluation.trials);
  const policy = greedy(model);
  return {
    training: logged.length,
    evaluation,
    async record(path, { onTrial, signal }) {
      await loadPhysics();
      const plays = [
        trainingAgain(run, config, logged, policy, library),
        evaluated(config, evaluation, policy, library),
      ];
      const writer = await createRecording(path, metadataOf(recorded(config, policy, library), EVERY));
      let [trials, held] = [0, 0];
      for (const play of plays) {
        for await (const { episode, record } of play) {
          if (signal.aborted) throw new Interrupted(`share interrupted after ${trials} trials`);
          trials++;
          if (record.outcome === 'held') held++;
          const counts = { trials, held, recentRate: held / trials, dropped: 0 };
          await writer.add({ episode, log: JSON.stringify(record), counts });
          onTrial(trials);
        }
      }
      await writer.close();
    },
  };
}

const recorded = (config: RunConfig, policy: PolicySpec, library: ObjectLibrary | undefined) => ({
  ...{ scenarioName: config.scenarioName, scenario: config.scenario, seed: config.seed, policy: config.arm, library },
  weightsHash: policy.kind === 'greedy' ? policy.key : 'none',
  engine: config.engine,
  command: 'npx graft share',
});

/** Trials of the training once more. @throws InputError if one comes out otherwise. */
async function* trainingAgain(
  run: string,
  { scenario, seed }: RunConfig,
  logged: readonly TrialRecord[],
  policy: PolicySpec,
  library: ObjectLibrary | undefined,
): AsyncGenerator<Played> {
  const { action: settings, gripper } = scenario;
  for (const record of logged) {
    const { scene: sceneIndex, trial, probability } = record;
    const view = sceneAndView(withChanged(scenario, record.changed), seed, 'training', sceneIndex, library);
    const action = fromLog(record.action!);
    const grasp = graspOf(view.observation.heightmap, action, gripper.stroke, settings);
    const place = { scenario, seed, split: 'training', sceneIndex } as const;
    const given = record.by && { scene: sceneIndex, ...action };
    const job = { ...place, policy, record: false, recordRule: EVERY, ...(given && { given }) };
    const proposal = { grasp, probability, action, qMap: null };
    const { recorded: episode } = tryGrasp(job, view, proposal, { trial }, NODE_HOST.observationHash);
    const state = episode?.proof.result.stateHash;
    if (!episode || state !== record.stateHash)
      throw new InputError(
        `${run}: expected training trial ${trial} to end in state ${record.stateHash} (its log's), got ${state}; another version of graft or of the physics made it`,
      );
    yield { episode, record };
    await letInterruptIn();
  }
}

/** The first evaluation trials of a policy; those in which it finds nothing to grasp are left out. */
async function* evaluated(
  { scenario }: RunConfig,
  count: number,
  policy: PolicySpec,
  library: ObjectLibrary | undefined,
): AsyncGenerator<Played> {
  const runner = new JobRunner(await loadEngine(), NODE_HOST, library);
  const { seed } = scenario.evaluation;
  try {
    for (let i = 0; i < count; i++) {
      const place = { scenario, seed, split: 'evaluation', sceneIndex: i, firstTrial: i, grasps: 1 } as const;
      const [output] = await runner.run({ ...place, policy, record: false, recordRule: EVERY, picture: false });
      if (output.recorded) yield { episode: output.recorded, record: output.record };
      await letInterruptIn();
    }
  } finally {
    runner.dispose();
  }
}

const letInterruptIn = (): Promise<void> => new Promise((done) => setImmediate(done));
