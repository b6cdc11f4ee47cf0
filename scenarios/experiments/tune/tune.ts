import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Backbone, parametersHash, startHash } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import type { Regime } from '../../../agent/learner/regimes.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { versions } from '../../inspect/versions.ts';
import { backboneOf, InputError, loadScenario, withTaps } from '../../load.ts';
import { type Override, overrideName } from '../../overrides.ts';
import { startProgress } from '../../progress.ts';
import { physicsName } from '../../recordings/record.ts';
import { evaluate } from '../../run/evaluate.ts';
import { withStartHead } from '../../run/learner-plan.ts';
import { createPool, type TrialPool } from '../../run/pool.ts';
import { readKeyed } from '../../run/run-folder.ts';
import { train } from '../../run/train.ts';
import type { Scenario } from '../../schema/schema.ts';
import { type TuneJson, tuneMarkdown, tuneResult } from './report.ts';
import type { TuneSearch } from './searches.ts';
import {
  drawSettings,
  type Settings,
  settingsOf,
  spaceOf,
  spaceSize,
  TUNE_FAMILIES,
  TUNE_SEED,
  withSettings,
} from './space.ts';

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

/** One configuration trained and judged with one seed; a file each, so that a search goes on where it stopped. */
export interface TuneRun {
  readonly key: string;
  readonly config: number;
  readonly seed: number;
  readonly settings: Settings;
  /** Null: the simulation diverged. */
  readonly held: readonly (boolean | null)[];
  readonly trainSeconds: number;
  readonly updateSeconds: number;
  readonly evaluationSeconds: number;
  readonly updates: number;
}

/** All that a run needs. */
interface Tuning {
  readonly request: TuneRequest;
  readonly scenario: Scenario;
  readonly backbone: Backbone;
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly raw: string;
  readonly configs: readonly Settings[];
}

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

/**
 * `graft tune`: tries configurations of an arm's settings on validation families, the same number for every arm, and writes
 * what each reached. The same scenes for every configuration; finished runs are kept in the output folder and not repeated.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function runTune(request: TuneRequest): Promise<TuneJson> {
  const started = performance.now();
  const file = tuningScenario(request);
  const backbone = await backboneOf(file, [request.arm]);
  const { startHead } = withStartHead(backbone, request.arm, file);
  const space = spaceOf(request.arm, { ...file.learner, head: startHead ? 'initialised' : 'fresh' });
  if (request.configs > spaceSize(space))
    throw new InputError(`--configs: expected at most ${spaceSize(space)} (the space's own), got ${request.configs}`);
  const scenario = withTaps(file, backbone);
  const configs = drawSettings(space, request.configs, settingsOf(scenario, space), request.seed);
  const folder = resolve(request.out ?? join('runs', `tune-${request.arm}`));
  const raw = join(folder, 'raw');
  writingTo(folder, () => void mkdirSync(raw, { recursive: true }));
  const engine = await loadEngine();
  await loadPhysics();
  const pool = createPool(request.workers);
  try {
    const tuning: Tuning = { request, scenario, backbone, engine, pool, raw, configs };
    const { runs, complete } = await search(tuning, started);
    const result = tuneResult({ request, space, configs, runs, complete, folder, backbone: scenario.learner.backbone });
    writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    writeAtomically(join(folder, 'result.md'), tuneMarkdown(result));
    return result;
  } finally {
    await pool.close();
  }
}

const heldRate = (runs: readonly TuneRun[]): number => {
  const outcomes = runs.flatMap(({ held }) => held.filter((h) => h !== null));
  return outcomes.filter(Boolean).length / Math.max(outcomes.length, 1);
};

/** Every configuration with one seed after the other, so that whatever was stopped compares like with like. */
async function search(tuning: Tuning, started: number): Promise<{ runs: TuneRun[]; complete: boolean }> {
  const { request, configs } = tuning;
  const runs: TuneRun[] = [];
  let alive = configs.map((_, config) => config);
  for (let seed = 0; seed < request.seeds; seed++) {
    for (const config of alive) {
      const stored = readKeyed<TuneRun>(pathOf(tuning, config, seed), keyOf(tuning, config), 'search');
      const minutes = (performance.now() - started) / 60_000;
      if (!stored && request.maxMinutes !== undefined && minutes >= request.maxMinutes)
        return { runs, complete: false };
      runs.push(stored ?? (await measure(tuning, config, seed)));
    }
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

const pathOf = ({ raw }: Tuning, config: number, seed: number): string =>
  join(raw, `c${String(config).padStart(2, '0')}-s${seed}.json`);

/** What a run depends on; a stored one with another key is refused. */
const keyOf = ({ request, scenario, backbone, engine, configs }: Tuning, config: number): string =>
  JSON.stringify([
    withSettings(scenario, configs[config]),
    ...[
      request.arm,
      request.trials,
      request.evaluation,
      startHash(backbone),
      engine.name,
      physicsName(),
      versions().graft,
    ],
  ]);

async function measure(tuning: Tuning, config: number, seed: number): Promise<TuneRun> {
  const { request, backbone, engine, pool, configs } = tuning;
  const { arm, trials, evaluation, signal } = request;
  const scenario = withSettings(tuning.scenario, configs[config]);
  const progress = startProgress(
    `${arm}: config ${config + 1} of ${configs.length}, seed ${seed + 1} of ${request.seeds}`,
    trials,
    request.quiet,
  );
  try {
    const started = performance.now();
    const trained = await train({
      ...{ engine, pool, scenario, arm, trials, backbone, signal },
      seed: TUNE_SEED + seed,
      onRound: (done) => progress.update(done),
    });
    const finished = performance.now();
    const { model } = trained;
    const { records } = await evaluate(pool, {
      ...{ scenario, seed: TUNE_SEED, trials: evaluation, firstScene: seed * evaluation, signal },
      chooser: { kind: 'greedy', key: parametersHash({ ...model.trunk, ...model.head }), model },
    });
    const run: TuneRun = {
      ...{ key: keyOf(tuning, config), config, seed, settings: configs[config] },
      held: records.map(({ outcome }) => (outcome === 'invalid' ? null : outcome === 'held')),
      trainSeconds: (finished - started) / 1000,
      updateSeconds: trained.updateSeconds,
      evaluationSeconds: (performance.now() - finished) / 1000,
      updates: trained.updates,
    };
    writeAtomically(pathOf(tuning, config, seed), JSON.stringify(run));
    progress.update(trials, `held ${(100 * heldRate([run])).toFixed(1)} % of ${evaluation}`);
    return run;
  } finally {
    progress.stop();
  }
}
