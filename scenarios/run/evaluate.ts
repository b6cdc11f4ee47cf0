/** Evaluation of a policy: one greedy grasp on each of a scenario's evaluation scenes. */
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import type { Outcome } from '../../sim/outcome.ts';
import { wilson } from '../report/statistics.ts';
import type { Scenario } from '../schema/schema.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import type { SceneJob, TrialOutput, TrialRecord } from '../trials/job.ts';
import type { RecordRule } from '../trials/record-rule.ts';
import type { TrialPool } from '../workers/pool.ts';

/** What an evaluation found; `records` in the order of the scenes. */
export interface Evaluation {
  readonly records: readonly TrialRecord[];
  readonly summary: EvaluationSummary;
}

/** Success over the valid trials, with its 95 % Wilson interval. */
export interface EvaluationSummary {
  readonly trials: number;
  readonly invalid: number;
  readonly success: { readonly rate: number; readonly low: number; readonly high: number };
  readonly reasons: Readonly<Partial<Record<Outcome, number>>>;
}

/** Counts outcomes; invalid trials are reported and left out of the rate. */
export function summarize(records: readonly TrialRecord[]): EvaluationSummary {
  const reasons: Partial<Record<Outcome, number>> = {};
  for (const { outcome } of records) reasons[outcome] = (reasons[outcome] ?? 0) + 1;
  const invalid = reasons.invalid ?? 0;
  const { rate, low, high } = wilson(reasons.held ?? 0, records.length - invalid);
  return { trials: records.length, invalid, success: { rate, low, high }, reasons };
}

export interface EvaluateOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly trials: number;
  readonly policy: PolicySpec;
  /** First scene; the others follow. */
  readonly firstScene?: number;
  /** Number of the first trial; 0 if left out. */
  readonly firstTrial?: number;
  /** Whether the next scene's trajectory is wanted (by a viewer). */
  readonly wantsEpisode?: () => boolean;
  /** Which trials to record. */
  readonly recordRule?: RecordRule;
  /** Called in order, for every trial that is played. */
  readonly onTrial?: (output: TrialOutput, done: number, held: number) => void;
  /** Awaited after each batch of scenes. */
  readonly onBatch?: (done: number) => Promise<void>;
  /** The first trials, if they have been played already. */
  readonly done?: readonly TrialRecord[];
  readonly signal?: AbortSignal;
}

/** Scenes handed to the pool at once, a worker. */
const AHEAD = 8;

/**
 * One greedy grasp on each of the scenario's evaluation scenes. The same seed gives every policy the same scenes.
 * @throws Interrupted if the signal fires.
 */
export async function evaluate(pool: TrialPool, options: EvaluateOptions): Promise<Evaluation> {
  const { scenario, seed, trials, policy, firstScene = 0, firstTrial = 0, signal } = options;
  const records: TrialRecord[] = (options.done ?? []).slice(0, trials);
  let held = records.filter(({ outcome }) => outcome === 'held').length;
  for (let from = records.length; from < trials; from += AHEAD * pool.workers) {
    if (signal?.aborted) throw new Interrupted('evaluation interrupted');
    const record = options.wantsEpisode?.() ?? false;
    const jobs = Array.from(
      { length: Math.min(AHEAD * pool.workers, trials - from) },
      (_, i): SceneJob => ({
        scenario,
        seed,
        split: 'evaluation',
        sceneIndex: firstScene + from + i,
        firstTrial: firstTrial + from + i,
        grasps: 1,
        policy,
        record: record && i === 0,
        ...(options.recordRule && { recordRule: options.recordRule }),
        picture: false,
      }),
    );
    for (const [output] of await pool.run(jobs)) {
      records.push(output.record);
      if (output.record.outcome === 'held') held++;
      options.onTrial?.(output, records.length, held);
    }
    await options.onBatch?.(records.length);
  }
  return { records, summary: summarize(records) };
}
