/** Preparation of a training run: everything about a request is checked before the first trial. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Backbone, startHash } from '../../agent/backbones/own.ts';
import { type Regime, techniqueOf } from '../../agent/learner/regimes.ts';
import { RUN_VERSION } from '../../agent/policy/model-file.ts';
import { PHYSICS_ENGINE, physicsVersion } from '../../sim/physics.ts';
import type { LiveView } from '../../sim/recording/live-view.ts';
import type { Machines } from '../experiments/train/asked-pool.ts';
import { backboneOf, InputError, loadScenario, withObjects, withTaps } from '../load.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import { libraryOf } from '../objects/read.ts';
import type { RecordRequest } from '../recordings/record.ts';
import type { Scenario } from '../schema/schema.ts';
import { note } from '../terminal/notes.ts';
import { createRunFolder, type RunConfig, readRunConfig } from './run-folder.ts';

export interface TrainingRequest extends Machines {
  readonly scenario: string;
  /** Folder or file of objects, in place of the scenario's own. */
  readonly objects?: string;
  readonly trials?: number;
  readonly seed?: number;
  readonly arm?: Regime;
  readonly out?: string;
  readonly resume: boolean;
  readonly workers: number;
  readonly quiet: boolean;
  readonly command: string;
  readonly view?: LiveView;
  readonly record?: RecordRequest;
  readonly signal: AbortSignal;
}

/** Everything a run needs, checked before the first trial. */
export interface Prepared {
  readonly name: string;
  readonly scenario: Scenario;
  readonly arm: Regime;
  readonly seed: number;
  readonly trials: number;
  readonly folder: string;
  readonly backbone: Backbone;
  readonly library: ObjectLibrary | undefined;
}

/** A folder under runs/ that does not exist yet. */
export function freeFolder(base: string): string {
  let folder = resolve('runs', base);
  for (let n = 2; existsSync(folder); n++) folder = resolve('runs', `${base}-${n}`);
  return folder;
}

/** Checks everything about a request and makes the run folder. @throws InputError before anything is written. */
export async function prepare(request: TrainingRequest, engine: string): Promise<Prepared> {
  if (request.resume) return prepareResume(request, engine);
  const { name, scenario: named } = loadScenario(request.scenario);
  const file = withObjects(named, request.objects);
  const { arm = file.learner.arm, seed = file.training.seed, trials = file.training.trials } = request;
  const backbone = await backboneOf(file, [arm]);
  // as it will be run, so that --resume has the same budget and reads the same layers
  const scenario: Scenario = withTaps(
    {
      ...file,
      learner: { ...file.learner, arm, technique: techniqueOf(arm, file.learner) },
      training: { ...file.training, seed, trials },
    },
    backbone,
  );
  const folder = request.out ? resolve(request.out) : freeFolder(`${name}-${arm}-s${seed}`);
  const library = await libraryOf(scenario, note);
  createRunFolder(folder, {
    version: RUN_VERSION,
    scenarioName: name,
    scenario,
    seed,
    arm,
    backbone: scenario.learner.backbone,
    backboneHash: backbone.hash,
    startHash: startHash(backbone),
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
  const backbone = await backboneOf(config.scenario, [config.arm]);
  if (config.startHash !== undefined && config.startHash !== startHash(backbone)) {
    throw new InputError(
      `${folder}: expected backbone '${config.backbone}' with a head that makes hash ${config.startHash}, got ${startHash(backbone)}`,
    );
  }
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
  const library = await libraryOf(scenario, note);
  if (library?.hash !== objectsHash)
    throw new InputError(
      `${own}: expected the objects that the run was started with, got changed ones; results would differ`,
    );
  return library;
}
