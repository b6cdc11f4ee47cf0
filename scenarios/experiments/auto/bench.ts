/** Benchmark of automated transfer: the search and every fixed choice, seed by seed. */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Backbone, startHash } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { techniqueOf } from '../../../agent/learner/regimes.ts';
import { architectureTaps } from '../../../agent/network/architecture.ts';
import type { Model } from '../../../agent/network/model.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { measuredWith } from '../../code.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { backboneOf, InputError, loadScenario } from '../../load.ts';
import { physicsName } from '../../recordings/record.ts';
import { readRunConfig } from '../../run/run-folder.ts';
import { train } from '../../run/train.ts';
import type { Scenario } from '../../schema/schema.ts';
import { startProgress } from '../../terminal/progress.ts';
import { createPool, type TrialPool } from '../../workers/pool.ts';
import { type Experiment, resultsIn } from '../experiment.ts';
import { judge } from '../judge.ts';
import { openRawStore } from '../raw-store.ts';
import { autoStory, prepareAuto, resumeAuto, searchRun } from './auto.ts';
import { AUTO, type AutoBenchJson, type AutoBenchRun, autoBenchRun, summariseAutoBench } from './bench-result.ts';
import { availableBackbones, type Candidate, candidateName, candidateScenario, techniquesFor } from './candidates.ts';

