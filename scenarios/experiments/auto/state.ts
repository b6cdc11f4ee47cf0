/** State of a search: what its folder keeps, and how it is written and read. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writingTo } from '../../files.ts';
import { InputError } from '../../load.ts';
import { checkUnused } from '../../run/run-folder.ts';
import { scenarioSchema } from '../../schema/schema.ts';
import type { Candidate, Ranked } from './candidates.ts';
import { removeMaps } from './experience.ts';
import type { CandidateLearner } from './learner.ts';

/** Version of a search folder; one of another version is refused. */
export const AUTO_VERSION = 1;

const startSchema = z.object({
  version: z.literal(AUTO_VERSION),
  scenarioName: z.string(),
  scenario: scenarioSchema,
  seed: z.number().int().min(0),
  budget: z.number().int().min(1),
  /** Hash of every backbone that takes part, by name. */
  backbones: z.record(z.string(), z.string()),
  engine: z.string(),
  physics: z.string(),
  objectsHash: z.string().optional(),
});

/** What a search was started with: written first, never changed. */
export type AutoStart = Readonly<z.infer<typeof startSchema>>;

/** How a candidate that is still in stands. */
export interface Standing {
  readonly candidate: Candidate;
  /** Its predictions, one a trial since the shared ones, each made before it learned of the trial. */
  readonly logits: number[];
  /** Grasps that it chose itself while exploring, and how many of them held. */
  tried: number;
  held: number;
}

/** How a candidate stood at the end of a rung. */
export interface Judged extends Omit<Standing, 'logits'> {
  /** Loss of its predictions after calibration, nats a trial: what decides. */
  readonly loss: number;
  /** The same as they were. */
  readonly rawLoss: number;
}

/** A rung that is over. */
export interface RungResult {
  /** Trials of the whole search at its end. */
  readonly trials: number;
  /** Trials that each survivor had predicted. */
  readonly predicted: number;
  /** Best first. */
  readonly standings: readonly Judged[];
  /** How many of them went on. */
  readonly kept: number;
}

/** Where a search is. Plain JSON, so that going on from it is the same as never having stopped. */
export interface AutoState {
  trials: number;
  scenes: number;
  /** Null while the shared trials are being collected. */
  search: {
    readonly ranking: readonly Ranked[];
    /** Those that are still in, in the order of the ranking. */
    standings: Standing[];
    /** Whether the predicted trials held. */
    readonly outcomes: boolean[];
    rungs: RungResult[];
    /** Scenes that each survivor has explored in this rung. */
    explored: number;
  } | null;
}

const FILES = { start: 'auto-start.json', state: 'state.json' };
const SEARCH = 'search';

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(`${path}: expected JSON, got: ${error instanceof Error ? error.message : error}`);
  }
}

/** Makes the folder of a new search. @throws InputError if there is something in it, or it cannot be written. */
export function createAutoFolder(folder: string, start: AutoStart): void {
  checkUnused(folder);
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    writeAtomically(join(folder, FILES.start), `${JSON.stringify(start, null, 2)}\n`);
  });
}

/** Reads what a search was started with. @throws InputError if the folder is none, damaged, or of another version. */
export function readAutoStart(folder: string): AutoStart {
  const path = join(folder, FILES.start);
  if (!existsSync(path))
    throw new InputError(`${folder}: expected the folder of a search with ${FILES.start}, got none`);
  const checked = startSchema.safeParse(readJson(path));
  if (checked.success) return checked.data;
  const [{ path: key, message }] = checked.error.issues;
  throw new InputError(`${path}: expected a search of version ${AUTO_VERSION}, got: ${key.join('.')}: ${message}`);
}

const list = z.array(z.unknown());

/** The outline of a state: what graft wrote whole is whole, so the rest is taken as it is. */
const stateOutline = z.object({
  ...{ trials: z.number().int().min(0), scenes: z.number().int().min(0) },
  search: z.object({ ranking: list, standings: list, outcomes: list, rungs: list, explored: z.number() }).nullable(),
});

/** Where a search stopped. A new one is at its beginning. @throws InputError if the file is damaged. */
export function readAutoState(folder: string): AutoState {
  const path = join(folder, SEARCH, FILES.state);
  if (!existsSync(path)) return { trials: 0, scenes: 0, search: null };
  const value = readJson(path);
  const checked = stateOutline.safeParse(value);
  if (checked.success) return value as AutoState;
  const [{ path: key, message }] = checked.error.issues;
  throw new InputError(`${path}: expected the state of a search, got: ${key.join('.') || '(top level)'}: ${message}`);
}

/** Name of the folder of a state's checkpoints: a rung's end is another state after as many trials, of fewer survivors. */
const survivorsOf = ({ trials, search }: AutoState): string => `after-${trials}-rungs-${search?.rungs.length ?? 0}`;

/** Folder of a survivor's checkpoint. */
export const survivorFolder = (folder: string, state: AutoState, index: number): string =>
  join(folder, SEARCH, survivorsOf(state), String(index));

/**
 * Saves a search: the survivors' checkpoints go into a folder of their own first, then the state that names it, so that a
 * crash at any moment leaves one whole state.
 */
export function saveAuto(folder: string, state: AutoState, learners: readonly CandidateLearner[]): void {
  mkdirSync(join(folder, SEARCH), { recursive: true });
  learners.forEach((learner, i) => {
    const to = survivorFolder(folder, state, i);
    mkdirSync(to, { recursive: true });
    learner.save(to, state.trials);
  });
  writeAtomically(join(folder, SEARCH, FILES.state), `${JSON.stringify(state)}\n`);
  for (const entry of readdirSync(join(folder, SEARCH))) {
    if (entry.startsWith('after-') && entry !== survivorsOf(state))
      rmSync(join(folder, SEARCH, entry), { recursive: true, force: true });
  }
}

/** Takes away what only the search needs, once the winner's run goes on by itself; the state stays, for the report. */
export function removeLeftovers(folder: string): void {
  removeMaps(folder);
  for (const entry of readdirSync(join(folder, SEARCH)))
    if (entry.startsWith('after-')) rmSync(join(folder, SEARCH, entry), { recursive: true, force: true });
}
