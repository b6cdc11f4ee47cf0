import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadEngine } from '../agent/engine.ts';
import type { Arm } from '../agent/learner.ts';
import type { Backbone } from '../agent/registry.ts';
import { trainReportHtml } from '../agent/report.ts';
import { pairedDifference } from '../agent/statistics.ts';
import type { Episode } from '../sim/episode.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../sim/physics.ts';
import { rngStream } from '../sim/rng.ts';
import { type Evaluation, type EvaluationSummary, evaluate } from './evaluate.ts';
import { illustrate, pickScenes } from './examples.ts';
import type { Chooser, FixedPolicyName, TrialOutput } from './job.ts';
import { backboneOf, InputError, loadScenario, withObjects } from './load.ts';
import { libraryOf } from './object-files.ts';
import { type ObjectLibrary, type ObjectsJson, objectsJson } from './object-library.ts';
import { createPool, type TrialPool } from './pool.ts';
import { startProgress } from './progress.ts';
import { createRunFolder, RUN_VERSION, type RunConfig, readRunConfig, writeAtomically } from './run-folder.ts';
import type { Scenario } from './schema.ts';
import { type TrainOutcome, train } from './train.ts';
import { versions } from './versions.ts';

/** Whoever watches a run live. Nothing here may wait for anybody. */
export interface LiveView {
  setRun(run: { scenario: string; seed: number; arm: string; engine: string; trialsPlanned: number }): void;
  publishTrial(summary: {
    trial: number;
    split: 'training' | 'evaluation';
    families: readonly string[];
    outcome: Episode['outcome'];
    probability: number | null;
  }): void;
  publishEpisode(episode: Episode): void;
  publishResult(result: { rate: number; low: number; high: number; trials: number; reportUrl?: string }): void;
  serveReport(path: string): void;
  wantsEpisode(): boolean;
}

export interface TrainingRequest {
  readonly scenario: string;
  /** Folder or file of objects, in place of the scenario's own. */
  readonly objects?: string;
  readonly trials?: number;
  readonly seed?: number;
  readonly arm?: Arm;
  readonly out?: string;
  readonly resume: boolean;
  readonly workers: number;
  readonly quiet: boolean;
  readonly command: string;
  readonly view?: LiveView;
  readonly signal: AbortSignal;
}

/** The machine-readable result of `graft evaluate`, and of `train` under `final`. */
export interface EvaluationJson extends EvaluationSummary {
  readonly policy: string;
  readonly scenario: string;
  readonly seed: number;
  readonly seconds: number;
  /** If they came from files. */
  readonly objects?: ObjectsJson;
}

/** The machine-readable result of `graft train`. */
export interface TrainingJson {
  readonly final: EvaluationJson;
  readonly baselines: Readonly<Record<string, EvaluationSummary>>;
  readonly out: string;
  readonly report: string;
  readonly seed: number;
  readonly trials: number;
  readonly weightsHash: string;
  readonly logHash: string;
  readonly backboneHash: string;
  readonly seconds: number;
}

/** Policies that every training run is compared with, on the same scenes. */
const BASELINES: readonly FixedPolicyName[] = ['depth-pca', 'antipodal', 'random'];

/** Everything a run needs, checked before the first trial. */
interface Prepared {
  readonly name: string;
  readonly scenario: Scenario;
  readonly arm: Arm;
  readonly seed: number;
  readonly trials: number;
  readonly folder: string;
  readonly backbone: Backbone;
  readonly library: ObjectLibrary | undefined;
}

/** A folder under runs/ that does not exist yet. */
function freeFolder(base: string): string {
  let folder = resolve('runs', base);
  for (let n = 2; existsSync(folder); n++) folder = resolve('runs', `${base}-${n}`);
  return folder;
}

async function prepare(request: TrainingRequest, engine: string): Promise<Prepared> {
  if (request.resume) return prepareResume(request, engine);
  const { name, scenario: named } = loadScenario(request.scenario);
  const file = withObjects(named, request.objects);
  const { arm = file.learner.arm, seed = file.training.seed, trials = file.training.trials } = request;
  // as it will be run, so that --resume has the same budget
  const scenario: Scenario = {
    ...file,
    learner: { ...file.learner, arm },
    training: { ...file.training, seed, trials },
  };
  const folder = request.out ? resolve(request.out) : freeFolder(`${name}-${arm}-s${seed}`);
  const backbone = backboneOf(scenario.learner.backbone);
  const library = await libraryOf(scenario, toStderr);
  createRunFolder(folder, {
    version: RUN_VERSION,
    scenarioName: name,
    scenario,
    seed,
    arm,
    backbone: scenario.learner.backbone,
    backboneHash: backbone.hash,
    engine,
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    ...(library && { objectsHash: library.hash }),
  } satisfies RunConfig);
  return { name, scenario, arm, seed, trials, folder, backbone, library };
}

