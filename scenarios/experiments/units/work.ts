/** Work on its way: progress of units, by what each is expected to cost. */
import { startProgress } from '../../terminal/progress.ts';

/** What is shown of units on their way. */
export interface WorkShown<Unit> {
  readonly label: string;
  readonly nameOf: (unit: Unit) => string;
  /** Expected cost, in any measure; equal for all if left out. */
  readonly costOf?: (unit: Unit) => number;
  /** Steps that the unit counts until it is measured. */
  readonly stepsOf: (unit: Unit) => number;
  readonly quiet: boolean;
}

/** Progress of units on their way, by their expected cost, so that a slow one counts for more. */
interface Work<Unit> {
  /** @returns a shared counter for the unit's steps: trials and rounds. */
  readonly begin: (unit: Unit) => Int32Array;
  readonly end: (unit: Unit) => void;
  readonly stop: () => void;
}

/** Milliseconds between two looks at the counters. */
const LOOK_EVERY_MS = 1000;
/** What the whole work counts. */
const WORK = 1000;
/** Units that are named at a time. */
const NAMED = 8;

/** Shows the progress of units until it is stopped. */
export function startWork<Unit>(
  units: readonly Unit[],
  { label, nameOf, costOf = () => 1, stepsOf, quiet }: WorkShown<Unit>,
): Work<Unit> {
  const running = new Map<Unit, Int32Array>();
  // one piece of memory for all: there may be thousands
  const counters = new Int32Array(new SharedArrayBuffer(4 * units.length));
  const total = units.reduce((sum, unit) => sum + costOf(unit), 0);
  const progress = startProgress(label, WORK, quiet);
  let [begun, done, doneWork] = [0, 0, 0];
  const show = (): void => {
    const share = (unit: Unit, steps: Int32Array): number => Math.min(Atomics.load(steps, 0) / stepsOf(unit), 1);
    // machines at a queue are asked for all at once, and begin with some
    const stepping = [...running].filter(([, steps]) => Atomics.load(steps, 0) > 0);
    const partly = stepping.reduce((sum, [unit, steps]) => sum + costOf(unit) * share(unit, steps), 0);
    const names = stepping
      .slice(0, NAMED)
      .map(([unit]) => nameOf(unit))
      .join(', ');
    progress.update(Math.floor((WORK * (doneWork + partly)) / total), `${done} of ${units.length} units; ${names}`);
  };
  const timer = setInterval(show, LOOK_EVERY_MS);
  return {
    begin: (unit) => {
      const steps = counters.subarray(begun, ++begun);
      running.set(unit, steps);
      return steps;
    },
    end: (unit) => {
      running.delete(unit);
      done++;
      doneWork += costOf(unit);
    },
    stop: () => {
      clearInterval(timer);
      show();
      progress.stop();
    },
  };
}