/** What the command line asks for. */
export interface AutoBenchRequest {
  readonly scenario: string;
  /** Trials of every run; the scenario's training trials if left out. */
  readonly budget?: number;
  readonly seeds: number;
  /** Evaluation grasps for each seed. */
  readonly evaluation: number;
  readonly out?: string;
  readonly workers: number;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** All that a measurement needs. */
interface Bench {
  readonly request: AutoBenchRequest;
  readonly scenario: Scenario;
  readonly budget: number;
  readonly backbones: readonly Backbone[];
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly folder: string;
  /** What this machine measures with. */
  readonly own: Readonly<Record<string, string>>;
}

/** Every backbone as its card reads it, with every technique that it can take. */
const fixedChoices = (backbones: readonly Backbone[], scenario: Scenario): Candidate[] =>
  backbones.flatMap((backbone) =>
    techniquesFor(backbone, scenario).map((technique) => ({
      backbone: backbone.name,
      taps: architectureTaps(backbone.architecture).map((t) => t.name),
      technique,
    })),
  );

/** What the scenario does where nothing is chosen. */
function defaultChoice({ learner }: Scenario, backbones: readonly Backbone[]): string {
  const card = backbones.find(({ name }) => name === learner.backbone);
  const taps = learner.taps ?? (card ? architectureTaps(card.architecture).map((t) => t.name) : []);
  return candidateName({ backbone: learner.backbone, taps, technique: techniqueOf(learner.arm, learner) });
}

/** A choice with one training seed. */
interface Unit {
  /** Which of the fixed choices; none is the search. */
  readonly fixed?: { readonly index: number; readonly candidate: Candidate };
  readonly seed: number;
}

const choiceOf = ({ fixed }: Unit): string => (fixed ? candidateName(fixed.candidate) : AUTO);

/**
 * `graft bench auto`: the automated choice beside every fixed one, the same budget, seeds and evaluation scenes.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function benchAuto(request: AutoBenchRequest): Promise<AutoBenchJson> {
  const { scenario } = loadScenario(request.scenario);
  if (scenario.objects)
    throw new InputError(`scenario '${request.scenario}': expected objects of the families, got objects from files`);
  const { signal, seeds, evaluation, budget = scenario.training.trials } = request;
  const backbones = await availableBackbones();
  const folder = resolve(request.out ?? join('runs', 'bench-auto'));
  const store = openRawStore(folder);
  writingTo(folder, () => void mkdirSync(store.folder, { recursive: true }));
  const engine = await loadEngine();
  await loadPhysics();
  const pool = createPool(request.workers);
  try {
    const bench: Bench = { request, scenario, budget, backbones, engine, pool, folder, own: await measuredWith() };
    const choices = fixedChoices(backbones, scenario);
    const units = Array.from({ length: seeds }, (_, seed): Unit[] => [
      { seed },
      ...choices.map((candidate, index): Unit => ({ fixed: { index, candidate }, seed })),
    ]).flat();
    const results = resultsIn(store, experimentOf(bench));
    await results.measure({ units, signal, measure: (unit, ended) => measure(bench, unit, ended) });
    const runs = units.map((unit) => results.of(unit)!);
    const asked = { scenario: request.scenario, budget, seeds, evaluation, out: folder };
    const result = summariseAutoBench(asked, defaultChoice(scenario, backbones), choices.map(candidateName), runs);
    writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    await pool.close();
  }
}

/** The benchmark as an experiment. */
const experimentOf = (bench: Bench): Experiment<Unit, AutoBenchRun> => ({
  noun: 'benchmark',
  nameOf: ({ fixed, seed }) => (fixed ? `fixed${fixed.index}-s${seed}` : `${AUTO}-s${seed}`),
  keyOf: (unit) => keyOf(bench, unit),
  code: bench.own.code,
  schema: autoBenchRun,
});

const keyOf = ({ request, scenario, budget, backbones, engine, own }: Bench, unit: Unit): string =>
  JSON.stringify([
    scenario,
    budget,
    request.evaluation,
    backbones.map(startHash),
    choiceOf(unit),
    engine.name,
    physicsName(),
    own.graft,
  ]);

async function measure(bench: Bench, unit: Unit, signal: AbortSignal): Promise<AutoBenchRun> {
  const { scenario, pool, request } = bench;
  const { fixed, seed } = unit;
  const started = performance.now();
  const { model, chosen, scores } = fixed
    ? await trainFixed(bench, fixed.candidate, seed, signal)
    : await trainAuto(bench, seed, signal);
  const trainSeconds = (performance.now() - started) / 1000;
  const on = { scenario, seed: scenario.evaluation.seed, trainingSeed: seed, trials: request.evaluation, signal };
  const held = await judge(pool, model, on);
  return {
    key: keyOf(bench, unit),
    choice: choiceOf(unit),
    seed,
    ...(chosen !== undefined && { chosen }),
    ...(scores && { scores }),
    held,
    trainSeconds,
    versions: bench.own,
  };
}

/** A policy, and what the search chose if there was one. */
interface Trained {
  readonly model: Model;
  readonly chosen?: string;
  /** What its scores said of each set of features, by the name of the choice that reads it with a head. */
  readonly scores?: Readonly<Record<string, Record<string, number>>>;
}

/** Searches and trains in a folder of its own, which an interrupted benchmark goes on in. */
async function trainAuto(bench: Bench, seed: number, signal: AbortSignal): Promise<Trained> {
  const { request, budget, engine, pool, folder } = bench;
  const out = join(folder, `${AUTO}-s${seed}`);
  const asked = { scenario: request.scenario, budget, seed, out };
  const prepared = await (existsSync(out) ? resumeAuto : prepareAuto)(asked, engine);
  const { training: _, ...begun } = prepared.start.scenario;
  const { training: __, ...wanted } = bench.scenario;
  if (!isDeepStrictEqual(begun, wanted))
    throw new InputError(`${out}: expected a search on this very scenario, got one on another; pass another --out`);
  await searchRun(prepared, pool, engine, { quiet: request.quiet, signal });
  const story = autoStory(out);
  const chosen = candidateName(story.chosen);
  const scores = Object.fromEntries(
    story.ranking.flatMap(({ scores: found, ...read }) =>
      found ? [[candidateName({ ...read, technique: 'head' }), { ...found }]] : [],
    ),
  );
  const { scenario } = readRunConfig(out);
  return {
    model: await trained(bench, { scenario, seed, label: `auto: ${chosen}`, signal, folder: out }),
    chosen,
    scores,
  };
}

async function trainFixed(bench: Bench, choice: Candidate, seed: number, signal: AbortSignal): Promise<Trained> {
  const { training, ...rest } = candidateScenario(bench.scenario, choice);
  const scenario = { ...rest, training: { ...training, trials: bench.budget, seed } };
  return { model: await trained(bench, { scenario, seed, label: candidateName(choice), signal }) };
}

interface Training {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Of its progress. */
  readonly label: string;
  readonly signal: AbortSignal;
  /** Of a run to go on with. */
  readonly folder?: string;
}

async function trained(
  { request, budget, engine, pool }: Bench,
  { scenario, seed, label, signal, folder }: Training,
): Promise<Model> {
  const { arm } = scenario.learner;
  const progress = startProgress(`${label}, seed ${seed}`, budget, request.quiet);
  try {
    const { model } = await train({
      ...{ engine, pool, scenario, arm, seed, trials: budget, signal },
      backbone: await backboneOf(scenario, [arm]),
      ...(folder && { folder, resume: true }),
      onRound: (done) => progress.update(done),
    });
    return model;
  } finally {
    progress.stop();
  }
}
