/** Schedule of a transfer benchmark: missing units on worker threads. */
import { SceneError } from '../../../sim/scene.ts';
import { ExternalError } from '../../external/error.ts';
import { endingPrograms } from '../../external/programs.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { startThreads } from '../../workers/threads.ts';
import type { Results } from '../experiment.ts';
import { startWork } from './estimate.ts';
import type { Measured } from './measure.ts';
import type { Setting, Unit } from './plan.ts';
import type { RawResult } from './raw.ts';
import type { UnitTask } from './unit-worker.ts';

export interface ScheduleOptions {
  readonly units: readonly Unit[];
  readonly settingOf: (unit: Unit) => Setting;
  /** Units measured at once, each in a thread of its own. */
  readonly workers: number;
  readonly library?: ObjectLibrary;
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
  readonly error: SceneError | ExternalError;
}

/**
 * Measures the units that have no result, a thread each at a time. Results do not depend on the number of threads.
 * @returns units for which no scene was found, or whose external arm broke; the others are measured all the same.
 * @throws Interrupted if the signal fires: units on their way are dropped, finished ones are stored.
 */
export async function measureUnits(
  results: Results<Unit, RawResult>,
  { units: all, settingOf, workers, library, late, quiet, signal, resultOf }: ScheduleOptions,
): Promise<readonly FailedUnit[]> {
  const units = all.filter((unit) => !results.of(unit));
  if (units.length === 0) return [];
  const lanes = Math.min(workers, units.length);
  const entry = new URL('./unit-entry.js', import.meta.url);
  const threads = startThreads<UnitTask, Measured>(entry, lanes, library);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const work = startWork(units, settingOf, quiet);
  const failed: FailedUnit[] = [];
  const measure = async (unit: Unit, ended: AbortSignal): Promise<RawResult | undefined> => {
    const onEnd = (): void => void Atomics.store(stop, 0, 1);
    ended.addEventListener('abort', onEnd);
    if (ended.aborted) onEnd();
    try {
      const measured = await threads.run({ unit, setting: settingOf(unit), steps: work.begin(unit), stop });
      work.end(unit);
      return resultOf(unit, measured);
    } catch (error) {
      if (error instanceof Interrupted) return undefined;
      // an arm that breaks costs no other its results
      if (!(error instanceof SceneError || error instanceof ExternalError)) throw error;
      work.end(unit);
      failed.push({ unit, error });
      return undefined;
    } finally {
      ended.removeEventListener('abort', onEnd);
    }
  };
  try {
    const measureAll = () => results.measure({ units, lanes, ...(late && { late }), signal, measure });
    await (units.some((unit) => settingOf(unit).entry.kind === 'external') ? endingPrograms(measureAll) : measureAll());
    return failed;
  } finally {
    work.stop();
    await threads.close();
  }
}
