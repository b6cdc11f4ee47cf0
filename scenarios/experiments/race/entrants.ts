/** Entrants: the arms of a race as runs in its folder, checked before the first trial. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { FixedPolicyName } from '../../../agent/policy/names.ts';
import type { RaceView } from '../../../sim/recording/race.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { backboneOf, InputError, loadScenario, withObjects } from '../../load.ts';
import { freeFolder, type Prepared, prepare, type TrainingRequest } from '../../run/prepare.ts';
import { checkUnused, isRun } from '../../run/run-folder.ts';
import type { RecordRule } from '../../trials/record-rule.ts';
import { HEURISTICS, isRegime, RACE_ARMS } from './arms.ts';

/** What the command line asks for. */
export interface RaceRequest extends Omit<TrainingRequest, 'arm' | 'view' | 'record'> {
  readonly arms: readonly string[];
  /** Whether the arms were named, or are those that race by default. */
  readonly armsGiven: boolean;
  readonly view?: RaceView;
  readonly record?: RecordRule;
}

/** What makes a folder that of a race. */
export const RACE_FILE = 'race.json';

const raceSchema = z.strictObject({
  version: z.literal(1),
  scenarioName: z.string(),
  arms: z.array(z.enum(RACE_ARMS as [string, ...string[]])).min(2),
  seed: z.number().int().min(0),
  trials: z.number().int().min(1),
});
type RaceConfig = Readonly<z.infer<typeof raceSchema>>;

/** One arm: a run of its own; a heuristic has a folder for its log and recording, and plays the scenario of the others. */
export interface Entrant {
  readonly name: string;
  readonly folder: string;
  /** Of an arm that learns. */
  readonly run?: Prepared;
  /** Of one that does not. */
  readonly policy?: FixedPolicyName;
}

/** A race that is ready to begin. */
export interface PreparedRace {
  readonly folder: string;
  readonly entrants: readonly Entrant[];
  /** The first arm that learns: whose scenario, seed and objects are those of all. */
  readonly first: Prepared;
  readonly trials: number;
}

/** Checks everything about a request and makes the folders. @throws InputError before anything is written. */
export async function prepareRace(request: RaceRequest, engine: string): Promise<PreparedRace> {
  const { folder, config } = request.resume ? oldRace(request) : await newRace(request);
  const { arms, seed, trials } = config;
  const entrants: Entrant[] = [];
  for (const name of arms) {
    const own = join(folder, name);
    if (isRegime(name))
      entrants.push({ name, folder: own, run: await runOf(request, { name, own, seed, trials }, engine) });
    else {
      writingTo(own, () => void mkdirSync(own, { recursive: true }));
      entrants.push({ name, folder: own, policy: HEURISTICS[name] });
    }
  }
  return { folder, entrants, first: entrants.find(({ run }) => run)!.run!, trials };
}

/** The run of an arm that learns: begun, or gone on with. */
function runOf(
  { view: _view, record: _record, ...request }: RaceRequest,
  { name, own, seed, trials }: { name: string; own: string; seed: number; trials: number },
  engine: string,
): Promise<Prepared> {
  if (!isRegime(name)) throw new Error(`race: expected an arm that learns, got '${name}'`);
  // a race that was interrupted while it was made has not begun all of them
  const resume = request.resume && isRun(own);
  return prepare({ ...request, arm: name, seed, trials, out: own, resume }, engine);
}

async function newRace({
  arms,
  out,
  objects,
  ...request
}: RaceRequest): Promise<{ folder: string; config: RaceConfig }> {
  const { name, scenario } = loadScenario(request.scenario);
  const { seed = scenario.training.seed, trials = scenario.training.trials } = request;
  const learners = arms.filter(isRegime);
  if (learners.length === 0)
    throw new InputError(
      `--arms: expected at least one that learns, got ${arms.join(', ')}; compare those by evaluate`,
    );
  await backboneOf(withObjects(scenario, objects), learners);
  const folder = out === undefined ? freeFolder(`${name}-race-s${seed}`) : resolve(out);
  checkUnused(folder);
  const config: RaceConfig = { version: 1, scenarioName: name, arms: [...arms], seed, trials };
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    writeAtomically(join(folder, RACE_FILE), `${JSON.stringify(config, null, 2)}\n`);
  });
  return { folder, config };
}

/** A race goes on with exactly what it was started with; only the number of trials may be another. */
function oldRace({ out, arms, armsGiven, seed, trials }: RaceRequest): { folder: string; config: RaceConfig } {
  if (out === undefined)
    throw new InputError('--resume: expected --out with the folder of the race to go on with, got none');
  const folder = resolve(out);
  const config = readRace(join(folder, RACE_FILE), folder);
  for (const [key, wanted, own] of [
    ['--arms', armsGiven ? arms.join(',') : undefined, config.arms.join(',')],
    ['--seed', seed, config.seed],
  ] as const)
    if (wanted !== undefined && wanted !== own)
      throw new InputError(`${folder}: expected ${key} ${own} (the race's own), got ${wanted}`);
  return { folder, config: { ...config, trials: trials ?? config.trials } };
}

/** Reads what a race was started with. @throws InputError if there is none, or it is damaged. */
export function readRace(path: string, folder: string): RaceConfig {
  if (!existsSync(path)) throw new InputError(`${folder}: expected a race's folder with ${RACE_FILE}, got none`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(`${path}: expected JSON, got: ${(error as Error).message}`);
  }
  const checked = raceSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [{ path: key, message }] = checked.error.issues;
  throw new InputError(`${path}: expected a sound race, got a damaged one: ${key.join('.')}: ${message}`);
}
