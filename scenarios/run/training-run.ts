/** The run behind `graft train`: train, evaluate, compare with the heuristics, write the report. */
import { resolve } from 'node:path';
import { type Engine, loadEngine } from '../../agent/engine/engine.ts';
import type { FixedPolicyName } from '../../agent/policy/names.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../sim/physics.ts';
import type { LiveView } from '../../sim/recording/live-view.ts';
import {
  checkRecordRequest,
  describeRecording,
  freeRecordingPath,
  type RunRecording,
  startRecording,
} from '../recordings/record.ts';
import { note } from '../terminal/notes.ts';
import { startProgress } from '../terminal/progress.ts';
import type { TrialOutput } from '../trials/job.ts';
import { createPool, type TrialPool } from '../workers/pool.ts';
import { conclude, type Timed, type TrainingJson } from './conclude.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { offerPolicy } from './play-policy.ts';
import { type Prepared, prepare, type TrainingRequest } from './prepare.ts';
import { openEvaluationLog, removeEvaluationLogs } from './saving/evaluation-log.ts';
import { lockFolder } from './saving/lock.ts';
import { type RunHashes, type TrainOutcome, train } from './train.ts';

/** Policies that every training run is compared with, on the same scenes. */
const BASELINES: readonly FixedPolicyName[] = ['depth-pca', 'antipodal', 'random'];

/**
 * The main job: train, evaluate on unseen families, compare with the heuristics on the same scenes, write the report.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function runTraining(request: TrainingRequest): Promise<TrainingJson> {
  const started = performance.now();
  checkRecordRequest(request.record);
  const engine = await loadEngine();
  await loadPhysics();
  const run = await prepare(request, engine.name);
  const unlock = lockFolder(run.folder);
  try {
    return await trainPrepared(request, run, engine, started);
  } finally {
    unlock();
  }
}

/** @param started `performance.now()` when it began. */
async function trainPrepared(
  request: TrainingRequest,
  run: Prepared,
  engine: Engine,
  started: number,
): Promise<TrainingJson> {
  const { view, quiet, signal } = request;
  const say = (text: string): void => void (quiet || note(text));
  say(`engine:   ${engine.description}`);
  say(`physics:  ${PHYSICS_ENGINE} ${physicsVersion()}`);
  say(`backbone: ${run.backbone.name}: ${run.backbone.card}`);
  say(`run:      ${run.folder}\n`);
  view?.setRun({
    scenario: run.name,
    seed: run.seed,
    arm: run.arm,
    engine: engine.description,
    trialsPlanned: run.trials,
  });
  const recording = recordingOf(request, run, engine.name);
  const pool = createPool(request.workers, run.library);
  let hashes: RunHashes | undefined;
  try {
    const outcome = await trainShown(request, run, pool, engine, recording);
    hashes = { weightsHash: outcome.weightsHash, logHash: outcome.logHash, backboneHash: outcome.backboneHash };
    if (view) offerPolicy(view, run.folder);
    const policy = { kind: 'greedy', key: outcome.weightsHash, model: outcome.model } as const;
    const on = { run, pool, quiet, signal };
    const learned = await evaluateShown(policy, 'learned', { ...on, view, recording });
    const baselines: Record<string, Evaluation> = {};
    for (const name of BASELINES) baselines[name] = (await evaluateShown({ kind: 'fixed', name }, name, on)).evaluation;
    const { command } = request;
    const result = await conclude({
      command,
      run,
      pool,
      engine: engine.description,
      outcome,
      learned,
      baselines,
      started,
    });
    removeEvaluationLogs(run.folder);
    const { rate, low, high } = result.final.success;
    view?.serveReport(result.report);
    view?.publishResult({ rate, low, high, trials: result.final.trials, reportUrl: '/report' });
    return result;
  } finally {
    if (recording) note(describeRecording(await recording.close(hashes)));
    await pool.close();
  }
}

/** Starts the recording that was asked for: of training and of the learned policy's evaluation. */
function recordingOf(
  { record, command, view }: TrainingRequest,
  run: Prepared,
  engine: string,
): RunRecording | undefined {
  if (!record) return undefined;
  const { name: scenarioName, scenario, seed, arm: policy, backbone, library, folder } = run;
  const about = { scenarioName, scenario, seed, policy, weightsHash: backbone.hash, engine, command, library };
  const path = record.path ?? freeRecordingPath(folder, 'recording');
  view?.serveRecording(resolve(path));
  return startRecording(record, about, path);
}

/** Publishes a trial to the viewer, and its trajectory if it was recorded. */
function publish(view: LiveView | undefined, split: 'training' | 'evaluation', { record, episode }: TrialOutput): void {
  if (!view) return;
  const { trial, families, outcome, probability } = record;
  view.publishTrial({ trial, split, families, outcome, probability });
  if (episode) view.publishEpisode(episode);
}

const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;

async function trainShown(
  request: TrainingRequest,
  run: Prepared,
  pool: TrialPool,
  engine: Engine,
  recording: RunRecording | undefined,
): Promise<TrainOutcome> {
  const progress = startProgress(`train ${run.arm}`, run.trials, request.quiet);
  const recent: boolean[] = [];
  try {
    return await train({
      engine,
      pool,
      scenario: run.scenario,
      arm: run.arm,
      seed: run.seed,
      trials: run.trials,
      backbone: run.backbone,
      folder: run.folder,
      resume: request.resume,
      signal: request.signal,
      wantsEpisode: () => request.view?.wantsEpisode() ?? false,
      ...(recording && { recordRule: recording.rule }),
      onTrial: (output) => {
        recording?.add(output);
        recent.push(output.record.outcome === 'held');
        if (recent.length > 50) recent.shift();
        publish(request.view, 'training', output);
      },
      onRound: (done) =>
        progress.update(
          done,
          `held ${percent(recent.filter(Boolean).length / recent.length)} of the last ${recent.length}`,
        ),
    });
  } finally {
    progress.stop();
  }
}

/** Who runs an evaluation, and who is shown it. */
interface Shown {
  readonly run: Prepared;
  readonly pool: TrialPool;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  readonly view?: LiveView | undefined;
  readonly recording?: RunRecording | undefined;
}

/** Identifies an evaluation within its run. */
const evaluationKey = (policy: PolicySpec, { scenario }: Prepared): string =>
  JSON.stringify([policy.kind === 'fixed' ? policy.name : policy.key, scenario.evaluation.seed]);

async function evaluateShown(
  policy: PolicySpec,
  name: string,
  { run, pool, quiet, signal, view, recording }: Shown,
): Promise<Timed> {
  const { trials, seed } = run.scenario.evaluation;
  const started = performance.now();
  // a recording wants every trial played
  const log = recording ? undefined : openEvaluationLog(run.folder, name, evaluationKey(policy, run));
  const progress = startProgress(`evaluate ${name}`, trials, quiet);
  try {
    const evaluation = await evaluate(pool, {
      scenario: run.scenario,
      seed,
      trials,
      policy,
      signal,
      done: log?.done ?? [],
      wantsEpisode: () => view?.wantsEpisode() ?? false,
      ...(recording && { recordRule: recording.rule }),
      onTrial: (output, done, held) => {
        recording?.add(output);
        log?.add(output.record);
        progress.update(done, `held ${percent(held / done)}`);
        publish(view, 'evaluation', output);
      },
    });
    return { evaluation, seconds: (performance.now() - started) / 1000 };
  } finally {
    progress.stop();
  }
}
