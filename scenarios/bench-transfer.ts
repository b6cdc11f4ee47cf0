import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadEngine } from '../agent/engine.ts';
import type { Model } from '../agent/learned.ts';
import { ARM_NAMES, ARMS, type Arm } from '../agent/learner.ts';
import { type Backbone, parametersHash } from '../agent/registry.ts';
import { type BenchArm, benchReportHtml } from '../agent/report.ts';
import { iqm, pairedSeedDifference, stratifiedBootstrap, trialsTo } from '../agent/statistics.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../sim/physics.ts';
import { rngStream } from '../sim/rng.ts';
import { evaluate } from './evaluate.ts';
import { illustrate, pickScenes } from './examples.ts';
import { FIXED_POLICY_NAMES, type FixedPolicyName, type TrialRecord } from './job.ts';
import { backboneOf, InputError, loadScenario, withObjects, withTaps } from './load.ts';
import { libraryOf } from './object-files.ts';
import { modelsFor } from './object-library.ts';
import { createPool, type TrialPool } from './pool.ts';
import { startProgress } from './progress.ts';
import { writeAtomically } from './run-folder.ts';
import type { Scenario } from './schema.ts';
import { train } from './train.ts';
import { versions } from './versions.ts';

/** How much a benchmark measures. */
interface Preset {
  readonly scenario: string;
  readonly arms: readonly string[];
  readonly budgets: readonly number[];
  readonly seeds: number;
  /** Evaluation trials for each seed and budget. */
  readonly evaluationTrials: number;
}

const DEFAULT_ARMS = ['pretrained', 'random', 'scratch', 'depth-pca', 'antipodal'];

export const PRESETS = {
  /** For tests: exercises everything, shows nothing. */
  smoke: {
    scenario: 'quick',
    arms: ['pretrained', 'scratch', 'depth-pca'],
    budgets: [32, 48],
    seeds: 2,
    evaluationTrials: 6,
  },
  quick: { scenario: 'tabletop', arms: DEFAULT_ARMS, budgets: [32, 64, 128, 256], seeds: 3, evaluationTrials: 100 },
  full: {
    scenario: 'tabletop',
    arms: [...DEFAULT_ARMS, 'finetuned', 'oracle'],
    budgets: [32, 64, 128, 256, 512, 1024, 1600],
    seeds: 10,
    evaluationTrials: 100,
  },
} as const satisfies Record<string, Preset>;
export type PresetName = keyof typeof PRESETS;

const ARM_DESCRIPTIONS: Readonly<Record<string, string>> = {
  pretrained: 'frozen trunk pretrained on passive tasks; only the head learns',
  random: 'frozen random trunk of the same shape; only the head learns',
  scratch: 'the same network from random weights, end to end, random-shift and mirror augmentation',
  finetuned: 'the pretrained trunk, trained end to end along with the head',
  equivariant: 'a small depth-only network, equivariant to mirror images of the grasp, from random weights, end to end',
  'depth-pca': 'heuristic: centroid of the depth mask, closed across its minor axis',
  antipodal: 'heuristic: facing height edges that fit the hand',
  oracle: 'ceiling: knows the true state and tries 40 grasps in the simulator first',
};

/** Everything measured of one arm with one seed; one file each, so that a benchmark can be interrupted and goes on. */
interface RawResult {
  readonly key: string;
  readonly arm: string;
  readonly seed: number;
  readonly points: readonly { readonly trials: number; readonly held: readonly (boolean | null)[] }[];
  readonly records: readonly TrialRecord[];
  readonly trainSeconds: number;
  readonly updateSeconds: number;
  readonly updates: number;
}

export interface TransferRequest {
  readonly preset: PresetName;
  /** Folder or file of objects, in place of the families. */
  readonly objects?: string;
  readonly arms?: readonly string[];
  readonly seeds?: number;
  readonly out?: string;
  readonly workers: number;
  readonly quiet: boolean;
  readonly command: string;
  readonly signal: AbortSignal;
}

export interface TransferJson {
  readonly report: string;
  readonly raw: string;
  readonly arms: Readonly<
    Record<
      string,
      {
        readonly curve: readonly { trials: number; rate: number; low: number; high: number }[];
        readonly trialsTo80: number | null;
      }
    >
  >;
}

const isLearner = (name: string): name is Arm => (ARM_NAMES as readonly string[]).includes(name);
const isFixed = (name: string): name is FixedPolicyName => (FIXED_POLICY_NAMES as readonly string[]).includes(name);

function checkArms(arms: readonly string[]): void {
  const bad = arms.find((a) => !isLearner(a) && !isFixed(a));
  const known = [...new Set([...ARM_NAMES, ...FIXED_POLICY_NAMES])].join(', ');
  if (bad !== undefined) throw new InputError(`--arms: expected some of ${known}, got '${bad}'`);
}

/** Evaluation scenes of a training seed: every arm meets the same ones, every seed others. */
const firstScene = (seed: number, evaluationTrials: number): number => seed * evaluationTrials;

