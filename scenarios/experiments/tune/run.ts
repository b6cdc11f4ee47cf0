/** Runs of tuning: what they share, how each is measured, and how it is stored. */
import { z } from 'zod';
import { type Backbone, startHash } from '../../../agent/backbones/own.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { REGIME_NAMES, type Regime } from '../../../agent/learner/regimes.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { WorkView } from '../../../sim/recording/work.ts';
import { backboneOf } from '../../load.ts';
import type { Override } from '../../parse/overrides.ts';
import { physicsName } from '../../recordings/record.ts';
import { train } from '../../run/train.ts';
import { scenarioSchema } from '../../schema/schema.ts';
import { versions } from '../../versions.ts';
import type { Experiment, Part } from '../experiment.ts';
import { judge } from '../judge.ts';
import type { Elsewhere } from '../queue/asking.ts';
import type { Kind, OpenUnits, Tools } from '../units/kind.ts';
import type { TuneSearch } from './searches.ts';
import { TUNE_SEED, withSettings } from './space.ts';

/** What the command line asks for. */
export interface TuneRequest extends Elsewhere {
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
  /** Every n-th run only. */
  readonly part?: Part;
  readonly out?: string;
  readonly workers: number;
  readonly quiet: boolean;
  /** Who watches the runs. */
  readonly view?: WorkView | undefined;
  readonly command: string;
  readonly signal: AbortSignal;
}

const count = z.number().int().min(0);

const tuningSchema = z.strictObject({
  arm: z.enum(REGIME_NAMES),
  /** On the families of tuning, with the layers that are read written down. */
  scenario: scenarioSchema,
  /** Training trials, and validation grasps, of a run. */
  trials: count,
  evaluation: count,
  configs: z.array(z.record(z.string(), z.number())),
});

/** All that the runs of a search share: plain JSON. */
export type Tuning = Readonly<z.infer<typeof tuningSchema>>;

const unitSchema = z.strictObject({ config: count, seed: count });

/** One configuration with one seed. */
export type TuneUnit = Readonly<z.infer<typeof unitSchema>>;

/** What a run's thread is told. */
interface TuneSetting extends Pick<Tuning, 'arm' | 'scenario' | 'trials' | 'evaluation'> {
  readonly backbone: Backbone;
}

const seconds = z.number().min(0);

const measured = {
  /** Null: the simulation diverged. */
  held: z.array(z.boolean().nullable()),
  trainSeconds: seconds,
  updateSeconds: seconds,
  evaluationSeconds: seconds,
  updates: count,
};
const measuredSchema = z.strictObject(measured);
type TuneMeasured = z.infer<typeof measuredSchema>;

const tuneRun = z.strictObject({
  key: z.string(),
  ...unitSchema.shape,
  settings: z.record(z.string(), z.number()),
  ...measured,
  /** What it was measured with; not part of the key. */
  versions: z.record(z.string(), z.string()).optional(),
});

/** A unit trained and judged; a file each, so that a search goes on where it stopped. */
export type TuneRun = Readonly<z.infer<typeof tuneRun>>;

/** The runs of a search, where it was prepared. */
export async function tuneUnits(tuning: Tuning, backbone: Backbone): Promise<OpenUnits<TuneUnit, TuneSetting>> {
  const { configs, arm, trials, evaluation } = tuning;
  const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const scenarios = configs.map((settings) => withSettings(tuning.scenario, settings));
  const about = [arm, trials, evaluation, startHash(backbone), engine.name, physicsName(), versions().graft];
  return {
    has: ({ config }) => config < configs.length,
    nameOf: ({ config, seed }) => `c${String(config).padStart(2, '0')}-s${seed}`,
    keyOf: ({ config }) => JSON.stringify([scenarios[config], ...about]),
    settingOf: ({ config }) => ({ arm, scenario: scenarios[config], trials, evaluation, backbone }),
    library: undefined,
  };
}

/** The search as an experiment. @param code that measures here. */
export const tuneExperiment = (
  { nameOf, keyOf }: Pick<OpenUnits<TuneUnit, TuneSetting>, 'nameOf' | 'keyOf'>,
  code: string,
): Experiment<TuneUnit, TuneRun> => ({ noun: 'search', nameOf, keyOf, code, schema: tuneRun });

/** Runs of searches, as `graft tune` makes them. */
export const tuneKind: Kind<Tuning, TuneUnit, TuneSetting, TuneMeasured> = {
  name: 'tune',
  request: tuningSchema,
  unit: unitSchema,
  measured: measuredSchema,
  open: async (tuning) => tuneUnits(tuning, await backboneOf(tuning.scenario, [tuning.arm])),
  measure: async (unit, setting, tools) => ({ measured: await measureRun(unit, setting, tools) }),
};

/** Share of the runs' grasps that held, those left out on which the simulation diverged. */
export function heldRate(runs: readonly Pick<TuneRun, 'held'>[]): number {
  const outcomes = runs.flatMap(({ held }) => held.filter((h) => h !== null));
  return outcomes.filter(Boolean).length / Math.max(outcomes.length, 1);
}

/** Trains and judges. @throws Interrupted if the pool does. */
async function measureRun(
  { seed }: TuneUnit,
  { arm, scenario, trials, evaluation, backbone }: TuneSetting,
  { engine, pool, onStep }: Tools,
): Promise<TuneMeasured> {
  const started = performance.now();
  const trained = await train({
    ...{ engine, pool, scenario, arm, trials, backbone },
    seed: TUNE_SEED + seed,
    onTrial: onStep,
  });
  const finished = performance.now();
  const on = { scenario, seed: TUNE_SEED, trainingSeed: seed, trials: evaluation, onTrial: onStep };
  const held = await judge(pool, trained.model, on);
  return {
    held,
    trainSeconds: (finished - started) / 1000,
    updateSeconds: trained.updateSeconds,
    evaluationSeconds: (performance.now() - finished) / 1000,
    updates: trained.updates,
  };
}
