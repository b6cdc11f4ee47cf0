/** Automated transfer: a search, its winner trained as an ordinary run, and the reports of both. */
import { join, resolve } from 'node:path';
import { type Backbone, startHash } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { RUN_VERSION } from '../../../agent/policy/model-file.ts';
import { loadPhysics, PHYSICS_ENGINE, physicsVersion } from '../../../sim/physics.ts';
import { writeAtomically } from '../../files.ts';
import { InputError, loadScenario, withObjects } from '../../load.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { libraryOf } from '../../objects/read.ts';
import type { TrainingJson } from '../../run/conclude.ts';
import { freeFolder } from '../../run/prepare.ts';
import { configText, isRun, logHash, type RunConfig, readTrials, runId, writeRunConfig } from '../../run/run-folder.ts';
import { lockFolder } from '../../run/saving/lock.ts';
import { runTraining } from '../../run/training-run.ts';
import { note } from '../../terminal/notes.ts';
import { startProgress } from '../../terminal/progress.ts';
import { versions } from '../../versions.ts';
import { createPool, type TrialPool } from '../../workers/pool.ts';

import { availableBackbones, candidateName } from './candidates.ts';
import { leastBudget, planAuto } from './plan.ts';
import { type AutoStory, autoReportHtml, reasons } from './report.ts';
import { searchCandidate } from './search.ts';
import {
  AUTO_VERSION,
  type AutoStart,
  type AutoState,
  createAutoFolder,
  readAutoStart,
  readAutoState,
  removeLeftovers,
} from './state.ts';

export interface AutoRequest {
  readonly scenario: string;
  /** Folder or file of objects, in place of the scenario's own. */
  readonly objects?: string;
  /** Trials in all; the scenario's training trials if left out. */
  readonly budget?: number;
  readonly seed?: number;
  readonly out?: string;
  readonly resume: boolean;
  readonly workers: number;
  readonly quiet: boolean;
  readonly command: string;
  readonly signal: AbortSignal;
}

/** The machine-readable result of `graft auto`. */
export interface AutoJson extends AutoStory {
  readonly why: readonly string[];
  readonly budget: number;
  readonly final: TrainingJson['final'];
  readonly baselines: TrainingJson['baselines'];
  readonly out: string;
  /** The policy's report. */
  readonly report: string;
  /** The search's report. */
  readonly autoReport: string;
  readonly seed: number;
  readonly weightsHash: string;
  readonly logHash: string;
  readonly seconds: number;
}

/** A search that was checked, and its folder. */
interface PreparedAuto {
  readonly folder: string;
  readonly start: AutoStart;
  readonly backbones: readonly Backbone[];
  readonly library: ObjectLibrary | undefined;
}

const physics = (): string => `${PHYSICS_ENGINE} ${physicsVersion()}`;
const hashesOf = (backbones: readonly Backbone[]): Record<string, string> =>
  Object.fromEntries(backbones.map((backbone) => [backbone.name, startHash(backbone)]));

/** Checks everything about a request and makes the folder. @throws InputError before anything is written. */
export async function prepareAuto(
  request: Pick<AutoRequest, 'scenario' | 'objects' | 'budget' | 'seed' | 'out'>,
  engine: Engine,
): Promise<PreparedAuto> {
  const { name, scenario: named } = loadScenario(request.scenario);
  const file = withObjects(named, request.objects);
  const { budget = file.training.trials, seed = file.training.seed } = request;
  const least = leastBudget(file.training.graspsPerScene);
  if (budget < least)
    throw new InputError(
      `--budget: expected at least ${least} trials (random grasps to rank by, two candidates, and as much for the winner), got ${budget}`,
    );
  const backbones = await availableBackbones();
  const scenario = { ...file, training: { ...file.training, seed, trials: budget } };
  const library = await libraryOf(scenario, note);
  const folder = request.out ? resolve(request.out) : freeFolder(`${name}-auto-s${seed}`);
  const start: AutoStart = {
    ...{ version: AUTO_VERSION, scenarioName: name, scenario, seed, budget, backbones: hashesOf(backbones) },
    ...{ engine: engine.name, physics: physics() },
    ...(library && { objectsHash: library.hash }),
  };
  createAutoFolder(folder, start);
  return { folder, start, backbones, library };
}

/** A search goes on with exactly what it was started with. @throws InputError if anything is no longer the same. */
export async function resumeAuto(
  request: Pick<AutoRequest, 'objects' | 'budget' | 'seed' | 'out'>,
  engine: Engine,
): Promise<PreparedAuto> {
  if (!request.out)
    throw new InputError('--resume: expected --out with the folder of the search to go on with, got none');
  const folder = resolve(request.out);
  const start = readAutoStart(folder);
  const backbones = (await availableBackbones()).filter(({ name }) => name in start.backbones);
  const now = hashesOf(backbones);
  for (const [name, hash] of Object.entries(start.backbones)) {
    if (now[name] !== hash)
      throw new InputError(`${folder}: expected backbone '${name}' with hash ${hash}, got ${now[name] ?? 'none'}`);
  }
  const library = await libraryOf(start.scenario, note);
  for (const [what, wanted, got] of [
    ['--budget', request.budget, start.budget],
    ['--seed', request.seed, start.seed],
    ['--objects', request.objects && resolve(request.objects), start.scenario.objects?.path],
    ['the engine', engine.name, start.engine],
    ['the physics', physics(), start.physics],
    ['the hash of the objects', library?.hash ?? (start.objectsHash && 'none'), start.objectsHash],
  ] as const) {
    if (wanted !== undefined && wanted !== got)
      throw new InputError(`${folder}: expected ${what} ${got ?? 'to be left out'} (the search's own), got ${wanted}`);
  }
  return { folder, start, backbones, library };
}