/**
 * `graft bench transfer`: every arm, several seeds, the same evaluation scenes for all arms of a seed. Finished (arm, seed)
 * pairs are kept in the output folder and not measured again.
 */
export async function benchTransfer(request: TransferRequest): Promise<TransferJson> {
  const started = performance.now();
  const preset: Preset = PRESETS[request.preset];
  const arms = request.arms ?? preset.arms;
  checkArms(arms);
  const seeds = Array.from({ length: request.seeds ?? preset.seeds }, (_, s) => s);
  const { name, scenario: named } = loadScenario(preset.scenario);
  const file = withObjects(named, request.objects);
  const backbone = await backboneOf(file, arms.filter(isLearner));
  const scenario = withTaps(file, backbone);
  const folder = resolve(request.out ?? join('runs', `bench-${request.preset}`));
  const raw = join(folder, 'raw');
  try {
    mkdirSync(raw, { recursive: true });
  } catch (error) {
    throw new InputError(
      `${folder}: expected a folder that can be written, got: ${error instanceof Error ? error.message : error}`,
    );
  }
  const engine = await loadEngine();
  await loadPhysics();
  const library = await libraryOf(scenario, (text) => void process.stderr.write(`${text}\n`));
  const pool = createPool(request.workers, library);
  try {
    const results: RawResult[] = [];
    let lastModel: Model | undefined;
    for (const seed of seeds) {
      for (const arm of arms) {
        // what this result depends on; a stored one with another key is measured again
        const key = JSON.stringify([
          scenario,
          preset.budgets,
          preset.evaluationTrials,
          backbone.hash,
          engine.name,
          versions().graft,
          ...(library ? [library.hash] : []),
        ]);
        const path = join(raw, `${arm}-s${seed}.json`);
        const stored = readStored(path, key);
        const measured = stored
          ? { result: stored }
          : await measure({ request, scenario, preset, pool, engine, backbone, arm, seed, key });
        if (!stored) writeAtomically(path, JSON.stringify(measured.result));
        if ('model' in measured && arm === arms[0]) lastModel = measured.model;
        results.push(measured.result);
      }
    }
    const summary = arms.map((arm) =>
      summarizeArm(
        arm,
        results.filter((r) => r.arm === arm),
      ),
    );
    const examples = lastModel ? await pictures(pool, scenario, arms, results, lastModel, seeds[seeds.length - 1]) : [];
    const report = join(folder, 'report.html');
    writeAtomically(
      report,
      await benchReportHtml({
        command: request.command,
        scenario: name,
        seed: scenario.evaluation.seed,
        engine: engine.description,
        physics: `${PHYSICS_ENGINE} ${physicsVersion()}`,
        versions: versions(),
        seconds: (performance.now() - started) / 1000,
        preset: request.preset,
        families:
          library && scenario.objects
            ? modelsFor(library, scenario.objects, 'evaluation').map((m) => m.family)
            : scenario.evaluation.families,
        familiesSeen: scenario.objects !== undefined && !scenario.objects.split,
        seeds,
        evaluationTrials: preset.evaluationTrials,
        arms: summary,
        comparisons: compareAll(arms, results),
        examples,
      }),
    );
    const json: TransferJson = {
      report,
      raw,
      arms: Object.fromEntries(
        summary.map(({ name: arm, curve, trialsTo80 }) => [
          arm,
          { curve: curve.map(({ trials, rate, low, high }) => ({ trials, rate, low, high })), trialsTo80 },
        ]),
      ),
    };
    writeAtomically(join(folder, 'result.json'), `${JSON.stringify(json, null, 2)}\n`);
    return json;
  } finally {
    await pool.close();
  }
}

function readStored(path: string, key: string): RawResult | undefined {
  if (!existsSync(path)) return undefined;
  let stored: RawResult | null;
  try {
    stored = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(
      `${path}: expected a result in JSON, got: ${error instanceof Error ? error.message : error}; remove the file to measure it again`,
    );
  }
  if (stored?.key !== key) {
    throw new InputError(
      `${path}: expected a result of this very benchmark, got one of other settings or weights; pass another --out`,
    );
  }
  return stored;
}

interface Measurement {
  readonly request: TransferRequest;
  readonly scenario: Scenario;
  readonly preset: Preset;
  readonly pool: TrialPool;
  readonly engine: Awaited<ReturnType<typeof loadEngine>>;
  readonly backbone: Backbone;
  readonly arm: string;
  readonly seed: number;
  readonly key: string;
}

const heldOf = (records: readonly TrialRecord[]): (boolean | null)[] =>
  records.map(({ outcome }) => (outcome === 'invalid' ? null : outcome === 'held'));

