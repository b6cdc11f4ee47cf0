/** Turns: one arm at a time, always one that has done the fewest trials, and how long each has taken. */

/** Turns of a number of arms, from the moment that all of them have asked for one. */
export interface Turns {
  /** Ends the arm's turn if it has one, and resolves when its next one comes. @param done its trials so far. */
  take(arm: number, done: number): Promise<void>;
  /** The arm takes no more turns. */
  leave(arm: number): void;
  /** Wall-clock seconds of an arm's turns, the present one included. */
  secondsOf(arm: number): number;
}

interface Seat {
  /** Trials done. */
  done: number;
  /** Called when it is the arm's turn; undefined unless it waits for one. */
  go: (() => void) | undefined;
  left: boolean;
  seconds: number;
}

/** @param now seconds, on a clock that never goes back. */
export function createTurns(arms: number, now: () => number = () => performance.now() / 1000): Turns {
  const seats = Array.from({ length: arms }, (): Seat => ({ done: 0, go: undefined, left: false, seconds: 0 }));
  let current: { readonly seat: Seat; readonly since: number } | undefined;
  const end = (seat: Seat): void => {
    if (current?.seat !== seat) return;
    seat.seconds += now() - current.since;
    current = undefined;
  };
  const next = (): void => {
    const racing = seats.filter(({ left }) => !left);
    if (current || racing.length === 0 || !racing.every(({ go }) => go)) return;
    const seat = racing.reduce((first, other) => (other.done < first.done ? other : first));
    current = { seat, since: now() };
    const { go } = seat;
    seat.go = undefined;
    go?.();
  };
  return {
    take: (arm, done) =>
      new Promise((resolve) => {
        const seat = seats[arm];
        end(seat);
        Object.assign(seat, { done, go: resolve });
        next();
      }),
    leave: (arm) => {
      end(seats[arm]);
      Object.assign(seats[arm], { left: true, go: undefined });
      next();
    },
    secondsOf: (arm) => seats[arm].seconds + (current?.seat === seats[arm] ? now() - current.since : 0),
  };
}
