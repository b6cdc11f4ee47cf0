/** Save clock: when long work should save itself. */

/** Seconds between two savings: at least, at most; and how many times what one costs. */
const [LEAST, MOST, TIMES] = [1, 8, 100];

/** Tells when to save: so often that a crash costs some seconds, so rarely that saving costs a hundredth of the time. */
export interface SaveClock {
  due(): boolean;
  /** Saves, and measures what that costs. */
  save(work: () => void): void;
}

/** A clock that starts now. @param now seconds; the time of day does not matter, so it may jump. */
export function startSaveClock(now: () => number = () => performance.now() / 1000): SaveClock {
  let [last, cost] = [now(), 0];
  return {
    due: () => now() - last >= Math.min(Math.max(TIMES * cost, LEAST), MOST),
    save: (work) => {
      const started = now();
      work();
      last = now();
      cost = last - started;
    },
  };
}