async function measure(m: Measurement): Promise<{ result: RawResult; model?: Model }> {
  const { request, scenario, preset, pool, arm, seed } = m;
  const { signal } = request;
  const common = {
    scenario,
    seed: scenario.evaluation.seed,
    trials: preset.evaluationTrials,
    firstScene: firstScene(seed, preset.evaluationTrials),
    signal,
  };
  const base = { key: m.key, arm, seed };
  if (!isLearner(arm)) {
    const { records } = await evaluate(pool, { ...common, chooser: { kind: 'fixed', name: arm as FixedPolicyName } });
    return {
      result: {
        ...base,
        points: [{ trials: 0, held: heldOf(records) }],
        records,
        trainSeconds: 0,
        updateSeconds: 0,
        updates: 0,
      },
    };
  }
  const budgets = [...preset.budgets];
  const progress = startProgress(`${arm}, seed ${seed}`, budgets[budgets.length - 1], request.quiet);
  const snapshots: { trials: number; model: Model }[] = [];
  const started = performance.now();
  try {
    const outcome = await train({
      engine: m.engine,
      pool,
      scenario,
      arm,
      seed,
      trials: budgets[budgets.length - 1],
      backbone: m.backbone,
      snapshotsAt: budgets,
      onSnapshot: (s) => void snapshots.push(s),
      onRound: (done) => progress.update(done),
      signal,
    });
    const trainSeconds = (performance.now() - started) / 1000;
    const points: { trials: number; held: (boolean | null)[] }[] = [];
    let records: readonly TrialRecord[] = [];
    for (const { trials, model } of snapshots) {
      const chooser = { kind: 'greedy', key: parametersHash({ ...model.trunk, ...model.head }), model } as const;
      ({ records } = await evaluate(pool, { ...common, chooser }));
      points.push({ trials, held: heldOf(records) });
      progress.update(
        trials,
        `evaluated at ${trials}: ${(100 * records.filter((r) => r.outcome === 'held').length) / records.length} %`,
      );
    }
    const { updateSeconds, updates } = outcome;
    return { result: { ...base, points, records, trainSeconds, updateSeconds, updates }, model: outcome.model };
  } finally {
    progress.stop();
  }
}

const valid = (held: readonly (boolean | null)[]): boolean[] => held.filter((h) => h !== null);

function summarizeArm(arm: string, results: readonly RawResult[]): BenchArm {
  const curve = results[0].points.map(({ trials }, k) => {
    const perSeed = results.map((r) => valid(r.points[k].held));
    const { value, low, high } = stratifiedBootstrap(perSeed, iqm, rngStream(0, `bench/${arm}`, trials));
    return {
      trials,
      rate: value,
      low,
      high,
      perSeed: perSeed.map((held) => held.filter(Boolean).length / held.length),
    };
  });
  const learner = isLearner(arm);
  const mean = (pick: (r: RawResult) => number): number => results.reduce((n, r) => n + pick(r), 0) / results.length;
  return {
    name: arm,
    kind: learner ? 'learner' : 'fixed',
    description: ARM_DESCRIPTIONS[arm] ?? arm,
    curve,
    trialsTo80: learner ? trialsTo(curve, 0.8) : curve[0].rate >= 0.8 ? 0 : null,
    trainSeconds: learner ? mean((r) => r.trainSeconds) : null,
    updateMs: learner ? mean((r) => (1000 * r.updateSeconds) / Math.max(r.updates, 1)) : null,
  };
}

/** The first arm against every other, at each budget, on the same scenes. */
function compareAll([first, ...others]: readonly string[], results: readonly RawResult[]) {
  const of = (arm: string): RawResult[] => results.filter((r) => r.arm === arm);
  return others.flatMap((other) =>
    of(first)[0].points.map(({ trials }, k) => {
      const pairs = of(first).map((r, s) => {
        const theirs = of(other)[s].points;
        const b = theirs[Math.min(k, theirs.length - 1)].held;
        return r.points[k].held.flatMap((h, i) => (h === null || b[i] === null ? [] : [[h, b[i]] as const]));
      });
      const difference = pairedSeedDifference(
        pairs.map((p) => p.map(([a]) => a)),
        pairs.map((p) => p.map(([, b]) => b)),
        rngStream(0, `bench/${first}/${other}`, trials),
      );
      return { a: first, b: other, trials, ...difference };
    }),
  );
}

const EXAMPLES = 6;

async function pictures(
  pool: TrialPool,
  scenario: Scenario,
  arms: readonly string[],
  results: readonly RawResult[],
  model: Model,
  seed: number,
) {
  const policies = arms.map((policy) => ({
    policy,
    records: results.find((r) => r.arm === policy && r.seed === seed)!.records,
  }));
  // compare with the other learners first: that is the question
  const ordered = [...policies].sort((a, b) => Number(isLearner(b.policy)) - Number(isLearner(a.policy)));
  const contested = [ordered[0], ordered.find((p) => p.policy === 'scratch') ?? ordered[1], ...ordered].filter(Boolean);
  const chooser = { kind: 'greedy', key: 'pictures', model } as const;
  return illustrate(pool, scenario, scenario.evaluation.seed, chooser, pickScenes(contested, EXAMPLES), policies);
}

/** Arms that a command line may name. */
export const ARM_CHOICES = [...new Set([...Object.keys(ARMS), ...FIXED_POLICY_NAMES])];
