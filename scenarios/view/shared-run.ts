/** Shared run: what a run or a recording gives to a page that is sent on, read and checked. */
import { existsSync, readFileSync, statSync } from 'node:fs';
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
import { isRun, readTrials } from '../run/run-folder.ts';

export interface SharedRunRequest {
  /** A run folder with a recording, or a recording. */
  readonly from: string;
  /** How many trials to take along, spread evenly; all by default. */
  readonly trials?: number | undefined;
}

/** A run that can be shared, and what there is to say of it. */
export interface Sharing extends SharedRun {
  /** Trials that are taken along, and trials of the recording. */
  readonly taken: number;
  readonly trials: number;
  /** How the file ended, if not well; what is missing. */
  readonly notes: readonly string[];
}

/**
 * Reads a run's recording to its end and finds what belongs to it.
 * @throws InputError or RecordingError if there is none, or it is damaged.
 */
export async function sharedRun({ from, trials: wanted }: SharedRunRequest): Promise<Sharing> {
  const path = recordingOf(from);
  const recording = await openRecordingFile(path);
  const { marks, notes } = await checkedMarks(recording);
  const taken = wanted === undefined ? marks : spread(marks, wanted);
  const run = isRun(dirname(path)) ? dirname(path) : undefined;
  const { scenarioName = 'scenario', policy = 'policy', seed = '0', recorded = 'all' } = recording.metadata;
  const held = marks.filter((m) => m.outcome === 'held').length;
  const curve = wholeCurve(run, marks, recorded, taken.length < marks.length);
  const offered = run && playPolicyIfAny(run);
  return {
    title: `${scenarioName}, ${policy}, seed ${seed}`,
    description: `${held} of ${marks.length} recorded grasps held: graft's simulated gripper, step by step`,
    record: (to) => (taken === marks ? copyFile(path, to) : writeThinned(to, recording, taken)),
    ...(curve && { curve }),
    ...(run && reportOf(run)),
    ...(offered && { policy: offered }),
    taken: taken.length,
    trials: marks.length,
    notes,
  };
}

/** The one recording that a path stands for. @throws InputError if there is none, or more than one. */
function recordingOf(from: string): string {
  const path = resolve(from);
  if (!existsSync(path))
    throw new InputError(`${from}: expected a run folder or a recording (MCAP), got nothing there`);
  if (statSync(path).isDirectory() && !isRun(path))
    throw new InputError(
      `${from}: expected the folder of a run (with run.json) or a recording (MCAP), got another folder; of a benchmark or a race, share one of its recordings`,
    );
  const found = recordingsAt(
    from,
    `record its policy with: npx graft evaluate ${from} --record all --recording ${join(from, 'recording.mcap')} --trials 100`,
  );
  if (found.length === 1) return found[0];
  const names = found.map((f) => f.slice(path.length + 1));
  throw new InputError(`${from}: expected one recording, got ${names.join(', ')}; name the file that is to be shared`);
}

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

/** The trials for the curve, where the recording that is taken along has not all of the run's. */
function wholeCurve(
  run: string | undefined,
  marks: readonly TrialMark[],
  recorded: string,
  thinned: boolean,
): readonly TrialSummary[] | undefined {
  if (run && recorded !== 'all') {
    const trained = readTrials(run).map(({ trial, families, outcome, probability }) => {
      const split = 'training' as const;
      return { trial, split, families, outcome, probability };
    });
    if (trained.length > 0) return trained;
  }
  if (!thinned) return undefined;
  return marks.map(({ trial, split, families, outcome, probability }) => ({
    ...{ trial, split, families, outcome, probability },
  }));
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