/** A run goes on with exactly what it was started with; only the number of trials may be another. */
async function prepareResume(request: TrainingRequest, engine: string): Promise<Prepared> {
  if (!request.out) throw new InputError('--resume: expected --out with the folder of the run to go on with, got none');
  const folder = resolve(request.out);
  const config = readRunConfig(folder);
  const backbone = backboneOf(config.backbone);
  if (backbone.hash !== config.backboneHash) {
    throw new InputError(
      `${folder}: expected backbone '${config.backbone}' with hash ${config.backboneHash}, got ${backbone.hash}`,
    );
  }
  for (const [part, before, now] of [
    ['engine', config.engine, engine],
    ['physics', config.physics, `${PHYSICS_ENGINE} ${physicsVersion()}`],
  ]) {
    if (before !== now) {
      throw new InputError(
        `${folder}: expected the ${part} it was started with (${before}), got ${now}; results would differ`,
      );
    }
  }
  for (const [key, wanted, got] of [
    ['--arm', request.arm, config.arm],
    ['--seed', request.seed, config.seed],
  ] as const) {
    if (wanted !== undefined && wanted !== got)
      throw new InputError(`${folder}: expected ${key} ${got} (the run's own), got ${wanted}`);
  }
  const { scenarioName: name, scenario, arm, seed } = config;
  const library = await objectsOfRun(request, config, folder);
  return { name, scenario, arm, seed, trials: request.trials ?? scenario.training.trials, folder, backbone, library };
}

const toStderr = (text: string): void => void process.stderr.write(`${text}\n`);

/** The objects that a run was started with. @throws InputError if they are no longer the same. */
async function objectsOfRun(
  request: TrainingRequest,
  { scenario, objectsHash }: RunConfig,
  folder: string,
): Promise<ObjectLibrary | undefined> {
  const own = scenario.objects?.path;
  if (request.objects !== undefined && resolve(request.objects) !== own)
    throw new InputError(
      `${folder}: expected --objects ${own ?? 'to be left out'} (the run's own), got ${request.objects}`,
    );
  const library = await libraryOf(scenario, toStderr);
  if (library?.hash !== objectsHash)
    throw new InputError(
      `${own}: expected the objects that the run was started with, got changed ones; results would differ`,
    );
  return library;
}

/**
 * The main job: train, evaluate on unseen families, compare with the heuristics on the same scenes, write the report.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function runTraining(request: TrainingRequest): Promise<TrainingJson> {
  const started = performance.now();
  const engine = await loadEngine();
  await loadPhysics();
  const run = await prepare(request, engine.name);
  const { view, quiet, signal } = request;
  const note = (text: string): void => void (quiet || process.stderr.write(`${text}\n`));
  note(`engine:   ${engine.description}`);
  note(`physics:  ${PHYSICS_ENGINE} ${physicsVersion()}`);
  note(`backbone: ${run.backbone.name}: ${run.backbone.card}`);
  note(`run:      ${run.folder}\n`);
  view?.setRun({
    scenario: run.name,
    seed: run.seed,
    arm: run.arm,
    engine: engine.description,
    trialsPlanned: run.trials,
  });
  const pool = createPool(request.workers, run.library);
  try {
    const outcome = await trainShown(request, run, pool, engine);
    const evaluated = await evaluateShown(
      run,
      pool,
      { kind: 'greedy', key: outcome.weightsHash, model: outcome.model },
      'evaluate learned',
      quiet,
      signal,
      view,
    );
    const baselines: Record<string, Evaluation> = {};
    for (const name of BASELINES) {
      baselines[name] = (
        await evaluateShown(run, pool, { kind: 'fixed', name }, `evaluate ${name}`, quiet, signal)
      ).evaluation;
    }
    const result = await conclude(request, run, pool, engine.description, outcome, evaluated, baselines, started);
    const { rate, low, high } = result.final.success;
    view?.serveReport(result.report);
    view?.publishResult({ rate, low, high, trials: result.final.trials, reportUrl: '/report' });
    return result;
  } finally {
    await pool.close();
  }
}

/** Publishes a trial to the viewer, and its trajectory if it was recorded. */
function publish(view: LiveView | undefined, split: 'training' | 'evaluation', { record, episode }: TrialOutput): void {
  if (!view) return;
  const { trial, families, outcome, probability } = record;
  view.publishTrial({ trial, split, families, outcome, probability });
  if (episode) view.publishEpisode(episode);
}

const percent = (rate: number): string => `${(100 * rate).toFixed(0)} %`;

async function trainShown(
  request: TrainingRequest,
  run: Prepared,
  pool: TrialPool,
  engine: Awaited<ReturnType<typeof loadEngine>>,
): Promise<TrainOutcome> {
  const progress = startProgress(`train ${run.arm}`, run.trials, request.quiet);
  const recent: boolean[] = [];
  try {
    return await train({
      engine,
      pool,
      scenario: run.scenario,
      arm: run.arm,
      seed: run.seed,
      trials: run.trials,
      backbone: run.backbone,
      folder: run.folder,
      resume: request.resume,
      signal: request.signal,
      wantsEpisode: () => request.view?.wantsEpisode() ?? false,
      onTrial: (output) => {
        recent.push(output.record.outcome === 'held');
        if (recent.length > 50) recent.shift();
        publish(request.view, 'training', output);
      },
      onRound: (done) =>
        progress.update(
          done,
          `held ${percent(recent.filter(Boolean).length / recent.length)} of the last ${recent.length}`,
        ),
    });
  } finally {
    progress.stop();
  }
}

