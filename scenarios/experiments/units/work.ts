/** Work on its way: units as they are observed, shown on the terminal and to whoever watches. */
import type { WorkView } from '../../../sim/recording/work.ts';
import { note } from '../../terminal/notes.ts';
import { startProgress } from '../../terminal/progress.ts';
import { type Observer, startObserver } from './observer.ts';
import type { UnitWatcher } from './runner.ts';

/** What is shown of units on their way. */
export interface WorkShown<Unit> {
  readonly label: string;
  readonly nameOf: (unit: Unit) => string;
  /** Expected cost, in any measure; equal for all if left out. */
  readonly costOf?: (unit: Unit) => number;
  /** Steps that the unit counts until it is measured. */
  readonly stepsOf: (unit: Unit) => number;
  /** Where units make a table. */
  readonly placeOf?: (unit: Unit) => { readonly row: string; readonly column: string };
  readonly quiet: boolean;
  /** Who watches, besides the terminal. */
  readonly view?: WorkView | undefined;
}

/** Units that are observed. */
interface WatchedUnits<Unit> {
  readonly observer: Observer;
  /** Of a unit among all of them. */
  readonly indexOf: (unit: Unit) => number;
  /** A shared counter for the unit's steps: trials and rounds. */
  readonly stepsOf: (unit: Unit) => Int32Array;
}

/** Progress of units on their way, by their expected cost, so that a slow one counts for more. */
interface Work<Unit> {
  readonly watcher: UnitWatcher<Unit>;
  /** @returns a shared counter for the unit's steps: trials and rounds. */
  readonly begin: (unit: Unit) => Int32Array;
  /** @param by who measured it, where that is another process. */
  readonly end: (unit: Unit, by?: string) => void;
  readonly fail: (unit: Unit, reason: string) => void;
  readonly stop: () => void;
}

/** Milliseconds between two looks at the counters. */
const LOOK_EVERY_MS = 1000;
/** What the whole work counts. */
const WORK = 1000;
/** Units that are named at a time, and failures that are told. */
const [NAMED, TOLD] = [8, 20];

/** Observes units, before any is measured. @param missing those of them that have no result yet. */
export function watchWork<Unit>(
  units: readonly Unit[],
  missing: ReadonlySet<Unit>,
  { label, nameOf, costOf = () => 1, stepsOf, placeOf, view }: WorkShown<Unit>,
): WatchedUnits<Unit> {
  const indices = new Map(units.map((unit, i) => [unit, i]));
  // one piece of memory for all: there may be thousands
  const counters = new Int32Array(new SharedArrayBuffer(4 * Math.max(units.length, 1)));
  const observer = startObserver({
    title: label,
    units: units.map((unit) => ({
      ...{ name: nameOf(unit), cost: costOf(unit), kept: !missing.has(unit) },
      ...placeOf?.(unit),
    })),
    shareOf: (i) => Math.min(Atomics.load(counters, i) / stepsOf(units[i]), 1),
    now: () => performance.now(),
  });
  view?.show(observer.watched);
  const indexOf = (unit: Unit): number => indices.get(unit)!;
  return { observer, indexOf, stepsOf: (unit) => counters.subarray(indexOf(unit), indexOf(unit) + 1) };
}

/** Shows the progress of units until it is stopped. */
export function startWork<Unit>(
  { observer, indexOf, stepsOf }: WatchedUnits<Unit>,
  { label, quiet }: WorkShown<Unit>,
): Work<Unit> {
  const progress = startProgress(label, WORK, quiet);
  let [machines, told] = [false, 0];
  const show = (): void => {
    const { share, counts, aMinute, workers, present } = observer.watched.state();
    const ended = counts.done + counts.failed;
    const parts = [
      `${ended} of ${ended + counts.waiting + counts['in hand']} units`,
      ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
      ...(aMinute > 0 ? [`${aMinute.toFixed(aMinute < 10 ? 1 : 0)} a minute`] : []),
      ...(machines ? [`${present} worker${present === 1 ? '' : 's'}`] : []),
    ];
    const names = workers.flatMap(({ hand }) => hand.map(({ name }) => name)).slice(0, NAMED);
    progress.update(Math.floor(WORK * share), `${parts.join(', ')}; ${names.join(', ')}`);
  };
  const timer = setInterval(show, LOOK_EVERY_MS);
  return {
    watcher: {
      taken: (unit, by) => observer.taken(indexOf(unit), by),
      returned: (unit) => observer.returned(indexOf(unit)),
      present: (names) => {
        machines = true;
        observer.present(names);
      },
    },
    begin: stepsOf,
    end: (unit, by) => observer.done(indexOf(unit), by),
    fail: (unit, reason) => {
      const { unit: name, by } = observer.failed(indexOf(unit), reason);
      if (told++ < TOLD) note(`${name} could not be measured${by === null ? '' : ` by ${by}`}: ${reason}`);
    },
    stop: () => {
      clearInterval(timer);
      observer.end();
      show();
      progress.stop();
    },
  };
}
