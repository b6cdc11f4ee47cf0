import { loadEngine } from '../../../agent/engine/engine.ts';
import type { FixedPolicyName } from '../../../agent/policy/names.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { openRecordingFile } from '../../../scenarios/recordings/open.ts';
import { evaluateClutter } from '../../../scenarios/run/clutter.ts';
import type { SceneJob, TrialOutput } from '../../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { Fields } from '../../../sim/recording/read/decode.ts';
import type { StoredTrial } from '../../../sim/recording/read/stored-trial.ts';
import type { RecordingEntry } from '../../../sim/recording/write/messages.ts';

const EVERY = { every: 1, failuresOnly: false };

const newRunner = async (): Promise<JobRunner> => {
  await loadPhysics();
  return new JobRunner(await loadEngine(), NODE_HOST);
};

/** With what a recorder counts. */
function counted(outputs: readonly TrialOutput[]): RecordingEntry[] {
  let held = 0;
  return outputs.map(({ recorded, record }, i) => {
    if (record.outcome === 'held') held++;
    const counts = { trials: i + 1, held, recentRate: held / (i + 1), dropped: 0 };
    return { episode: recorded!, log: JSON.stringify(record), counts };
  });
}

/** Real trials of a fixed policy on a scenario that ships with graft, as they go into a recording. */
export async function recordTrials(
  count: number,
  name = 'quick',
  fixed: FixedPolicyName = 'antipodal',
): Promise<RecordingEntry[]> {
  const runner = await newRunner();
  const { scenario } = loadScenario(name);
  const policy = { kind: 'fixed', name: fixed } as const;
  const places = Array.from({ length: count }, (_, i) => ({ sceneIndex: i, firstTrial: i }));
  const job = { scenario, seed: 0, split: 'evaluation', grasps: 1, policy, record: false, picture: false } as const;
  const outputs = await Promise.all(places.map((place) => runner.run({ ...job, ...place, recordRule: EVERY })));
  return counted(outputs.flat());
}

/** Rounds of clutter removal on packed scenes, as they go into a recording. */
export async function recordRounds(count: number, policy: FixedPolicyName = 'antipodal'): Promise<RecordingEntry[]> {
  const runner = await newRunner();
  const pool = {
    workers: 1,
    run: (jobs: readonly SceneJob[]) => Promise.all(jobs.map((job) => runner.run(job))),
    close,
  };
  const outputs: TrialOutput[] = [];
  await evaluateClutter(pool, {
    ...{ scenario: loadScenario('packed').scenario, seeds: [0], rounds: count, recordRule: EVERY },
    policy: { kind: 'fixed', name: policy },
    onTrial: (output) => outputs.push(output),
  });
  return counted(outputs);
}

/** Every trial of a recording on disk. */
export async function trialsOf(path: string): Promise<StoredTrial[]> {
  const trials: StoredTrial[] = [];
  for await (const trial of (await openRecordingFile(path)).trials()) trials.push(trial);
  return trials;
}

/** What is on `/trial` of each. */
export const trialMessages = async (path: string): Promise<Fields[]> =>
  (await trialsOf(path)).map((trial) => trial.messages('/trial')[0]);

const close = async (): Promise<void> => undefined;
