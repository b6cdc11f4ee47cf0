/** Measurement of the missing units of an experiment, on worker threads or wherever else. */
import { SceneError } from '../../../sim/scene.ts';
import { ExternalError } from '../../external/error.ts';
import type { ObjectLibrary } from '../../objects/library.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { LostUnit, type Results } from '../experiment.ts';
import type { Found, KindName } from './kind.ts';
import { threadRunner, type UnitRunner } from './runner.ts';
import { startWork, type WorkShown, watchWork } from './work.ts';

export interface UnitsOptions<Unit, Setting, Measured, Result> {
  readonly kind: KindName;
  readonly units: readonly Unit[];
  readonly settingOf: (unit: Unit) => Setting;
  /** Units measured at once, each in a thread of its own. */
  readonly workers: number;
  readonly library?: ObjectLibrary | undefined;
  /** Opens who measures in place of threads, if anything is missing. */
  readonly open?: (() => Promise<UnitRunner<Unit, Setting, Measured>>) | undefined;
  /** Whether it is too late to start another unit. */
  readonly late?: (() => boolean) | undefined;
  readonly shown: WorkShown<Unit>;
  readonly signal: AbortSignal;
  /** What is kept of a unit. */
  readonly resultOf: (unit: Unit, found: Found<Measured>) => Result;
}

/** A unit that could not be measured. */
export interface FailedUnit<Unit> {
  readonly unit: Unit;
  /** Which settings fit no scene, or what became of the external arm. */
  readonly error: SceneError | ExternalError | LostUnit;
}

/**
 * Measures the units that have no result, a thread each at a time. Results do not depend on the number of threads.
 * @returns units for which no scene was found, or whose external arm broke, or that every machine lost; the others are measured all the same.
 * @throws Interrupted if the signal fires: units on their way are dropped, finished ones are stored.
 */
export async function measureUnits<Unit, Setting, Measured, Result>(
  results: Results<Unit, Result>,
  options: UnitsOptions<Unit, Setting, Measured, Result>,
): Promise<readonly FailedUnit<Unit>[]> {
  const { kind, settingOf, workers, library, open, late, shown, signal, resultOf } = options;
  const units = options.units.filter((unit) => !results.of(unit));
  const watched = watchWork(options.units, new Set(units), shown);
  if (units.length === 0 || late?.()) {
    watched.observer.end();
    return [];
  }
  const runner = open
    ? await open()
    : threadRunner<Unit, Setting, Measured>(kind, Math.min(workers, units.length), library);
  const work = startWork(watched, shown);
  runner.watch(work.watcher);
  const failed: FailedUnit<Unit>[] = [];
  const measure = async (unit: Unit, ended: AbortSignal): Promise<Result | undefined> => {
    try {
      const found = await runner.run(unit, settingOf(unit), work.begin(unit), ended);
      work.end(unit, found.by);
      return resultOf(unit, found);
    } catch (error) {
      if (error instanceof Interrupted) return undefined;
      // an arm that breaks costs no other its results
      if (!(error instanceof SceneError || error instanceof ExternalError || error instanceof LostUnit)) throw error;
      work.fail(unit, error.message);
      failed.push({ unit, error });
      return undefined;
    }
  };
  try {
    await results.measure({ units, lanes: runner.lanes, ...(late && { late }), signal, measure });
    return failed;
  } finally {
    work.stop();
    await runner.close();
  }
}

/** Where every unit is needed. @throws the first failure, with the unit's name where machines are to blame. */
export function needAll<Unit>(failed: readonly FailedUnit<Unit>[], nameOf: (unit: Unit) => string): void {
  for (const { unit, error } of failed)
    throw error instanceof LostUnit ? new LostUnit(`${nameOf(unit)}: ${error.message}`) : error;
}
