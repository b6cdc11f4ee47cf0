/** Scalars of a run for TensorBoard: a file beside the log that says the same, and the loss. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { append, writeAtomically } from '../files.ts';
import type { TrialRecord } from '../trials/job.ts';
import type { EvaluationSummary } from './evaluate.ts';
import { type EventCodec, loadEventCodec, type ScalarEvent } from './event-file.ts';

/** The file in a run's folder; TensorBoard looks for `tfevents` in its name. */
export const EVENT_FILE = 'events.out.tfevents.graft';

/** Trials that a running share is taken over. */
const WINDOW = 50;
const LOSS = 'train/loss';

/** Where a training tells its scalars. */
export interface ScalarLog {
  /** After a round. @param records of the whole run. @param from the round's first. @param loss mean of its updates. */
  readonly add: (records: readonly TrialRecord[], from: number, loss: number | undefined) => void;
}

/**
 * Begins a run's event file, or goes on with it: it is written anew from the log, and only its losses are taken over. So it
 * ends up with the bytes of a run that was never interrupted.
 * @param records of the trials that the run goes on after.
 */
export async function startScalars(folder: string, records: readonly TrialRecord[]): Promise<ScalarLog> {
  const codec = await loadEventCodec();
  const path = join(folder, EVENT_FILE);
  const before = trainingEvents(records, 0, lossesIn(path, codec));
  writeAtomically(path, Buffer.concat([codec.head, codec.encode(before)]));
  return {
    add: (all, from, loss) => {
      const losses = new Map(loss === undefined ? [] : [[all.length, loss]]);
      append(path, codec.encode(trainingEvents(all, from, losses)));
    },
  };
}

/** Adds what the trained policy and the policies beside it reached. */
export async function addEvaluation(
  folder: string,
  trials: number,
  { success }: EvaluationSummary,
  baselines: Readonly<Record<string, { readonly summary: EvaluationSummary }>>,
): Promise<void> {
  const { rate, low, high } = success;
  const values = {
    ...{ 'evaluation/success': rate, 'evaluation/success_low': low, 'evaluation/success_high': high },
    ...Object.fromEntries(Object.entries(baselines).map(([name, b]) => [`baseline/${name}`, b.summary.success.rate])),
  };
  const codec = await loadEventCodec();
  append(join(folder, EVENT_FILE), codec.encode([{ step: trials, values }]));
}

/** Losses in an event file, by step; none if there is no file. */
function lossesIn(path: string, codec: EventCodec): ReadonlyMap<number, number> {
  if (!existsSync(path)) return new Map();
  const events = codec.decode(readFileSync(path)).filter(({ values }) => LOSS in values);
  return new Map(events.map(({ step, values }) => [step, values[LOSS]]));
}

/**
 * One event for each trial, and after it the loss of the round that it ended. Steps are trials done.
 * @param from the first trial that is told.
 */
export const trainingEvents = (
  records: readonly TrialRecord[],
  from: number,
  losses: ReadonlyMap<number, number>,
): ScalarEvent[] =>
  records.slice(from).flatMap((_, i) => {
    const step = from + i + 1;
    const running = { step, values: runningShares(records.slice(Math.max(step - WINDOW, 0), step)) };
    const loss = losses.get(step);
    return loss === undefined ? [running] : [running, { step, values: { [LOSS]: loss } }];
  });

/** What the last trials say; a share of nothing is left out. */
function runningShares(recent: readonly TrialRecord[]): Record<string, number> {
  const valid = recent.filter(({ outcome }) => outcome !== 'invalid');
  const tried = recent.filter(({ action }) => action !== null);
  const predicted = recent.flatMap(({ probability }) => probability ?? []);
  const shares: [string, number, number][] = [
    ['train/success', valid.filter(({ outcome }) => outcome === 'held').length, valid.length],
    // grasps that the network did not choose
    ['train/exploration', tried.filter(({ probability }) => probability === null).length, tried.length],
    ['train/predicted', predicted.reduce((sum, p) => sum + p, 0), predicted.length],
  ];
  return Object.fromEntries(shares.flatMap(([tag, sum, count]) => (count > 0 ? [[tag, sum / count]] : [])));
}