interface Timed {
  readonly evaluation: Evaluation;
  readonly seconds: number;
}

async function evaluateShown(
  run: Prepared,
  pool: TrialPool,
  chooser: Chooser,
  label: string,
  quiet: boolean,
  signal: AbortSignal,
  view?: LiveView,
): Promise<Timed> {
  const { trials, seed } = run.scenario.evaluation;
  const started = performance.now();
  const progress = startProgress(label, trials, quiet);
  try {
    const evaluation = await evaluate(pool, {
      scenario: run.scenario,
      seed,
      trials,
      chooser,
      signal,
      wantsEpisode: () => view?.wantsEpisode() ?? false,
      onTrial: (output, done, held) => {
        progress.update(done, `held ${percent(held / done)}`);
        publish(view, 'evaluation', output);
      },
    });
    return { evaluation, seconds: (performance.now() - started) / 1000 };
  } finally {
    progress.stop();
  }
}

const EXAMPLES = 8;

const about = ({ scenario, library }: Prepared) =>
  library && scenario.objects ? { objects: objectsJson(library, scenario.objects) } : {};

/** Writes report.html and result.json. */
async function conclude(
  request: TrainingRequest,
  run: Prepared,
  pool: TrialPool,
  engine: string,
  outcome: TrainOutcome,
  learned: Timed,
  baselines: Readonly<Record<string, Evaluation>>,
  started: number,
): Promise<TrainingJson> {
  const { evaluation } = learned;
  const { seed } = run.scenario.evaluation;
  const policies = [
    { policy: 'learned', records: evaluation.records },
    ...Object.entries(baselines).map(([policy, { records }]) => ({ policy, records })),
  ];
  const chooser: Chooser = { kind: 'greedy', key: outcome.weightsHash, model: outcome.model };
  const examples = await illustrate(pool, run.scenario, seed, chooser, pickScenes(policies, EXAMPLES), policies);
  const seconds = (performance.now() - started) / 1000;
  const report = join(run.folder, 'report.html');
  const html = await trainReportHtml({
    command: request.command,
    scenario: run.name,
    seed: run.seed,
    engine,
    physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
    versions: versions(),
    seconds,
    arm: run.arm,
    backbone: { name: run.backbone.name, hash: outcome.backboneHash, card: run.backbone.card },
    training: outcome.records,
    final: finalSection(evaluation),
    baselines: Object.entries(baselines).map(([policy, b]) => baselineSection(policy, b, evaluation, seed)),
    examples,
    hashes: { weights: outcome.weightsHash, log: outcome.logHash, backbone: outcome.backboneHash },
  });
  writeAtomically(report, html);
  const result: TrainingJson = {
    final: {
      policy: 'learned',
      scenario: run.name,
      seed,
      ...evaluation.summary,
      ...about(run),
      seconds: learned.seconds,
    },
    baselines: Object.fromEntries(Object.entries(baselines).map(([name, { summary }]) => [name, summary])),
    out: run.folder,
    report,
    seed: run.seed,
    trials: outcome.records.length,
    weightsHash: outcome.weightsHash,
    logHash: outcome.logHash,
    backboneHash: outcome.backboneHash,
    seconds,
  };
  writeAtomically(join(run.folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

function finalSection({ records, summary }: Evaluation) {
  const families: Record<string, { held: number; trials: number }> = {};
  const valid = records.filter((r) => r.outcome !== 'invalid');
  for (const { families: seen, outcome } of valid) {
    const key = seen.length === 1 ? seen[0] : `${seen.length} objects`;
    families[key] ??= { held: 0, trials: 0 };
    families[key].trials++;
    if (outcome === 'held') families[key].held++;
  }
  return {
    ...summary.success,
    trials: valid.length,
    invalid: summary.invalid,
    reasons: summary.reasons,
    families,
    calibration: valid.flatMap((r) =>
      r.probability === null ? [] : [{ probability: r.probability, held: r.outcome === 'held' }],
    ),
  };
}

function baselineSection(policy: string, { records, summary }: Evaluation, learned: Evaluation, seed: number) {
  const pairs = records.flatMap((r, i) => {
    const other = learned.records[i];
    return r.outcome === 'invalid' || other.outcome === 'invalid'
      ? []
      : [[other.outcome === 'held', r.outcome === 'held'] as const];
  });
  const difference = pairedDifference(
    pairs.map((p) => p[0]),
    pairs.map((p) => p[1]),
    rngStream(seed, `report/${policy}`),
  );
  return { ...summary.success, policy, trials: summary.trials - summary.invalid, reasons: summary.reasons, difference };
}
