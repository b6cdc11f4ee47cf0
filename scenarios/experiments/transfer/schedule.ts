/** Schedule of a transfer benchmark: missing units, on worker threads or wherever else. */
import { SceneError } from '../../../sim/scene.ts';
import { ExternalError } from '../../external/error.ts';
import { endingPrograms } from '../../external/programs.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { startThreads } from '../../workers/threads.ts';
import { LostUnit, type Results } from '../experiment.ts';
import { startWork } from './estimate.ts';
import type { Measured } from './measure.ts';
import type { Setting, Unit } from './plan.ts';
import type { RawResult } from './raw.ts';
import type { UnitTask } from './unit-worker.ts';

/** Whoever measures units: threads of this process, or machines at a queue. Whoever opens it closes it. */
export interface UnitRunner {
  /** Units on their way at once. */
  readonly lanes: number;
  /**
   * @param steps shared: [0] counts the unit's steps.
   * @param ended fires if there is nobody left to use the result.
   * @throws SceneError, ExternalError or LostUnit if the unit cannot be measured; Interrupted once `ended` fires.
   */
  readonly run: (unit: Unit, setting: Setting, steps: Int32Array, ended: AbortSignal) => Promise<Measured>;
  readonly close: () => Promise<void>;
}

/** Threads that measure units, one at a time each. */
export function threadRunner(lanes: number, library: ObjectLibrary | undefined): UnitRunner {
  const threads = startThreads<UnitTask, Measured>(new URL('./unit-entry.js', import.meta.url), lanes, library);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  return {
    lanes,
    run: async (unit, setting, steps, ended) => {
      const onEnd = (): void => void Atomics.store(stop, 0, 1);
      ended.addEventListener('abort', onEnd);
      if (ended.aborted) onEnd();
      try {
        return await threads.run({ unit, setting, steps, stop });
      } finally {
        ended.removeEventListener('abort', onEnd);
      }
    },
    close: threads.close,
  };
}

export interface ScheduleOptions {
  readonly units: readonly Unit[];
  readonly settingOf: (unit: Unit) => Setting;
  /** Units measured at once, each in a thread of its own. */
  readonly workers: number;
  readonly library?: ObjectLibrary;
  /** Opens who measures in place of threads, if anything is missing. */
  readonly open?: () => Promise<UnitRunner>;
  /** Whether it is too late to start another unit. */
  readonly late?: () => boolean;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  /** What is kept of a unit. */
  readonly resultOf: (unit: Unit, measured: Measured) => RawResult;
}

/** A unit that could not be measured. */
export interface FailedUnit {
  readonly unit: Unit;
  /** Which settings fit no scene, or what became of the external arm. */
  readonly error: SceneError | ExternalError | LostUnit;
}

/**
 * Measures the units that have no result, a thread each at a time. Results do not depend on the number of threads.
 * @returns units for which no scene was found, or whose external arm broke, or that every machine lost; the others are measured all the same.
 * @throws Interrupted if the signal fires: units on their way are dropped, finished ones are stored.
 */
export async function measureUnits(
  results: Results<Unit, RawResult>,
  { units: all, settingOf, workers, library, open, late, quiet, signal, resultOf }: ScheduleOptions,
): Promise<readonly FailedUnit[]> {
  const units = all.filter((unit) => !results.of(unit));
  if (units.length === 0) return [];
  const runner = open ? await open() : threadRunner(Math.min(workers, units.length), library);
  const work = startWork(units, settingOf, quiet);
  const failed: FailedUnit[] = [];
  const measure = async (unit: Unit, ended: AbortSignal): Promise<RawResult | undefined> => {
    try {
      const measured = await runner.run(unit, settingOf(unit), work.begin(unit), ended);
      work.end(unit);
      return resultOf(unit, measured);
    } catch (error) {
      if (error instanceof Interrupted) return undefined;
      // an arm that breaks costs no other its results
      if (!(error instanceof SceneError || error instanceof ExternalError || error instanceof LostUnit)) throw error;
      work.end(unit);
      failed.push({ unit, error });
      return undefined;
    }
  };
  try {
    const measureAll = () => results.measure({ units, lanes: runner.lanes, ...(late && { late }), signal, measure });
    await (units.some((unit) => settingOf(unit).entry.kind === 'external') ? endingPrograms(measureAll) : measureAll());
    return failed;
  } finally {
    work.stop();
    await runner.close();
  }
}
