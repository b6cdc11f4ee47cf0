/** Clutter removal as an evaluation: rounds over several seeds, and the rates that are published of them. */
import { mean } from 'simple-statistics';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { rateOverSeeds, type Tally } from '../report/bootstrap-intervals.ts';
import type { RateInterval } from '../report/statistics.ts';
import type { Scenario } from '../schema/schema.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import type { SceneJob, TrialOutput, TrialRecord } from '../trials/job.ts';
import type { RecordRule } from '../trials/record-rule.ts';
import type { TrialPool } from '../workers/pool.ts';

/**
 * The published clutter protocol (VGN, GIGA): rounds of several unseen objects, one view before each grasp; a round ends when
 * the table is clear or after two failures in a row.
 */
export interface ClutterResult {
  readonly rounds: number;
  readonly records: readonly TrialRecord[];
  /** Grasp success rate: grasps that held, of grasps tried. The grasps of a round hang together, so the interval draws whole rounds. */
  readonly gsr: RateInterval;
  /** Declutter rate: objects taken away, of objects there were. */
  readonly dr: RateInterval;
}

export interface ClutterOptions {
  readonly scenario: Scenario;
  readonly seeds: readonly number[];
  /** Rounds for each seed. */
  readonly rounds: number;
  readonly policy: PolicySpec;
  /** Which rounds to record, every grasp of each: by their number, or those with a failure. */
  readonly recordRule?: RecordRule;
  /** Told of every grasp, in order, its trial numbered over all rounds. */
  readonly onTrial?: (output: TrialOutput) => void;
  readonly onRound?: (done: number, held: number, tried: number) => void;
  readonly signal?: AbortSignal;
}

const heldIn = (round: readonly TrialRecord[]): number => round.filter((r) => r.outcome === 'held').length;

/** Rounds handed to the pool at once, a worker. */
const AHEAD = 4;

/** A round's grasp with its number over all rounds, which nobody knew while rounds were played side by side. */
function numbered({ record, recorded, ...rest }: TrialOutput, trial: number): TrialOutput {
  return {
    ...rest,
    record: { ...record, trial },
    ...(recorded && { recorded: { ...recorded, trial } }),
  };
}

/** Some rounds of a seed. */
export interface RoundsPlayed extends Pick<ClutterOptions, 'scenario' | 'policy' | 'recordRule' | 'signal'> {
  readonly seed: number;
  /** The first one among the seed's, and among those of all seeds. */
  readonly first: number;
  readonly firstOfAll: number;
  readonly count: number;
  readonly onRound: (round: readonly TrialOutput[]) => void;
}

/** Plays rounds, the trials of each numbered from 0. @throws Interrupted if the signal fires. */
export async function playSomeRounds(pool: TrialPool, played: RoundsPlayed): Promise<void> {
  const { scenario, policy, recordRule, signal, seed, first, firstOfAll, count, onRound } = played;
  for (let from = 0; from < count; from += AHEAD * pool.workers) {
    if (signal?.aborted) throw new Interrupted('evaluation interrupted');
    const jobs = Array.from(
      { length: Math.min(AHEAD * pool.workers, count - from) },
      (_, i): SceneJob => ({
        clutter: { round: firstOfAll + from + i },
        scenario,
        seed,
        split: 'evaluation',
        sceneIndex: first + from + i,
        firstTrial: 0,
        grasps: 1,
        policy,
        record: false,
        ...(recordRule && { recordRule }),
        picture: false,
      }),
    );
    for (const outputs of await pool.run(jobs)) onRound(outputs);
  }
}

/** @throws Interrupted if the signal fires. */
export async function evaluateClutter(pool: TrialPool, options: ClutterOptions): Promise<ClutterResult> {
  const { seeds, rounds } = options;
  const perSeed: TrialRecord[][][] = [];
  let [done, held, tried, trials] = [0, 0, 0, 0];
  for (const seed of seeds) {
    const all: TrialRecord[][] = [];
    const onRound = (outputs: readonly TrialOutput[]): void => {
      const round = outputs.map((output) => numbered(output, trials++));
      for (const output of round) options.onTrial?.(output);
      const records = round.map((o) => o.record);
      all.push(records);
      held += heldIn(records);
      tried += valid(records).length;
      done++;
      options.onRound?.(done, held, tried);
    };
    await playSomeRounds(pool, { ...options, seed, first: 0, firstOfAll: done, count: rounds, onRound });
    perSeed.push(all);
  }
  return summarizeClutter(options.scenario, perSeed);
}

const valid = (round: readonly TrialRecord[]): TrialRecord[] => round.filter((r) => r.outcome !== 'invalid');

/** What is published of rounds. @param played by seed, round and grasp; invalid grasps are left out. */
export function summarizeClutter(
  scenario: Scenario,
  played: readonly (readonly (readonly TrialRecord[])[])[],
): ClutterResult {
  const perSeed = played.map((rounds) => rounds.map(valid));
  const objects = scenario.scene.objectCount;
  const rng = rngStream(0, 'clutter/bootstrap');
  const over = (triedIn: (round: readonly TrialRecord[]) => number): RateInterval =>
    rateOverSeeds(
      perSeed.map((seed): Tally => ({ held: seed.map(heldIn), tried: seed.map(triedIn) })),
      (rates) => mean([...rates]),
      rng,
    );
  return {
    rounds: perSeed.reduce((sum, rounds) => sum + rounds.length, 0),
    records: perSeed.flat(2),
    gsr: over((round) => round.length),
    dr: over(() => objects),
  };
}
