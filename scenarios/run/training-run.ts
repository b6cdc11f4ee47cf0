/** The run behind `graft train`: train, evaluate, compare with the heuristics, write the report. */
import { type Engine, loadEngine } from '../../agent/engine/engine.ts';
import type { FixedPolicyName } from '../../agent/policy/names.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../sim/physics.ts';
import type { LiveView } from '../../sim/recording/live-view.ts';
import type { RunSteering } from '../../sim/recording/steering.ts';
import { askedPool, checkMachines } from '../experiments/train/asked-pool.ts';
import { checkRecordRequest, describeRecording } from '../recordings/record.ts';
import { note } from '../terminal/notes.ts';
import { createPool } from '../workers/pool.ts';
import { conclude, type TrainingJson } from './conclude.ts';
import type { Evaluation } from './evaluate.ts';
import { offerPolicy } from './play-policy.ts';
import { type Prepared, prepare, type TrainingRequest } from './prepare.ts';
import { removeEvaluationLogs } from './saving/evaluation-log.ts';
import { lockFolder } from './saving/lock.ts';
import { evaluateShown, recordingOf, trainShown } from './shown.ts';
import type { RunHashes } from './train.ts';

/** Policies that every training run is compared with, on the same scenes. */
const BASELINES: readonly FixedPolicyName[] = ['depth-pca', 'antipodal', 'random'];

/**
 * The main job: train, evaluate on unseen families, compare with the heuristics on the same scenes, write the report.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function runTraining(request: TrainingRequest): Promise<TrainingJson> {
  const started = performance.now();
  checkRecordRequest(request.record);
  await checkMachines(request);
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

/** Lets a training be steered in a viewer, and says when it stands still for that. */
function steeredIn(view: LiveView, say: (text: string) => void): (steering: RunSteering | undefined) => void {
  let paused = false;
  return (steering) => {
    view.offerSteering(steering);
    if (!steering || steering.state.paused === paused) return;
    paused = !paused;
    say(paused ? 'paused in the viewer' : 'goes on');
  };
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
  const pool = await askedPool(createPool(request.workers, run.library), request, {
    ...{ scenario: run.scenario, library: run.library, backbone: run.backbone, signal },
    training: { seed: run.seed, trials: run.trials },
  });
  const recording = recordingOf(request, run, engine.name);
  let hashes: RunHashes | undefined;
  try {
    const on = { run, pool, quiet, signal };
    const outcome = await trainShown(
      engine,
      { ...on, view, recording },
      // what a person does to one part, the others would not know of
      { resume: request.resume, ...(view && !request.part && { onSteering: steeredIn(view, say) }) },
    );
    hashes = { weightsHash: outcome.weightsHash, logHash: outcome.logHash, backboneHash: outcome.backboneHash };
    if (view) offerPolicy(view, run.folder);
    // parts share out the same scenes: what was played before lies in the shared folder
    if (request.part) removeEvaluationLogs(run.folder);
    const policy = { kind: 'greedy', key: outcome.weightsHash, model: outcome.model } as const;
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
