/** Training and evaluation of a run as people follow them: progress, recording, viewer. */
import { resolve } from 'node:path';
import type { Engine } from '../../agent/engine/engine.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import type { LiveView } from '../../sim/recording/live-view.ts';
import { freeRecordingPath, type RunRecording, startRecording } from '../recordings/record.ts';
import { startProgress } from '../terminal/progress.ts';
import type { TrialOutput } from '../trials/job.ts';
import type { TrialPool } from '../workers/pool.ts';
import type { Timed } from './conclude.ts';
import { evaluate } from './evaluate.ts';
import type { Prepared, TrainingRequest } from './prepare.ts';
import { openEvaluationLog } from './saving/evaluation-log.ts';
import { type TrainOptions, type TrainOutcome, train } from './train.ts';

/** Starts the recording that was asked for: of training and of the learned policy's evaluation. */
export function recordingOf(
  { record, command, view }: Pick<TrainingRequest, 'record' | 'command' | 'view'>,
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
export function publish(
  view: LiveView | undefined,
  split: 'training' | 'evaluation',
  { record, episode }: TrialOutput,
): void {
  if (!view) return;
  const { trial, families, outcome, probability } = record;
  view.publishTrial({ trial, split, families, outcome, probability });
  if (episode) view.publishEpisode(episode);
}

const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;

/** Who runs a training or an evaluation, and who is shown it. */
export interface Shown {
  readonly run: Prepared;
  readonly pool: TrialPool;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  readonly view?: LiveView | undefined;
  readonly recording?: RunRecording | undefined;
}

/** Trains a run in its folder, before people's eyes. @param more whether to go on, and who else is told. */
export async function trainShown(
  engine: Engine,
  { run, pool, quiet, signal, view, recording }: Shown,
  { onRound, ...more }: Pick<TrainOptions, 'resume' | 'snapshotsAt' | 'onSnapshot' | 'onRound' | 'onSteering'>,
): Promise<TrainOutcome> {
  const progress = startProgress(`train ${run.arm}`, run.trials, quiet);
  const recent: boolean[] = [];
  const { scenario, arm, seed, trials, backbone, folder } = run;
  try {
    return await train({
      ...{ engine, pool, scenario, arm, seed, trials, backbone, folder, signal },
      ...more,
      wantsEpisode: () => view?.wantsEpisode() ?? false,
      ...(recording && { recordRule: recording.rule }),
      onTrial: (output) => {
        recording?.add(output);
        recent.push(output.record.outcome === 'held');
        if (recent.length > 50) recent.shift();
        publish(view, 'training', output);
      },
      onRound: async (done, loss) => {
        const held = recent.filter(Boolean).length;
        progress.update(done, `held ${percent(held / recent.length)} of the last ${recent.length}`);
        if (pool.elsewhere) await recording?.room();
        await onRound?.(done, loss);
      },
    });
  } finally {
    progress.stop();
  }
}

/** What is evaluated, and where its evaluation is kept until it is over. */
type Evaluated = Pick<Prepared, 'scenario' | 'folder'>;

/** Identifies an evaluation within its run. */
const evaluationKey = (policy: PolicySpec, { scenario }: Evaluated): string =>
  JSON.stringify(['key' in policy ? policy.key : policy.name, scenario.evaluation.seed]);

/**
 * Evaluates a policy on a run's evaluation scenes, before people's eyes.
 * @param name of the policy. @param onBatch awaited between two batches of scenes.
 */
export async function evaluateShown(
  policy: PolicySpec,
  name: string,
  { run, pool, quiet, signal, view, recording }: Omit<Shown, 'run'> & { readonly run: Evaluated },
  onBatch?: (done: number) => Promise<void>,
): Promise<Timed> {
  const { trials, seed } = run.scenario.evaluation;
  const started = performance.now();
  // a recording wants every trial played
  const log = recording ? undefined : openEvaluationLog(run.folder, name, evaluationKey(policy, run));
  for (const record of log?.done ?? []) publish(view, 'evaluation', { record });
  const progress = startProgress(`evaluate ${name}`, trials, quiet);
  try {
    const evaluation = await evaluate(pool, {
      scenario: run.scenario,
      seed,
      trials,
      policy,
      signal,
      done: log?.done ?? [],
      onBatch: async (done) => {
        if (pool.elsewhere) await recording?.room();
        await onBatch?.(done);
      },
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
