/** Runner of units: threads of this process, or machines at a queue. */
import type { ObjectLibrary } from '../../objects/library.ts';
import { startThreads } from '../../workers/threads.ts';
import type { Found, KindName } from './kind.ts';
import type { UnitTask } from './unit-worker.ts';

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
  return {
    lanes,
    run: async (unit, setting, steps, ended) => {
      const onEnd = (): void => void Atomics.store(stop, 0, 1);
      ended.addEventListener('abort', onEnd);
      if (ended.aborted) onEnd();
      try {
        return await threads.run({ kind, unit, setting, steps, stop });
      } finally {
        ended.removeEventListener('abort', onEnd);
      }
    },
    close: threads.close,
  };
}
