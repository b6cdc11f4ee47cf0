/** Shared run: what a run or a recording gives to a page that is sent on, read and checked. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { TrialMark, TrialSummary } from '../../sim/recording/marks.ts';
import { type Ending, messageOf } from '../../sim/recording/read/error.ts';
import type { Recording } from '../../sim/recording/read/reader.ts';
import type { SharedRun } from '../../sim/recording/shared-run.ts';
import { spread, writeThinned } from '../../sim/recording/write/thin.ts';
import { InputError } from '../load.ts';
import { describeEnding, openRecordingFile, recordingsAt } from '../recordings/open.ts';
import { playPolicyIfAny } from '../run/play-policy.ts';
import { isRun, readRunConfig, readTrials } from '../run/run-folder.ts';
import { refusedKind } from './kinds.ts';
import { replayOf } from './replayed.ts';

export interface SharedRunRequest {
  /** A run folder, or a recording. */
  readonly from: string;
  /** How many trials to take along, spread evenly; by default all of a recording, 100 of a run without one. */
  readonly trials?: number | undefined;
  /** Asked for when trials are played, which takes a while. */
  readonly watch: () => Watch;
}

/** Who waits for trials to be played. */
interface Watch {
  /** @param of all that will be played. */
  readonly onTrial: (done: number, of: number) => void;
  readonly signal: AbortSignal;
}

/** A run that can be shared, and what there is to say of it. */
export interface Sharing extends SharedRun {
  /** Trials that are taken along, and trials that there are. */
  readonly taken: number;
  readonly trials: number;
  /** What is missing or was made up for. */
  readonly notes: readonly string[];
}

const REPLAYED = 100;

/**
 * Reads a run's recording to its end and finds what belongs to it. Trials of a run without a recording are played once more.
 * @throws InputError or RecordingError if there is neither, or it is damaged.
 */
export async function sharedRun(request: SharedRunRequest): Promise<Sharing> {
  const { from } = request;
  const path = resolve(from);
  if (!existsSync(path)) throw refusedKind(from);
  if (!statSync(path).isDirectory()) return sharedRecording(path, request);
  if (!isRun(path)) throw refusedKind(from);
  if (!hasRecording(path)) return sharedReplay(path, request);
  const found = recordingsAt(path);
  if (found.length === 1) return sharedRecording(found[0], request);
  const names = found.map((f) => f.slice(path.length + 1));
  throw new InputError(`${from}: expected one recording, got ${names.join(', ')}; name the file that is to be shared`);
}

/** Whether there is a recording in a run's folder. */
export const hasRecording = (run: string): boolean => readdirSync(run).some((name) => name.endsWith('.mcap'));

async function sharedRecording(path: string, { trials: wanted }: SharedRunRequest): Promise<Sharing> {
  const recording = await openRecordingFile(path);
  const { marks, notes } = await checkedMarks(recording);
  const taken = wanted === undefined ? marks : spread(marks, wanted);
  const run = isRun(dirname(path)) ? dirname(path) : undefined;
  const { scenarioName = 'scenario', policy = 'policy', seed = '0', recorded = 'all' } = recording.metadata;
  const held = marks.filter((m) => m.outcome === 'held').length;
  const thinned = taken.length < marks.length ? marks : undefined;
  const curve = (run && recorded !== 'all' && logOf(run)) || thinned?.map(summary);
  return {
    title: titleOf(scenarioName, policy, seed),
    description: `${held} of ${marks.length} recorded grasps held: ${ABOUT}`,
    record: (to) => (taken === marks ? copyFile(path, to) : writeThinned(to, recording, taken)),
    ...(curve && { curve }),
    ...(run && belongings(run)),
    taken: taken.length,
    trials: marks.length,
    notes,
  };
}

/** @throws InputError if the run is not finished. */
async function sharedReplay(run: string, { from, trials = REPLAYED, watch }: SharedRunRequest): Promise<Sharing> {
  const { training, evaluation, record } = await replayOf(run, trials);
  const { scenarioName, arm, seed } = readRunConfig(run);
  const curve = logOf(run);
  const taken = training + evaluation;
  return {
    title: titleOf(scenarioName, arm, String(seed)),
    description: `${training} grasps of the training and ${evaluation} after it: ${ABOUT}`,
    record: (to) => {
      const { onTrial, signal } = watch();
      return record(to, { onTrial: (done) => onTrial(done, taken), signal });
    },
    ...(curve && { curve }),
    ...belongings(run),
    taken,
    trials: taken,
    notes: [
      `${from}: not recorded, so ${training} training trials were replayed from the log, and ${evaluation} evaluation trials by the trained policy`,
    ],
  };
}

const ABOUT = "graft's simulated gripper, step by step";
const titleOf = (scenario: string, policy: string, seed: string): string => `${scenario}, ${policy}, seed ${seed}`;

/** What a run has besides trials. */
function belongings(run: string): Pick<SharedRun, 'report' | 'result' | 'policy'> {
  const policy = playPolicyIfAny(run);
  return { ...reportOf(run), ...(policy && { policy }) };
}

/** The trials of a run's training, for the curve; undefined if there are none. */
function logOf(run: string): readonly TrialSummary[] | undefined {
  const trained = readTrials(run).map((record) => summary({ ...record, split: 'training' }));
  return trained.length > 0 ? trained : undefined;
}

const summary = ({ trial, split, families, outcome, probability }: TrialSummary): TrialSummary => ({
  ...{ trial, split, families, outcome, probability },
});

/** Reads all of a recording. @throws InputError if it has no whole trial, or is damaged in the middle. */
async function checkedMarks(recording: Recording): Promise<{ marks: readonly TrialMark[]; notes: string[] }> {
  const { trials, ending } = await readThrough(recording);
  const { name } = recording;
  await recording.scan(() => undefined);
  const { marks } = recording;
  const told = describeEnding(ending);
  // with an index at its end it was closed well, and must be whole all through
  const lost = recording.ending.kind === 'whole' && (ending.kind === 'cut' || trials < marks.length);
  if (lost || ending.kind === 'damaged') {
    const what = ending.kind === 'damaged' ? told : `damaged after trial ${trials} of ${marks.length}`;
    throw new InputError(`${name}: expected a sound recording, got one that is ${what}`);
  }
  if (trials === 0 || marks.length === 0) throw new InputError(`${name}: expected at least one whole trial, got none`);
  return { marks, notes: told ? [`${name}: ${told}`] : [] };
}

async function readThrough(recording: Recording): Promise<{ trials: number; ending: Ending }> {
  const all = recording.trials();
  for (let trials = 0; ; trials++) {
    const next = await all.next();
    if (next.done) return { trials, ending: next.value };
  }
}

const share = z.number().min(0).max(1);
const resultSchema = z.object({
  final: z.object({
    trials: z.int().min(1),
    success: z.object({ rate: share, low: share, high: share }),
  }),
});

/** The report of a run and what it says; nothing unless both are there. @throws InputError if the result is damaged. */
function reportOf(run: string): Pick<SharedRun, 'report' | 'result'> {
  const [report, result] = [join(run, 'report.html'), join(run, 'result.json')];
  if (!existsSync(report) || !existsSync(result)) return {};
  try {
    const { trials, success } = resultSchema.parse(JSON.parse(readFileSync(result, 'utf8'))).final;
    const { rate, low, high } = success;
    return { report, result: { rate, low, high, trials } };
  } catch (error) {
    const [line] = messageOf(error instanceof z.ZodError ? new Error(error.issues[0]?.message) : error).split('\n');
    throw new InputError(`${result}: expected the result of a run, got a damaged one: ${line}`);
  }
}
