/** The run behind `graft evaluate`: a policy by name or run folder, on a scenario, with progress and recording. */
import { mkdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { loadEngine } from '../../agent/engine/engine.ts';
import { checkShapeCount } from '../../agent/policy/action-space.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { isExternal, parseExternal } from '../external/address.ts';
import { endingPrograms } from '../external/programs.ts';
import { countRefusals, type Refusals } from '../external/refusals.ts';
import { externalSpec } from '../external/spec.ts';
import { sound, writeAtomically, writingTo } from '../files.ts';
import { loadScenario, withObjects } from '../load.ts';
import { type ObjectLibrary, objectsJson } from '../objects/library.ts';
import { libraryOf } from '../objects/read.ts';
import {
  checkRecordRequest,
  describeRecording,
  freeRecordingPath,
  type RecordedRun,
  type RecordRequest,
  type RunRecording,
  startRecording,
} from '../recordings/record.ts';
import { calibrationOf, predictionsOf } from '../report/calibration.ts';
import type { RateInterval } from '../report/statistics.ts';
import type { Scenario } from '../schema/schema.ts';
import { note } from '../terminal/notes.ts';
import { startProgress } from '../terminal/progress.ts';
import type { TrialRecord } from '../trials/job.ts';
import { createPool, type TrialPool } from '../workers/pool.ts';
import { evaluateClutter } from './clutter.ts';
import type { EvaluationJson } from './conclude.ts';
import { type EvaluationSummary, evaluate, summarize } from './evaluate.ts';
import { namedPolicy } from './named-policy.ts';

export interface EvaluationRequest {
  /** As `namedPolicy`, or as `parseExternal`. */
  readonly policy: string;
  /** Seconds that an external policy may take to answer. */
  readonly armTimeout?: number;
  /** Name or path; a run's own scenario if left out. */
  readonly scenario?: string;
  /** Folder or file of objects, in place of the scenario's own. */
  readonly objects?: string;
  readonly trials?: number;
  readonly seed?: number;
  /** The clutter protocol instead of one grasp a scene. */
  readonly clutter?: { readonly rounds: number; readonly seeds: number };
  readonly workers: number;
  readonly quiet: boolean;
  readonly record?: RecordRequest;
  /** File for the log: a trial a line, as in a run's `trials.jsonl`. */
  readonly log?: string;
  readonly command: string;
  readonly signal: AbortSignal;
}

/** What the clutter protocol adds. */
export interface ClutterJson {
  readonly rounds: number;
  readonly gsr: RateInterval;
  readonly dr: RateInterval;
}

/** What an external policy adds, if any of its answers was no grasp: how many by kind; their trials count as `missed`. */
export interface RefusalsJson {
  readonly refused?: Refusals;
}

const refusalsOf = (records: readonly TrialRecord[]): RefusalsJson => {
  const refused = countRefusals(records);
  return refused ? { refused } : {};
};

/** The objects that were used, if they came from files. */
const objectsOf = ({ scenario }: { readonly scenario: Scenario }, library: ObjectLibrary | undefined) =>
  library && scenario.objects ? { objects: objectsJson(library, scenario.objects) } : {};

/** Starts the recording that was asked for; without a path it goes to a new file under runs/. */
async function recordingOf(
  { record, command, policy: named, clutter }: EvaluationRequest,
  policy: PolicySpec,
  { name, ...about }: Pick<RecordedRun, 'scenario' | 'seed' | 'library'> & { readonly name: string },
): Promise<RunRecording | undefined> {
  if (!record) return undefined;
  await loadPhysics();
  const folder = resolve('runs');
  if (record.path === undefined) mkdirSync(folder, { recursive: true });
  const run: RecordedRun = {
    ...about,
    scenarioName: name,
    policy: named,
    command,
    engine: (await loadEngine()).name,
    protocol: clutter ? 'clutter' : 'single',
    weightsHash: policy.kind === 'fixed' || policy.kind === 'external' ? 'none' : policy.key,
  };
  return startRecording(
    record,
    run,
    freeRecordingPath(
      folder,
      `evaluate-${basename(policy.kind === 'external' ? policy.name : named)}-${name}-s${about.seed}`,
    ),
  );
}

/** `graft evaluate`: greedy success on the scenario's evaluation scenes. */
export async function runEvaluation(
  request: EvaluationRequest,
): Promise<EvaluationJson & Partial<ClutterJson> & RefusalsJson> {
  const started = performance.now();
  checkRecordRequest(request.record);
  const log = request.log === undefined ? undefined : resolve(request.log);
  if (log) writingTo(dirname(log), () => void mkdirSync(dirname(log), { recursive: true }));
  const external = isExternal(request.policy) ? parseExternal(request.policy) : undefined;
  const { policy: known, trainedOn, shapeCount } = external ? {} : await namedPolicy(request.policy, request.scenario);
  const base = request.scenario ? loadScenario(request.scenario) : (trainedOn ?? loadScenario('tabletop'));
  const named = { name: base.name, scenario: withObjects(base.scenario, request.objects) };
  if (shapeCount !== undefined) sound(() => checkShapeCount(shapeCount, named.scenario.action, named.name));
  const trials = request.trials ?? named.scenario.evaluation.trials;
  const seed = request.seed ?? named.scenario.evaluation.seed;
  const about = { scenarioName: named.name, scenario: named.scenario, seed, trials: 0, timeout: request.armTimeout };
  const policy = known ?? externalSpec(external!, about);
  const library = await libraryOf(named.scenario, note);
  const recording = await recordingOf(request, policy, { ...named, seed, library });
  const pool = createPool(request.workers, library);
  const run = { request, pool, scenario: named.scenario, seed, policy, recording };
  try {
    const work = () => (request.clutter ? removeClutter(run, request.clutter) : graspOnce(run, trials));
    const { records, ...result } = await (external ? endingPrograms(work) : work());
    if (log) writeLog(log, records);
    const seconds = (performance.now() - started) / 1000;
    const calibration = calibrationOf(predictionsOf(records));
    return {
      policy: request.policy,
      scenario: named.name,
      seed,
      ...result,
      ...(calibration && { calibration }),
      ...objectsOf(named, library),
      ...refusalsOf(records),
      seconds,
    };
  } finally {
    if (recording) note(describeRecording(await recording.close()));
    await pool.close();
  }
}

/** What was found, and the trials that it was found by. */
type Logged = EvaluationSummary & { readonly records: readonly TrialRecord[] };

/** Writes trials, one a line. @throws InputError if the file cannot be written. */
function writeLog(file: string, records: readonly TrialRecord[]): void {
  writingTo(file, () => writeAtomically(file, records.map((record) => `${JSON.stringify(record)}\n`).join('')));
}

/** An evaluation that is ready to begin. */
interface Ready {
  readonly request: EvaluationRequest;
  readonly pool: TrialPool;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly policy: PolicySpec;
  readonly recording: RunRecording | undefined;
}

const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(0)} %`;

async function graspOnce({ request, pool, recording, ...ready }: Ready, trials: number): Promise<Logged> {
  const progress = startProgress(`evaluate ${request.policy}`, trials, request.quiet);
  try {
    const { summary, records } = await evaluate(pool, {
      ...ready,
      trials,
      signal: request.signal,
      ...(recording && { recordRule: recording.rule }),
      onTrial: (output, done, held) => {
        recording?.add(output);
        progress.update(done, `held ${percent(held, done)}`);
      },
    });
    return { ...summary, records };
  } finally {
    progress.stop();
  }
}

async function removeClutter(
  { request, pool, recording, seed, ...ready }: Ready,
  { rounds, seeds }: { readonly rounds: number; readonly seeds: number },
): Promise<Logged & ClutterJson> {
  const progress = startProgress(`clutter ${request.policy}`, rounds * seeds, request.quiet);
  try {
    const result = await evaluateClutter(pool, {
      ...ready,
      seeds: Array.from({ length: seeds }, (_, s) => seed + s),
      rounds,
      signal: request.signal,
      ...(recording && { recordRule: recording.rule, onTrial: (output) => recording.add(output) }),
      onRound: (done, held, tried) => progress.update(done, `held ${percent(held, tried)} of ${tried}`),
    });
    return {
      ...summarize(result.records),
      records: result.records,
      rounds: result.rounds,
      gsr: result.gsr,
      dr: result.dr,
    };
  } finally {
    progress.stop();
  }
}
