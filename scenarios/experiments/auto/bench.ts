import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Backbone, parametersHash, startHash } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { architectureTaps } from '../../../agent/network/architecture.ts';
import type { Model } from '../../../agent/network/model.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { versions } from '../../inspect/versions.ts';
import { backboneOf, InputError, loadScenario } from '../../load.ts';
import { startProgress } from '../../progress.ts';
import { physicsName } from '../../recordings/record.ts';
import { scoreOverSeeds } from '../../report/bootstrap-intervals.ts';
import { evaluate } from '../../run/evaluate.ts';
import { createPool, type TrialPool } from '../../run/pool.ts';
import { readKeyed, readRunConfig } from '../../run/run-folder.ts';
import { train } from '../../run/train.ts';
import type { Scenario } from '../../schema/schema.ts';
import { autoStory, prepareAuto, resumeAuto, searchRun } from './auto.ts';
import { availableBackbones, type Candidate, candidateName, candidateScenario, techniquesFor } from './candidates.ts';

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

/** The name of what the search chose, among the fixed choices. */
const AUTO = 'auto';

/** What one choice reached with one seed; a file each, so that a benchmark goes on where it stopped. */
interface RawResult {
  readonly key: string;
  readonly choice: string;
  readonly seed: number;
  /** What the search chose. */
  readonly chosen?: string;
  /** Null: the simulation diverged. */
  readonly held: readonly (boolean | null)[];
  readonly trainSeconds: number;
}

/** A mean and its 95 % interval. */
interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The machine-readable result of `graft bench auto`. Rates 0..1; `lead` is automated minus this, on the same scenes. */
export interface AutoBenchJson {
  readonly scenario: string;
  readonly budget: number;
  readonly seeds: number;
  readonly evaluation: number;
  readonly auto: { readonly rate: Estimate; readonly chosen: readonly string[]; readonly trainSeconds: number };
  /** Every backbone as its card reads it, with every technique; best first. */
  readonly fixed: readonly {
    readonly choice: string;
    readonly rate: Estimate;
    readonly lead: Estimate;
    readonly trainSeconds: number;
  }[];
  /** The best of them, which only hindsight knows. */
  readonly leadOverBest: Estimate;
  /** The mean of them: somebody who picks at random. */
  readonly leadOverAverage: Estimate;
  readonly out: string;
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
}

/** Every backbone as its card reads it, with every technique that it can take. */
const fixedChoices = (backbones: readonly Backbone[]): Candidate[] =>
  backbones.flatMap((backbone) =>
    techniquesFor(backbone).map((technique) => ({
      backbone: backbone.name,
      taps: architectureTaps(backbone.architecture).map((t) => t.name),
      technique,
    })),
  );

/**
 * `graft bench auto`: the automated choice beside every fixed one, the same budget, seeds and evaluation scenes.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function benchAuto(request: AutoBenchRequest): Promise<AutoBenchJson> {
  const { scenario } = loadScenario(request.scenario);
  if (scenario.objects)
    throw new InputError(`scenario '${request.scenario}': expected objects of the families, got objects from files`);
  const budget = request.budget ?? scenario.training.trials;
  const backbones = await availableBackbones();
  const folder = resolve(request.out ?? join('runs', 'bench-auto'));
  writingTo(folder, () => void mkdirSync(join(folder, 'raw'), { recursive: true }));
  const engine = await loadEngine();
  await loadPhysics();
  const pool = createPool(request.workers);
  try {
    const bench: Bench = { request, scenario, budget, backbones, engine, pool, folder };
    const choices = fixedChoices(backbones);
    const results: RawResult[] = [];
    for (let seed = 0; seed < request.seeds; seed++) {
      results.push(await kept(bench, AUTO, `${AUTO}-s${seed}`, seed, () => trainAuto(bench, seed)));
      for (const [i, choice] of choices.entries())
        results.push(
          await kept(bench, candidateName(choice), `fixed${i}-s${seed}`, seed, () => trainFixed(bench, choice, seed)),
        );
    }
    const result = summarize(bench, choices.map(candidateName), results);
    writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    await pool.close();
  }
}

/** A stored result, or a new one. @throws InputError if the stored one is of another benchmark. */
async function kept(
  { request, scenario, budget, backbones, engine, pool, folder }: Bench,
  choice: string,
  file: string,
  seed: number,
  trained: () => Promise<{ model: Model; chosen?: string }>,
): Promise<RawResult> {
  const { evaluation, signal } = request;
  const hashes = backbones.map(startHash);
  const key = JSON.stringify([
    scenario,
    budget,
    evaluation,
    hashes,
    choice,
    engine.name,
    physicsName(),
    versions().graft,
  ]);
  const path = join(folder, 'raw', `${file}.json`);
  const stored = readKeyed<RawResult>(path, key, 'benchmark');
  if (stored) return stored;
  const started = performance.now();
  const { model, chosen } = await trained();
  const trainSeconds = (performance.now() - started) / 1000;
  const { records } = await evaluate(pool, {
    ...{ scenario, seed: scenario.evaluation.seed, trials: evaluation, firstScene: seed * evaluation, signal },
    chooser: { kind: 'greedy', key: parametersHash({ ...model.trunk, ...model.head }), model },
  });
  const held = records.map(({ outcome }) => (outcome === 'invalid' ? null : outcome === 'held'));
  const result: RawResult = { key, choice, seed, ...(chosen !== undefined && { chosen }), held, trainSeconds };
  writeAtomically(path, JSON.stringify(result));
  return result;
}

