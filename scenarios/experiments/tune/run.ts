/** Runs of tuning: what they share, how each is measured, and how it is stored. */
import { z } from 'zod';
import { type Backbone, startHash } from '../../../agent/backbones/own.ts';
import type { Engine } from '../../../agent/engine/engine.ts';
import type { Regime } from '../../../agent/learner/regimes.ts';
import type { Override } from '../../parse/overrides.ts';
import { physicsName } from '../../recordings/record.ts';
import { train } from '../../run/train.ts';
import type { Scenario } from '../../schema/schema.ts';
import { startProgress } from '../../terminal/progress.ts';
import { versions } from '../../versions.ts';
import type { TrialPool } from '../../workers/pool.ts';
import type { Experiment } from '../experiment.ts';
import { judge } from '../judge.ts';
import type { TuneSearch } from './searches.ts';
import { type Settings, TUNE_SEED, withSettings } from './space.ts';

/** What the command line asks for. */
export interface TuneRequest {
  readonly arm: Regime;
  readonly scenario: string;
  /** Settings in place of the scenario's, the same for every configuration. */
  readonly set: readonly Override[];
  /** Training trials of a run. */
  readonly trials: number;
  /** Validation grasps of a run. */
  readonly evaluation: number;
  readonly configs: number;
  readonly seeds: number;
  readonly search: TuneSearch;
  /** Of the draws. */
  readonly seed: number;
  /** Starts no further run after this long. */
  readonly maxMinutes?: number;
  readonly out?: string;
  readonly workers: number;
  readonly quiet: boolean;
  readonly command: string;
  readonly signal: AbortSignal;
}

/** All that the runs of a search share. */
export interface Tuning {
  readonly request: TuneRequest;
  readonly scenario: Scenario;
  readonly backbone: Backbone;
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly configs: readonly Settings[];
}

/** One configuration with one training seed. */
export interface TuneUnit {
  readonly config: number;
  readonly seed: number;
}

const seconds = z.number().min(0);

const tuneRun = z.strictObject({
  key: z.string(),
  config: z.number().int().min(0),
  seed: z.number().int().min(0),
  settings: z.record(z.string(), z.number()),
  /** Null: the simulation diverged. */
  held: z.array(z.boolean().nullable()),
  trainSeconds: seconds,
  updateSeconds: seconds,
  evaluationSeconds: seconds,
  updates: z.number().int().min(0),
});

/** A unit trained and judged; a file each, so that a search goes on where it stopped. */
export type TuneRun = Readonly<z.infer<typeof tuneRun>>;

/** The search as an experiment. */
export const tuneExperiment = (tuning: Tuning): Experiment<TuneUnit, TuneRun> => ({
  noun: 'search',
  nameOf: ({ config, seed }) => `c${String(config).padStart(2, '0')}-s${seed}`,
  keyOf: ({ config }) => keyOf(tuning, config),
  schema: tuneRun,
});

function keyOf({ request, scenario, backbone, engine, configs }: Tuning, config: number): string {
  const { arm, trials, evaluation } = request;
  return JSON.stringify([
    withSettings(scenario, configs[config]),
    arm,
    trials,
    evaluation,
    startHash(backbone),
    engine.name,
    physicsName(),
    versions().graft,
  ]);
}

/** Share of the runs' grasps that held, those left out on which the simulation diverged. */
export function heldRate(runs: readonly Pick<TuneRun, 'held'>[]): number {
  const outcomes = runs.flatMap(({ held }) => held.filter((h) => h !== null));
  return outcomes.filter(Boolean).length / Math.max(outcomes.length, 1);
}

/** Trains and judges. @throws Interrupted if the signal fires. */
export async function measureRun(tuning: Tuning, { config, seed }: TuneUnit, signal: AbortSignal): Promise<TuneRun> {
  const { request, backbone, engine, pool, configs } = tuning;
  const { arm, trials, evaluation } = request;
  const scenario = withSettings(tuning.scenario, configs[config]);
  const label = `${arm}: config ${config + 1} of ${configs.length}, seed ${seed + 1} of ${request.seeds}`;
  const progress = startProgress(label, trials, request.quiet);
  try {
    const started = performance.now();
    const trained = await train({
      ...{ engine, pool, scenario, arm, trials, backbone, signal },
      seed: TUNE_SEED + seed,
      onRound: (done) => progress.update(done),
    });
    const finished = performance.now();
    const on = { scenario, seed: TUNE_SEED, trainingSeed: seed, trials: evaluation, signal };
    const held = await judge(pool, trained.model, on);
    progress.update(trials, `held ${(100 * heldRate([{ held }])).toFixed(1)} % of ${evaluation}`);
    return {
      ...{ key: keyOf(tuning, config), config, seed, settings: configs[config], held },
      trainSeconds: (finished - started) / 1000,
      updateSeconds: trained.updateSeconds,
      evaluationSeconds: (performance.now() - finished) / 1000,
      updates: trained.updates,
    };
  } finally {
    progress.stop();
  }
}
