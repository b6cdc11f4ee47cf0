/** Shared race: what the folder of a race gives to a page that is sent on. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { SharedRace } from '../../sim/recording/race.ts';
import { RACE_FILE, readRace } from '../experiments/race/entrants.ts';
import { InputError } from '../load.ts';
import { isRun, readTrials } from '../run/run-folder.ts';
import { hasRecording, type SharedRunRequest, type Sharing, sharedRun } from './shared-run.ts';

/** Whether a folder is that of a race. */
export const isRace = (folder: string): boolean => existsSync(join(folder, RACE_FILE));

/** A race that can be sent on, and what there is to say of it. */
export interface RaceSharing extends SharedRace {
  /** Trials of each arm that go along. */
  readonly taken: number;
  readonly notes: readonly string[];
}

/** Trials that go along unless told otherwise, of all arms together. */
const TRIALS = 160;

const share = z.number().min(0).max(1);
const resultSchema = z.object({
  verdict: z.string(),
  arms: z.record(z.string(), z.object({ success: z.object({ rate: share }), seconds: z.number().min(0) })),
});

/** What is asked for. */
export interface SharedRaceRequest extends SharedRunRequest {
  /** Takes along all trials that were recorded, unless told otherwise. */
  readonly whole?: boolean;
}

/** Reads a race. @throws InputError if it is not finished, or fewer than two of its arms can be shown. */
export async function sharedRace({ from, trials, whole, watch }: SharedRaceRequest): Promise<RaceSharing> {
  const folder = resolve(from);
  const { scenarioName, seed, trials: planned, arms: names } = readRace(join(folder, RACE_FILE), folder);
  const { verdict, arms: results } = resultOf(folder);
  const shown = names.filter((name) => isRun(join(folder, name)) || hasRecording(join(folder, name)));
  if (shown.length < 2)
    throw new InputError(
      `${from}: expected at least two arms that learn or were recorded, got ${shown.join(', ') || 'none'}`,
    );
  const each = trials ?? (whole ? undefined : Math.floor(TRIALS / shown.length));
  const runs: Sharing[] = [];
  for (const name of shown) runs.push(await sharedRun({ from: sourceOf(join(folder, name)), trials: each, watch }));
  const report = join(folder, 'report.html');
  const without = names.filter((name) => !shown.includes(name));
  return {
    title: `${shown.join(' against ')} on ${scenarioName}, seed ${seed}`,
    description: verdict,
    ...(existsSync(report) && { report }),
    info: { scenario: scenarioName, seed, trialsPlanned: planned, verdict },
    arms: shown.map((name, i) => ({
      name,
      seconds: results[name]?.seconds ?? 0,
      training: readTrials(join(folder, name)).map(({ trial, families, outcome, probability }) => ({
        ...{ trial, split: 'training', families, outcome, probability },
      })),
      ...(results[name] && { unseen: results[name].success.rate }),
      record: runs[i].record,
    })),
    taken: Math.max(...runs.map(({ taken }) => taken)),
    notes: [
      ...runs.flatMap(({ notes }) => notes),
      ...without.map((name) => `${name} is left out: it does not learn and was not recorded; race with --record all`),
    ],
  };
}

/** The run of an arm that learns, or the recording of one that does not. */
const sourceOf = (arm: string): string =>
  isRun(arm) ? arm : join(arm, readdirSync(arm).find((name) => name.endsWith('.mcap'))!);

function resultOf(folder: string): z.infer<typeof resultSchema> {
  const path = join(folder, 'result.json');
  if (!existsSync(path))
    throw new InputError(
      `${folder}: expected a race that is over, got one without result.json; graft race --resume --out goes on`,
    );
  try {
    return resultSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new InputError(`${path}: expected the result of a race by this version, got a damaged or another one`);
  }
}