/**
 * Searches, unless that is done, and leaves the winner as an ordinary run in the same folder, to be trained to the end of the
 * budget by whoever goes on with it.
 * @throws Interrupted if the signal fires.
 */
export async function searchRun(
  { folder, start, backbones }: PreparedAuto,
  pool: TrialPool,
  engine: Engine,
  { quiet, signal }: Pick<AutoRequest, 'quiet' | 'signal'>,
): Promise<void> {
  if (isRun(folder)) return removeLeftovers(folder);
  const progress = startProgress('search', start.budget, quiet);
  try {
    const { scenario, seed, budget } = start;
    const { state, winner } = await searchCandidate({
      ...{ engine, pool, scenario, seed, budget, backbones, folder, signal },
      onRound: (done, text) => progress.update(done, text),
    });
    const config = runConfig(start, winner);
    const log = logHash(readTrials(folder, state.trials));
    winner.save(folder, state.trials, { run: runId(configText(config)), log });
    writeRunConfig(folder, config);
    removeLeftovers(folder);
    winner.dispose();
  } finally {
    progress.stop();
  }
}

/** The winner as a run: all that is left is training, so nothing is a random grasp by plan any more. */
function runConfig(
  { scenarioName, seed, engine, objectsHash }: AutoStart,
  { scenario, backbone }: { readonly scenario: RunConfig['scenario']; readonly backbone: Backbone },
): RunConfig {
  const { arm } = scenario.learner;
  return {
    ...{ version: RUN_VERSION, scenarioName, seed, arm, engine, physics: physics() },
    scenario: { ...scenario, training: { ...scenario.training, warmupTrials: 0 } },
    backbone: scenario.learner.backbone,
    backboneHash: backbone.hash,
    ...(objectsHash !== undefined && { objectsHash }),
  };
}

/** The story of a finished search, as its folder tells it. */
export function autoStory(folder: string): AutoStory {
  const { budget, scenario } = readAutoStart(folder);
  const state: AutoState = readAutoState(folder);
  const found = state.search;
  if (found?.standings.length !== 1)
    throw new InputError(`${folder}: expected a search that is over, got one with ${state.trials} trials so far`);
  const { rungs, ranking, standings } = found;
  const { graspsPerScene } = scenario.training;
  const plan = planAuto(budget, graspsPerScene, rungs[0]?.standings.length ?? 1);
  const shared = plan.sharedScenes * graspsPerScene;
  const ends = [shared, ...rungs.map((r) => r.trials)];
  const spent = { shared, rungs: rungs.map((r, i) => r.trials - ends[i]), winner: budget - state.trials };
  return { chosen: standings[0].candidate, plan, ranking, rungs, spent };
}

/**
 * `graft auto`: chooses backbone, taps and technique within the budget, trains the winner to its end, evaluates it like any
 * run, and writes why it was chosen.
 * @throws InputError for anything wrong with the request, before any trial; Interrupted when the signal fires.
 */
export async function runAuto(request: AutoRequest): Promise<AutoJson> {
  const started = performance.now();
  const engine = await loadEngine();
  await loadPhysics();
  const prepared = await (request.resume ? resumeAuto(request, engine) : prepareAuto(request, engine));
  const { folder, start, library } = prepared;
  const tell = (text: string): void => void (request.quiet || note(text));
  tell(`engine:   ${engine.description}`);
  tell(`run:      ${folder}`);
  const unlock = lockFolder(folder);
  const pool = createPool(request.workers, library);
  try {
    await searchRun(prepared, pool, engine, request);
  } finally {
    await pool.close();
    unlock();
  }
  const story = autoStory(folder);
  tell(`chosen:   ${candidateName(story.chosen)}\n`);
  const trained = await runTraining({ ...trainingRequest(request), scenario: start.scenarioName, out: folder });
  return conclude(request, start, story, trained, engine, (performance.now() - started) / 1000);
}

const trainingRequest = ({ workers, quiet, command, signal }: AutoRequest) => ({
  ...{ workers, quiet, command, signal },
  resume: true,
});

/** Writes auto.html and auto.json. */
function conclude(
  request: AutoRequest,
  start: AutoStart,
  story: AutoStory,
  trained: TrainingJson,
  engine: Engine,
  seconds: number,
): AutoJson {
  const { final, baselines, out, report, seed, weightsHash, logHash } = trained;
  const autoReport = join(out, 'auto.html');
  const facts = {
    ...{ command: request.command, scenario: start.scenarioName, seed, engine: engine.description },
    ...{ physics: physics(), versions: versions(), seconds },
  };
  writeAtomically(autoReport, autoReportHtml(story, facts, { ...final.success, trials: final.trials }));
  const result: AutoJson = {
    ...story,
    why: reasons(story),
    ...{ budget: start.budget, final, baselines, out, report, autoReport, seed, weightsHash, logHash, seconds },
  };
  writeAtomically(join(out, 'auto.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}
