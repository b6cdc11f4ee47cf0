import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { ObjectLibrary } from '../../objects/library.ts';
import { startProgress } from '../../progress.ts';
import { Interrupted } from '../../run/evaluate.ts';
import { estimateUnit, stepsOf } from './estimate.ts';
import type { Measured } from './measure.ts';
import type { Setting, Unit } from './plan.ts';
import type { UnitAnswer, UnitTask } from './unit-worker.ts';

export interface ScheduleOptions {
  readonly units: readonly Unit[];
  readonly settingOf: (unit: Unit) => Setting;
  /** Units measured at once, each in a thread of its own. */
  readonly workers: number;
  readonly library?: ObjectLibrary;
  /** No unit is started after this many minutes. */
  readonly maxMinutes?: number;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  /** Called with each finished unit. */
  readonly onDone: (unit: Unit, measured: Measured) => void;
}

/** A unit that could not be measured. */
export interface FailedUnit {
  readonly unit: Unit;
  /** Which settings fit no scene. */
  readonly reason: string;
}

interface Running {
  readonly unit: Unit;
  readonly steps: Int32Array;
}

/** Milliseconds between two looks at the counters. */
const LOOK_EVERY_MS = 1000;

/** Progress is counted in hundreds of units of estimated work, so that a slow arm counts for more. */
const WORK = 1000;

const shared = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

/**
 * Measures units, a thread each at a time. Results do not depend on the number of threads.
 * @returns units for which no scene was found; the others are measured all the same.
 * @throws Interrupted if the signal fires: units on their way are dropped, finished ones were handed out.
 */
export async function runUnits(options: ScheduleOptions): Promise<readonly FailedUnit[]> {
  const { units, settingOf, workers, quiet, signal, maxMinutes = Number.POSITIVE_INFINITY } = options;
  if (units.length === 0) return [];
  const threads = Math.min(workers, units.length);
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./unit-entry.js', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData: options.library,
  });
  const stop = shared();
  const onAbort = (): void => void Atomics.store(stop, 0, 1);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  const started = performance.now();
  const work = new Map(units.map((unit) => [unit, estimateUnit(settingOf(unit)).total]));
  const running = new Set<Running>();
  const failed: FailedUnit[] = [];
  let [next, done, doneWork] = [0, 0, 0];
  const total = [...work.values()].reduce((a, b) => a + b, 0);
  const progress = startProgress('bench transfer', WORK, quiet);
  const show = (note = ''): void => {
    const partly = [...running].reduce((sum, r) => sum + work.get(r.unit)! * share(r, settingOf(r.unit)), 0);
    const names = [...running].map(({ unit: u }) => `${u.target}/${u.arm} ${u.seed}`).join(', ');
    progress.update(
      Math.floor((WORK * (doneWork + partly)) / total),
      `${done} of ${units.length} units; ${note || names}`,
    );
  };
  const timer = setInterval(show, LOOK_EVERY_MS);
  const thread = async (): Promise<void> => {
    while (next < units.length && !signal.aborted && performance.now() - started < 60_000 * maxMinutes) {
      const unit = units[next++];
      const current = { unit, steps: shared() };
      running.add(current);
      const task: UnitTask = { unit, setting: settingOf(unit), stop, steps: current.steps };
      const answer: UnitAnswer = await pool.run(task);
      running.delete(current);
      if ('interrupted' in answer) return;
      if ('noScene' in answer) failed.push({ unit, reason: answer.noScene });
      else options.onDone(unit, answer);
      done++;
      doneWork += work.get(unit)!;
      show();
    }
  };
  try {
    const ends = await Promise.allSettled(
      Array.from({ length: threads }, () =>
        thread().catch((error) => {
          // the other threads end at their next trial
          onAbort();
          throw error;
        }),
      ),
    );
    const broken = ends.find((end) => end.status === 'rejected');
    if (broken) throw broken.reason;
    if (signal.aborted)
      throw new Interrupted(`benchmark interrupted after ${done} of ${units.length} units; the same command goes on`);
    return failed;
  } finally {
    clearInterval(timer);
    progress.stop();
    signal.removeEventListener('abort', onAbort);
    await pool.destroy();
  }
}

/** How far a unit has come, 0..1. */
function share({ steps }: Running, setting: Setting): number {
  const { training, evaluation, rounds } = stepsOf(setting);
  return Math.min(Atomics.load(steps, 0) / (training + evaluation + rounds), 1);
}
