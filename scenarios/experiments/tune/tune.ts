/** Tuning: the search of an arm's settings, from the request to its result. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Backbone } from '../../../agent/backbones/own.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { backboneOf, InputError, loadScenario, withTaps } from '../../load.ts';
import { overrideName } from '../../parse/overrides.ts';
import type { Scenario } from '../../schema/schema.ts';
import { withStartHead } from '../../training/learner-plan.ts';
import { createPool, type TrialPool } from '../../workers/pool.ts';
import { deadlineAfter, type Results, resultsIn } from '../experiment.ts';
import { openRawStore } from '../raw-store.ts';
import { type TuneJson, tuneMarkdown, tuneResult } from './report.ts';
import {
  heldRate,
  measureRun,
  type TuneRequest,
  type TuneRun,
  type TuneUnit,
  type Tuning,
  tuneExperiment,
} from './run.ts';
import {
  drawSettings,
  type Settings,
  type SpaceName,
  settingsOf,
  spaceOf,
  spaceSize,
  TUNE_FAMILIES,
  TUNE_SEED,
} from './space.ts';

/** Overrides that would undo what the search itself sets. */
const RESERVED = ['objects', 'training.families', 'training.trials', 'training.seed', 'evaluation', 'learner.arm'];

/** The scenario that is tuned on: the named one, on families and seeds of its own. @throws InputError */
function tuningScenario({ arm, scenario: nameOrPath, set, trials, evaluation }: TuneRequest): Scenario {
  for (const override of set) {
    // the key itself, what is in it, and what it is in
    const key = `${override.path.join('.')}.`;
    if (RESERVED.some((r) => key.startsWith(`${r}.`) || `${r}.`.startsWith(key)))
      throw new InputError(
        `${overrideName(override)}: expected a key that tuning leaves alone, got one of ${RESERVED.join(', ')}`,
      );
  }
  const { scenario } = loadScenario(nameOrPath, set);
  if (scenario.objects)
    throw new InputError(
      `scenario '${nameOrPath}': expected objects of the families, got objects from ${scenario.objects.path}; tuning keeps its validation apart by family`,
    );
  return {
    ...scenario,
    learner: { ...scenario.learner, arm },
    training: { ...scenario.training, families: [...TUNE_FAMILIES.training], trials },
    evaluation: { families: [...TUNE_FAMILIES.validation], trials: evaluation, seed: TUNE_SEED },
  };
}

/** A search that was checked. */
export interface Prepared {
  readonly request: TuneRequest;
  readonly scenario: Scenario;
  readonly backbone: Backbone;
  readonly space: SpaceName;
  readonly configs: readonly Settings[];
  readonly folder: string;
}

/** What a search found, and every run of it. */
export interface Tuned {
  readonly result: TuneJson;
  readonly runs: readonly TuneRun[];
}

/**
 * `graft tune`: tries configurations of an arm's settings on validation families, the same number for every arm, and writes
 * what each reached. The same scenes for every configuration; finished runs are kept in the output folder and not repeated.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function runTune(request: TuneRequest): Promise<TuneJson> {
  const late = deadlineAfter(request.maxMinutes);
  const prepared = await prepareTune(request);
  const pool = createPool(request.workers);
  try {
    return (await searchSettings(prepared, pool, late)).result;
  } finally {
    await pool.close();
  }
}

/** Checks everything about a request, and draws what it tries. @throws InputError */
export async function prepareTune(request: TuneRequest): Promise<Prepared> {
  const file = tuningScenario(request);
  const backbone = await backboneOf(file, [request.arm]);
  const { startHead } = withStartHead(backbone, request.arm, file);
  const space = spaceOf(request.arm, { ...file.learner, head: startHead ? 'initialised' : 'fresh' });
  if (request.configs > spaceSize(space))
    throw new InputError(`--configs: expected at most ${spaceSize(space)} (the space's own), got ${request.configs}`);
  const scenario = withTaps(file, backbone);
  const configs = drawSettings(space, request.configs, settingsOf(scenario, space), request.seed);
  const folder = resolve(request.out ?? join('runs', `tune-${request.arm}`));
  return { request, scenario, backbone, space, configs, folder };
}

/**
 * Measures what is missing, and writes what there is.
 * @param late whether it is too late to start another run.
 * @throws InputError if a stored run is damaged, or the folder cannot be written; Interrupted if the signal fires.
 */
export async function searchSettings(prepared: Prepared, pool: TrialPool, late: () => boolean): Promise<Tuned> {
  const { request, scenario, space, configs, folder } = prepared;
  const store = openRawStore(folder);
  writingTo(folder, () => void mkdirSync(store.folder, { recursive: true }));
  const engine = await loadEngine();
  await loadPhysics();
  const tuning: Tuning = { ...prepared, engine, pool };
  const { runs, complete } = await search(tuning, resultsIn(store, tuneExperiment(tuning)), late);
  const result = tuneResult({ request, space, configs, runs, complete, folder, backbone: scenario.learner.backbone });
  writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeAtomically(join(folder, 'result.md'), tuneMarkdown(result));
  return { result, runs };
}

/** Every configuration with one seed after the other, so that whatever was stopped compares like with like. */
async function search(
  tuning: Tuning,
  results: Results<TuneUnit, TuneRun>,
  late: () => boolean,
): Promise<{ runs: TuneRun[]; complete: boolean }> {
  const { request, configs } = tuning;
  const { signal } = request;
  const runs: TuneRun[] = [];
  let alive = configs.map((_, config) => config);
  for (let seed = 0; seed < request.seeds; seed++) {
    const units = alive.map((config): TuneUnit => ({ config, seed }));
    await results.measure({ units, late, signal, measure: (unit, ended) => measureRun(tuning, unit, ended) });
    const there = units.flatMap((unit) => results.of(unit) ?? []);
    runs.push(...there);
    if (there.length < units.length) return { runs, complete: false };
    if (request.search === 'halving') alive = betterHalf(alive, runs);
  }
  return { runs, complete: true };
}

/** Those that held more often so far; equal ones by their number. */
function betterHalf(alive: readonly number[], runs: readonly TuneRun[]): number[] {
  const rate = (config: number): number => heldRate(runs.filter((r) => r.config === config));
  return [...alive]
    .sort((a, b) => rate(b) - rate(a) || a - b)
    .slice(0, Math.ceil(alive.length / 2))
    .sort((a, b) => a - b);
}
