/** Runner of units: threads of this process, or machines at a queue. */
import type { ObjectLibrary } from '../../objects/library.ts';
import { startThreads } from '../../workers/threads.ts';
import type { Found, KindName } from './kind.ts';
import type { UnitTask } from './unit-worker.ts';

/** Who is told what becomes of units on their way, and of whoever measures them. All calls return at once. */
export interface UnitWatcher<Unit> {
  /** @param by the name of a worker: foreign text. */
  readonly taken: (unit: Unit, by: string) => void;
  /** Nobody has it any more; another one will. */
  readonly returned: (unit: Unit) => void;
  /** All workers that there are at this moment. */
  readonly present: (names: readonly string[]) => void;
}

/** Whoever measures units: threads of this process, or machines at a queue. Whoever opens it closes it. */
export interface UnitRunner<Unit, Setting, Measured> {
  /** Units on their way at once. */
  readonly lanes: number;
  /**
   * @param steps shared: [0] counts the unit's steps.
   * @param ended fires if there is nobody left to use the result.
   * @throws SceneError, ExternalError or LostUnit if the unit cannot be measured; Interrupted once `ended` fires.
   */
  readonly run: (unit: Unit, setting: Setting, steps: Int32Array, ended: AbortSignal) => Promise<Found<Measured>>;
  /** Tells somebody from now on. */
  readonly watch: (watcher: UnitWatcher<Unit>) => void;
  readonly close: () => Promise<void>;
}

/** Threads that measure units, one at a time each. */
export function threadRunner<Unit, Setting, Measured>(
  kind: KindName,
  lanes: number,
  library: ObjectLibrary | undefined,
): UnitRunner<Unit, Setting, Measured> {
  const threads = startThreads<UnitTask, Found<Measured>>(new URL('./unit-entry.js', import.meta.url), lanes, library);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  // as many as there are threads: each unit on its way has one of its own
  const seats: boolean[] = Array.from({ length: lanes }, () => false);
  let watcher: UnitWatcher<Unit> | undefined;
  return {
    lanes,
    watch: (told) => {
      watcher = told;
    },
    run: async (unit, setting, steps, ended) => {
      const onEnd = (): void => void Atomics.store(stop, 0, 1);
      ended.addEventListener('abort', onEnd);
      if (ended.aborted) onEnd();
      const seat = seats.indexOf(false);
      seats[seat] = true;
      watcher?.taken(unit, `thread ${seat + 1}`);
      try {
        return await threads.run({ kind, unit, setting, steps, stop });
      } finally {
        seats[seat] = false;
        ended.removeEventListener('abort', onEnd);
      }
    },
    close: threads.close,
  };
}
