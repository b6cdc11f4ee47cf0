/** Training of a race: every arm in its turn, on the same scenes. */
import { join } from 'node:path';
import type { Engine } from '../../../agent/engine/engine.ts';
import type { Model } from '../../../agent/network/model.ts';
import type { LiveView } from '../../../sim/recording/live-view.ts';
import { append, writeAtomically } from '../../files.ts';
import type { RunRecording } from '../../recordings/record.ts';
import { publish, trainShown } from '../../run/shown.ts';
import type { TrainOutcome } from '../../run/train.ts';
import type { Scenario } from '../../schema/schema.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { roundScenes } from '../../training/round.ts';
import type { SceneJob, TrialRecord } from '../../trials/job.ts';
import type { TrialPool } from '../../workers/pool.ts';
import type { Entrant, PreparedRace } from './entrants.ts';
import { createTurns, type Turns } from './turns.ts';

/** Weights of a moment, and what they took. */
export interface RacePoint {
  readonly trials: number;
  readonly model: Model;
  readonly trainSeconds: number;
  readonly updateSeconds: number;
  readonly updates: number;
}

/** An entrant while it races. */
export interface Racer extends Entrant {
  readonly view: LiveView;
  readonly recording: RunRecording | undefined;
}

/** What became of an arm. */
export interface Raced {
  /** Of an arm that learns. */
  readonly outcome?: TrainOutcome;
  readonly records: readonly TrialRecord[];
  readonly seconds: number;
  /** Of an arm that learns, at each of `budgetsOf` but the last. */
  readonly points: readonly RacePoint[];
}

interface RaceTraining {
  readonly engine: Engine;
  readonly pool: TrialPool;
  readonly race: PreparedRace;
  readonly resume: boolean;
  readonly signal: AbortSignal;
  /** After each turn: the trials of the arm, and the seconds of each. */
  readonly onTurn: (arm: number, done: number, seconds: readonly number[]) => void;
}

/** Shares of the trials at which weights are kept for the curve of the report. */
const SHARES = [1 / 8, 1 / 4, 1 / 2];

/**
 * Trials after which the weights of that moment are judged, ascending, the last being all. They are ends of rounds, so that
 * keeping weights changes nothing.
 */
export function budgetsOf({ training: { scenesPerRound, graspsPerScene } }: Scenario, trials: number): number[] {
  const round = scenesPerRound * graspsPerScene;
  const ends = SHARES.map((share) => Math.max(Math.round((share * trials) / round), 1) * round);
  return [...new Set([...ends.filter((end) => end < trials), trials])].sort((a, b) => a - b);
}

/**
 * Does something for each arm, all at once, each in its turns.
 * @throws the first failure, once every arm has ended; the others are told by the signal that is given.
 */
export async function inTurns<T>(
  count: number,
  signal: AbortSignal,
  race: (arm: number, turns: Turns, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly results: T[]; readonly turns: Turns }> {
  const turns = createTurns(count);
  const broken = new AbortController();
  const either = AbortSignal.any([signal, broken.signal]);
  const one = async (arm: number): Promise<T> => {
    try {
      await turns.take(arm, 0);
      return await race(arm, turns, either);
    } catch (error) {
      broken.abort();
      throw error;
    } finally {
      turns.leave(arm);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, (_, arm) => one(arm)));
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((error) => !(error instanceof Interrupted)) ?? failures[0];
  return { results: ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : [])), turns };
}

/** Trains every arm. @throws Interrupted if the signal fires; every run is saved. */
export async function trainRace(training: RaceTraining, racers: readonly Racer[]): Promise<Raced[]> {
  const { results } = await inTurns(racers.length, training.signal, async (arm, turns, signal) => {
    const racer = racers[arm];
    const next = (done: number): Promise<void> => {
      training.onTurn(
        arm,
        done,
        racers.map((_, i) => turns.secondsOf(i)),
      );
      return turns.take(arm, done);
    };
    const points: RacePoint[] = [];
    const seconds = (): number => turns.secondsOf(arm);
    const { run } = racer;
    if (!run) return { records: await playFixed(training, racer, signal, next), points, seconds: seconds() };
    const { pool, race, engine, resume } = training;
    const outcome = await trainShown(
      engine,
      { run, pool, quiet: true, signal, view: racer.view, recording: racer.recording },
      {
        resume,
        snapshotsAt: budgetsOf(run.scenario, race.trials).slice(0, -1),
        onSnapshot: (point) => void points.push({ ...point, trainSeconds: seconds() }),
        onRound: next,
      },
    );
    return { outcome, records: outcome.records, points, seconds: seconds() };
  });
  return results;
}

/** Tries the grasps of a heuristic on the training scenes, round by round; from the first one on, whatever was played before. */
async function playFixed(
  { pool, race: { first, trials } }: RaceTraining,
  { folder, policy, view, recording }: Racer,
  signal: AbortSignal,
  next: (done: number) => Promise<void>,
): Promise<TrialRecord[]> {
  const { scenario, seed } = first;
  const log = join(folder, 'trials.jsonl');
  writeAtomically(log, '');
  const records: TrialRecord[] = [];
  while (records.length < trials) {
    if (signal.aborted) throw new Interrupted(`race interrupted after ${records.length} trials of ${policy}`);
    const record = view.wantsEpisode();
    const jobs = roundScenes(scenario, records.length, trials).map(
      (scene, i): SceneJob => ({
        ...{ scenario, seed, split: 'training', ...scene, policy: { kind: 'fixed', name: policy! }, picture: false },
        ...(scenario.training.rounds && { clutter: 'rounds' }),
        record: record && i === 0,
        ...(recording && { recordRule: recording.rule }),
      }),
    );
    const outputs = (await pool.run(jobs)).flat();
    records.push(...outputs.map((output) => output.record));
    append(log, outputs.map((output) => `${JSON.stringify(output.record)}\n`).join(''));
    for (const output of outputs) {
      recording?.add(output);
      publish(view, 'training', output);
    }
    await next(records.length);
  }
  return records;
}
