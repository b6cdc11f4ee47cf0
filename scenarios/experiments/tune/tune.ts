/** Tuning: the search of an arm's settings, from the request to its result. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Backbone } from '../../../agent/backbones/own.ts';
import { measuredWith } from '../../code.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { backboneOf, InputError, loadScenario, withTaps } from '../../load.ts';
import { overrideName } from '../../parse/overrides.ts';
import type { Scenario } from '../../schema/schema.ts';
import { withStartHead } from '../../training/learner-plan.ts';
import { deadlineAfter, partOf, type Results, resultsIn } from '../experiment.ts';
import { askingMachines } from '../queue/asking.ts';
import { openRawStore } from '../raw-store.ts';
import { measureUnits, needAll } from '../units/measure.ts';
import { type TuneJson, tuneMarkdown, tuneResult } from './report.ts';
import {
  heldRate,
  type TuneRequest,
  type TuneRun,
  type TuneUnit,
  type Tuning,
  tuneExperiment,
  tuneKind,
  tuneUnits,
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
  return (await searchSettings(await prepareTune(request), late)).result;
}

/** Checks everything about a request, and draws what it tries. @throws InputError */
export async function prepareTune(request: TuneRequest): Promise<Prepared> {
  const { part, search, queue } = request;
  if (part && search === 'halving')
    throw new InputError('--part: expected --search random, for halving waits for every run of a seed, got halving');
  if (part && queue !== undefined) throw new InputError('--part: expected no --queue, which parts the work by itself');
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
export async function searchSettings(prepared: Prepared, late: () => boolean): Promise<Tuned> {
  const { request, scenario, backbone, space, configs, folder } = prepared;
  const { arm, trials, evaluation } = request;
  const store = openRawStore(folder);
  writingTo(folder, () => void mkdirSync(store.folder, { recursive: true }));
  const tuning: Tuning = { arm, scenario, trials, evaluation, configs: configs.map((settings) => ({ ...settings })) };
  const units = await tuneUnits(tuning, backbone);
  const own = await measuredWith();
  const results = resultsIn(store, tuneExperiment(units, own.code));
  const search: Search = { request, tuning, units, late, own, results };
  const { runs, complete } = await searchAll(search);
  const result = tuneResult({ request, space, configs, runs, complete, folder, backbone: scenario.learner.backbone });
  writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeAtomically(join(folder, 'result.md'), tuneMarkdown(result));
  return { result, runs };
}

/** A search under way. */
interface Search {
  readonly request: TuneRequest;
  readonly tuning: Tuning;
  readonly units: Awaited<ReturnType<typeof tuneUnits>>;
  readonly late: () => boolean;
  /** What this machine measures with. */
  readonly own: Readonly<Record<string, string>>;
  readonly results: Results<TuneUnit, TuneRun>;
}

interface Searched {
  readonly runs: readonly TuneRun[];
  readonly complete: boolean;
}

/** Every configuration with one seed after the other, so that whatever was stopped compares like with like. */
async function searchAll(search: Search): Promise<Searched> {
  const { request, tuning } = search;
  const seeds = Array.from({ length: request.seeds }, (_, seed) => seed);
  const all = tuning.configs.map((_, config) => config);
  const unitsOf = (configs: readonly number[], seed: number) => configs.map((config): TuneUnit => ({ config, seed }));
  if (request.search === 'random')
    return measured(
      search,
      seeds.flatMap((seed) => unitsOf(all, seed)),
    );
  const runs: TuneRun[] = [];
  let alive = all;
  for (const seed of seeds) {
    const { runs: there, complete } = await measured(search, unitsOf(alive, seed));
    runs.push(...there);
    if (!complete) return { runs, complete };
    alive = betterHalf(alive, runs);
  }
  return { runs, complete: true };
}

/** Measures what is missing. @returns what there is then. */
async function measured(search: Search, wanted: readonly TuneUnit[]): Promise<Searched> {
  const { request, tuning, units, late, own, results } = search;
  const { arm, trials, evaluation, part, workers, quiet, view, signal } = request;
  const { nameOf, keyOf, settingOf, library } = units;
  const mine = part ? partOf(wanted, part) : wanted;
  const failed = await measureUnits(results, {
    kind: tuneKind.name,
    units: mine,
    open: askingMachines(request, { kind: tuneKind, request: () => tuning, nameOf, keyOf, units: mine.length }),
    settingOf,
    workers,
    library,
    late,
    shown: {
      ...{ label: `tune ${arm}`, nameOf, stepsOf: () => trials + evaluation, quiet, view },
      placeOf: ({ config, seed }) => ({ row: `configuration ${config}`, column: `seed ${seed}` }),
    },
    signal,
    resultOf: (unit, { measured: found, versions: by = own }): TuneRun => ({
      ...{ key: keyOf(unit), ...unit, settings: tuning.configs[unit.config], ...found, versions: by },
    }),
  });
  needAll(failed, nameOf);
  const runs = wanted.flatMap((unit) => results.of(unit) ?? []);
  return { runs, complete: runs.length === wanted.length };
}

/** Those that held more often so far; equal ones by their number. */
function betterHalf(alive: readonly number[], runs: readonly TuneRun[]): number[] {
  const rate = (config: number): number => heldRate(runs.filter((r) => r.config === config));
  return [...alive]
    .sort((a, b) => rate(b) - rate(a) || a - b)
    .slice(0, Math.ceil(alive.length / 2))
    .sort((a, b) => a - b);
}
