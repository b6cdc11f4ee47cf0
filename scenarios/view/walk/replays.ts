/** Replays of a benchmark's trials: the very grasp of each, tried again on its scene and recorded. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { endsOf, parseTrialName, type WalkTrial } from '../../../sim/recording/walk.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import { BENCH_ARMS } from '../../experiments/transfer/arms.ts';
import { armSetting, type Unit } from '../../experiments/transfer/plan.ts';
import type { RawResult } from '../../experiments/transfer/raw.ts';
import { TARGETS, type TargetName } from '../../experiments/transfer/targets.ts';
import { graspIn, stateOf } from '../../experiments/transfer/tries.ts';
import { InputError } from '../../load.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { libraryOf } from '../../objects/read.ts';
import { metadataOf } from '../../recordings/record.ts';
import { greedy, modelBeforeTrials } from '../../run/named-policy.ts';
import type { Scenario } from '../../schema/schema.ts';
import { note } from '../../terminal/notes.ts';
import type { TrialOutput } from '../../trials/job.ts';
import type { RecordRule } from '../../trials/record-rule.ts';
import { createPool, type TrialPool } from '../../workers/pool.ts';

const EVERY: RecordRule = { every: 1, failuresOnly: false };

/** What is played: results of units, and the objects that they were measured on. */
export interface ReplayRequest {
  readonly resultOf: (unit: Unit) => RawResult | undefined;
  readonly objects: { readonly path: string; readonly hash: string } | undefined;
  /** Where recordings are kept. */
  readonly folder: string;
}

