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

/** @throws Interrupted if the signal fires. */
export async function evaluateClutter(pool: TrialPool, options: ClutterOptions): Promise<ClutterResult> {
  const { scenario, seeds, rounds, policy, recordRule } = options;
  const perSeed: TrialRecord[][][] = [];
  let [done, held, tried, trials] = [0, 0, 0, 0];
  for (const seed of seeds) {
    const all: TrialRecord[][] = [];
    for (let from = 0; from < rounds; from += AHEAD * pool.workers) {
      if (options.signal?.aborted) throw new Interrupted('evaluation interrupted');
      const jobs = Array.from(
        { length: Math.min(AHEAD * pool.workers, rounds - from) },
        (_, i): SceneJob => ({
          clutter: { round: done + i },
          scenario,
          seed,
          split: 'evaluation',
          sceneIndex: from + i,
          firstTrial: 0,
          grasps: 1,
          policy,
          record: false,
          ...(recordRule && { recordRule }),
          picture: false,
        }),
      );
      for (const outputs of await pool.run(jobs)) {
        const round = outputs.map((output) => numbered(output, trials++));
        for (const output of round) options.onTrial?.(output);
        const valid = round.map((o) => o.record).filter((r) => r.outcome !== 'invalid');
        all.push(valid);
        held += heldIn(valid);
        tried += valid.length;
        done++;
        options.onRound?.(done, held, tried);
      }
    }
    perSeed.push(all);
  }
  const objects = scenario.scene.objectCount;
  const rng = rngStream(0, 'clutter/bootstrap');
  const over = (triedIn: (round: readonly TrialRecord[]) => number): RateInterval =>
    rateOverSeeds(
      perSeed.map((seed): Tally => ({ held: seed.map(heldIn), tried: seed.map(triedIn) })),
      (rates) => mean([...rates]),
      rng,
    );
  return {
    rounds: rounds * seeds.length,
    records: perSeed.flat(2),
    gsr: over((round) => round.length),
    dr: over(() => objects),
  };
}
