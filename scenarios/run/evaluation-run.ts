/** The run behind `graft evaluate`: a policy by name or run folder, on a scenario, with progress and recording. */
import { mkdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { loadEngine } from '../../agent/engine/engine.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { type Pieces, type PiecesPlayed, playPieces } from '../experiments/evaluate/pieces.ts';
import { isExternal, parseExternal } from '../external/address.ts';
import { endingPrograms } from '../external/programs.ts';
import { countRefusals, type Refusals } from '../external/refusals.ts';
import { externalSpec } from '../external/spec.ts';
import { writeAtomically, writingTo } from '../files.ts';
import { InputError, loadScenario, withObjects } from '../load.ts';
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
import { type ClutterResult, evaluateClutter, summarizeClutter } from './clutter.ts';
import type { EvaluationJson } from './conclude.ts';
import { type EvaluationSummary, evaluate, summarize } from './evaluate.ts';
import { policyOnScenario } from './named-policy.ts';

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
  /** Plays in pieces, elsewhere or with a folder that keeps them. */
  readonly pieces?: Pieces;
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
    weightsHash: 'model' in policy ? policy.key : 'none',
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

/** What was asked for, once everything that it names was found. */
interface Asked {
  readonly request: EvaluationRequest;
  readonly name: string;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly trials: number;
  readonly policy: PolicySpec;
  readonly library: ObjectLibrary | undefined;
}

/** Checks everything about a request. @throws InputError before anything is written. */
async function askedFor(request: EvaluationRequest): Promise<Asked> {
  checkRecordRequest(request.record);
  if (request.pieces) checkPieces(request, request.pieces);
  const { policy, ...named } = isExternal(request.policy)
    ? externalOn(request)
    : await policyOnScenario(request.policy, request.scenario, request.objects);
  const { trials = named.scenario.evaluation.trials, seed = named.scenario.evaluation.seed } = request;
  return { request, ...named, seed, trials, policy, library: await libraryOf(named.scenario, note) };
}

/** Somebody else's program on a scenario. */
function externalOn({ policy, scenario: nameOrPath = 'tabletop', objects, armTimeout, ...request }: EvaluationRequest) {
  const { name, scenario: file } = loadScenario(nameOrPath);
  const scenario = withObjects(file, objects);
  const { seed = scenario.evaluation.seed } = request;
  const about = { scenarioName: name, scenario, seed, trials: 0, timeout: armTimeout };
  return { policy: externalSpec(parseExternal(policy), about), name, scenario };
}

/** @throws InputError if it cannot be played in pieces. */
function checkPieces({ policy, record }: EvaluationRequest, { part, out, queue }: Pieces): void {
  const option = queue !== undefined ? '--queue' : part ? '--part' : out === undefined ? '--view' : '--out';
  if (isExternal(policy))
    throw new InputError(`${option}: expected a policy that every machine has, got '${policy}', a program of your own`);
  if (record) throw new InputError(`${option}: expected no --record, for pieces are not recorded, got one`);
  if (part && out === undefined) throw new InputError('--part: expected --out, too, a folder for what was found');
  if (part && queue !== undefined) throw new InputError('--part: expected no --queue, which parts the work by itself');
}

/** `graft evaluate`: greedy success on the scenario's evaluation scenes. */
export async function runEvaluation(
  request: EvaluationRequest,
): Promise<EvaluationJson & Partial<ClutterJson> & RefusalsJson> {
  const started = performance.now();
  const asked = await askedFor(request);
  const log = request.log === undefined ? undefined : resolve(request.log);
  if (log) writingTo(dirname(log), () => void mkdirSync(dirname(log), { recursive: true }));
  const { name, scenario, seed, library } = asked;
  const { records, ...result } = await (request.pieces ? inPieces(asked, request.pieces) : atOnce(asked));
  if (log) writeLog(log, records);
  const seconds = (performance.now() - started) / 1000;
  const calibration = calibrationOf(predictionsOf(records));
  return {
    policy: request.policy,
    scenario: name,
    seed,
    ...result,
    ...(calibration && { calibration }),
    ...objectsOf({ scenario }, library),
    ...refusalsOf(records),
    seconds,
  };
}

/** Plays on threads of this process, trial by trial as people follow it. */
async function atOnce({ request, name, scenario, seed, trials, policy, library }: Asked): Promise<Logged> {
  const recording = await recordingOf(request, policy, { name, scenario, seed, library });
  const pool = createPool(request.workers, library);
  const run = { request, pool, scenario, seed, policy, recording };
  try {
    const work = () => (request.clutter ? removeClutter(run, request.clutter) : graspOnce(run, trials));
    return await (policy.kind === 'external' ? endingPrograms(work) : work());
  } finally {
    if (recording) note(describeRecording(await recording.close()));
    await pool.close();
  }
}

/** What a machine has played of an evaluation, and what others have still to play. */
export interface PartJson {
  readonly policy: string;
  readonly scenario: string;
  readonly out: string;
  readonly pieces: number;
  readonly missing: number;
}

/** `graft evaluate --part`: one machine's pieces. */
export async function runEvaluationPart(request: EvaluationRequest & { readonly pieces: Pieces }): Promise<PartJson> {
  const asked = await askedFor(request);
  const { pieces, missing } = await play(asked, request.pieces);
  return { policy: request.policy, scenario: asked.name, out: resolve(request.pieces.out!), pieces, missing };
}

function play({ request, scenario, seed, trials, policy, library }: Asked, pieces: Pieces): Promise<PiecesPlayed> {
  const { clutter, workers, quiet, signal } = request;
  return playPieces({
    ...pieces,
    label: `evaluate ${request.policy}`,
    setting: { scenario, policy, protocol: clutter ? 'clutter' : 'single' },
    library,
    seeds: Array.from({ length: clutter?.seeds ?? 1 }, (_, s) => seed + s),
    scenes: clutter?.rounds ?? trials,
    ...{ workers, quiet, signal },
  });
}

/** The same as {@link atOnce}. */
async function inPieces(asked: Asked, pieces: Pieces): Promise<Logged> {
  const { scenes } = await play(asked, pieces);
  if (!asked.request.clutter) {
    const records = scenes.flat(2);
    return { ...summarize(records), records };
  }
  return clutterJson(summarizeClutter(asked.scenario, scenes));
}

/** What was found, and the trials that it was found by. */
type Logged = EvaluationSummary & Partial<ClutterJson> & { readonly records: readonly TrialRecord[] };

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
): Promise<Logged> {
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
    return clutterJson(result);
  } finally {
    progress.stop();
  }
}

const clutterJson = ({ records, rounds, gsr, dr }: ClutterResult): Logged => ({
  ...{ ...summarize(records), records },
  ...{ rounds, gsr, dr },
});