/** Searches and trains in a folder of its own, which an interrupted benchmark goes on in. */
async function trainAuto(bench: Bench, seed: number): Promise<{ model: Model; chosen: string }> {
  const { request, budget, engine, pool, folder } = bench;
  const out = join(folder, `${AUTO}-s${seed}`);
  const asked = { scenario: request.scenario, budget, seed, out };
  const prepared = await (existsSync(out) ? resumeAuto : prepareAuto)(asked, engine);
  const { training: _, ...begun } = prepared.start.scenario;
  const { training: __, ...wanted } = bench.scenario;
  if (!isDeepStrictEqual(begun, wanted))
    throw new InputError(`${out}: expected a search on this very scenario, got one on another; pass another --out`);
  await searchRun(prepared, pool, engine, request);
  const chosen = candidateName(autoStory(out).chosen);
  const { scenario } = readRunConfig(out);
  return { model: await trained(bench, scenario, seed, `auto: ${chosen}`, out), chosen };
}

const trainFixed = async (bench: Bench, choice: Candidate, seed: number): Promise<{ model: Model }> => {
  const { training, ...rest } = candidateScenario(bench.scenario, choice);
  const scenario = { ...rest, training: { ...training, trials: bench.budget, seed } };
  return { model: await trained(bench, scenario, seed, candidateName(choice)) };
};

/** @param folder of a run to go on with. */
async function trained(
  { request, budget, engine, pool }: Bench,
  scenario: Scenario,
  seed: number,
  label: string,
  folder?: string,
): Promise<Model> {
  const { arm } = scenario.learner;
  const progress = startProgress(`${label}, seed ${seed}`, budget, request.quiet);
  try {
    const { model } = await train({
      ...{ engine, pool, scenario, arm, seed, trials: budget, signal: request.signal },
      backbone: await backboneOf(scenario, [arm]),
      ...(folder && { folder, resume: true }),
      onRound: (done) => progress.update(done),
    });
    return model;
  } finally {
    progress.stop();
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function summarize(
  { request, budget, folder }: Bench,
  choices: readonly string[],
  results: readonly RawResult[],
): AutoBenchJson {
  const of = (choice: string): RawResult[] => results.filter((r) => r.choice === choice);
  const estimate = (perSeed: readonly number[][], purpose: string): Estimate =>
    scoreOverSeeds(
      perSeed.filter((s) => s.length > 0),
      mean,
      rngStream(0, `bench-auto/${purpose}`),
    );
  const valid = ({ held }: RawResult): number[] => held.flatMap((h) => (h === null ? [] : Number(h)));
  // scenes on which some run diverged are left out of the comparisons
  const auto = of(AUTO);
  const whole = auto.map(({ held, seed }) => {
    const all = [held, ...choices.map((c) => of(c)[seed].held)];
    return held.flatMap((_, i) => (all.every((h) => h[i] !== null) ? i : []));
  });
  const lead = (theirs: (seed: number, scene: number) => number, purpose: string): Estimate =>
    estimate(
      auto.map(({ held }, seed) => whole[seed].map((i) => Number(held[i]) - theirs(seed, i))),
      purpose,
    );
  const fixed = choices
    .map((choice) => ({
      choice,
      rate: estimate(of(choice).map(valid), choice),
      lead: lead((seed, i) => Number(of(choice)[seed].held[i]), `lead/${choice}`),
      trainSeconds: mean(of(choice).map((r) => r.trainSeconds)),
    }))
    .sort((a, b) => b.rate.value - a.rate.value);
  return {
    ...{ scenario: request.scenario, budget, seeds: request.seeds, evaluation: request.evaluation },
    auto: {
      rate: estimate(auto.map(valid), AUTO),
      chosen: auto.map((r) => r.chosen!),
      trainSeconds: mean(auto.map((r) => r.trainSeconds)),
    },
    fixed,
    leadOverBest: fixed[0].lead,
    leadOverAverage: lead((seed, i) => mean(choices.map((c) => Number(of(c)[seed].held[i]))), 'average'),
    out: folder,
  };
}