/** Records trials in a thread, one after another. Whoever opened it closes it. */
export interface Replays {
  /** @returns path of the recording. @throws InputError that says why the trial cannot be watched. */
  readonly record: (name: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** A trial as it was measured. */
interface Measured {
  readonly scenario: Scenario;
  readonly policy: PolicySpec;
  /** Of the scene among all of the scenario's evaluation. */
  readonly sceneIndex: number;
  readonly end: string;
  /** First digits of the final state's hash; older benchmarks did not keep it. */
  readonly state: string | undefined;
}

/**
 * Whether trials of an arm can be played again.
 * @returns why not; undefined if they can.
 */
export function unwatchable(arm: string, results: readonly RawResult[]): string | undefined {
  if (results.every(({ points }) => points.every(({ tries }) => tries))) return undefined;
  const kind = BENCH_ARMS[arm]?.kind;
  if (kind === 'fixed' || kind === 'untrained') return undefined;
  return 'this benchmark was measured by a version that kept no grasps, and the weights of this arm were not kept; measure it again to watch it';
}

/** Opens the thread when the first trial is asked for. */
export function openReplays(request: ReplayRequest): Replays {
  let opened: Promise<{ pool: TrialPool; library: ObjectLibrary | undefined }> | undefined;
  const running = new Map<string, Promise<string>>();
  const open = async (scenario: Scenario) => {
    await loadPhysics();
    const library = await libraryOf(scenario, note);
    if (library?.hash !== request.objects?.hash)
      throw new InputError('expected the objects that the benchmark was measured on, got changed ones');
    return { pool: createPool(1, library), library };
  };
  const record = async (name: string): Promise<string> => {
    const path = join(request.folder, `${name}.mcap`);
    if (existsSync(path)) return path;
    const trial = parseTrialName(name);
    if (!trial) throw new InputError(`expected the name of a trial, got '${name}'`);
    const measured = await measuredTrial(request, trial);
    opened ??= open(measured.scenario);
    opened.catch(() => {
      opened = undefined;
    });
    const { pool, library } = await opened;
    await write(path, trial, measured, await play(pool, trial, measured), library);
    return path;
  };
  return {
    record: (name) => {
      const known = running.get(name) ?? record(name).finally(() => running.delete(name));
      running.set(name, known);
      return known;
    },
    close: async () => {
      await Promise.allSettled(running.values());
      await (await opened?.catch(() => undefined))?.pool.close();
    },
  };
}

/** @throws InputError if there is no such trial, or nothing says what was tried. */
async function measuredTrial({ resultOf, objects }: ReplayRequest, trial: WalkTrial): Promise<Measured> {
  const { target, arm, trials, seed, scene } = trial;
  if (!Object.hasOwn(TARGETS, target))
    throw new InputError(`target '${target}': expected one that this version knows, got another version's`);
  const result = resultOf({ target: target as TargetName, arm, seed });
  const point = result?.points.find((p) => p.trials === trials);
  if (!result || !point || scene >= point.held.length)
    throw new InputError(
      `expected a trial of this benchmark, got scene ${scene} of ${arm}, seed ${seed}, after ${trials} trials`,
    );
  const given = point.tries && graspIn(point.tries, scene);
  if (point.tries && !given)
    throw new InputError('the camera showed nothing to grasp here, so there is no grasp to watch');
  const why = given ? undefined : unwatchable(arm, [result]);
  if (why !== undefined) throw new InputError(why);
  const entry = BENCH_ARMS[arm];
  // another one's arm chose in its own way; what it tried is all that is needed
  const known = given || !entry ? BENCH_ARMS['depth-pca'] : entry;
  const { scenario, shifted, backbone } = await armSetting(
    target as TargetName,
    { name: arm, entry: known },
    objects?.path,
  );
  const [end] = endsOf({ trials, ends: (point.tries?.ends ?? point.held)[scene] });
  const before = backbone && modelBeforeTrials(scenario, backbone);
  return {
    scenario: shifted ?? scenario,
    policy: given
      ? { kind: 'given', name: arm, given }
      : entry?.kind === 'fixed'
        ? { kind: 'fixed', name: entry.policy }
        : greedy(before!),
    // a seed's scenes stand behind those of the seeds before it
    sceneIndex: seed * result.points[result.points.length - 1].held.length + scene,
    end,
    state: point.tries && stateOf(point.tries, scene),
  };
}

/** Tries the grasp. @throws InputError if it comes out otherwise. */
async function play(
  pool: TrialPool,
  { arm, scene }: WalkTrial,
  { scenario, policy, sceneIndex, end, state }: Measured,
): Promise<TrialOutput> {
  const [[output]] = await pool.run([
    {
      ...{ scenario, seed: scenario.evaluation.seed, split: 'evaluation', sceneIndex, firstTrial: scene, grasps: 1 },
      ...{ policy, record: false, recordRule: EVERY, picture: false },
    },
  ]);
  const { outcome, stateHash } = output.record;
  const same = end === 'failed' ? outcome !== 'held' && outcome !== 'invalid' : outcome === end;
  if (!same || (state !== undefined && !stateHash.startsWith(state)))
    throw new InputError(
      `${arm} on scene ${scene}: expected the grasp to end as measured (${end}), got ${outcome}${same ? ' in another state' : ''}; another version of graft or of the physics measured it`,
    );
  return output;
}

async function write(
  path: string,
  { arm }: WalkTrial,
  { scenario, policy }: Measured,
  { record, recorded }: TrialOutput,
  library: ObjectLibrary | undefined,
): Promise<void> {
  if (!recorded) throw new InputError('the camera showed nothing to grasp here, so there is no grasp to watch');
  const metadata = metadataOf(
    {
      ...{ scenarioName: 'benchmark', scenario, seed: scenario.evaluation.seed, policy: arm, library },
      weightsHash: policy.kind === 'greedy' ? policy.key : 'none',
      ...{ engine: 'none', command: 'npx graft view' },
    },
    EVERY,
  );
  const partial = `${path}.partial`;
  mkdirSync(join(path, '..'), { recursive: true });
  rmSync(partial, { force: true });
  const writer = await createRecording(partial, metadata);
  const held = record.outcome === 'held' ? 1 : 0;
  const counts = { trials: 1, held, recentRate: held, dropped: 0 };
  await writer.add({ episode: { ...recorded, policy: arm }, log: JSON.stringify(record), counts });
  await writer.close();
  renameSync(partial, path);
}
