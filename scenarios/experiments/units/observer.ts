/** Observer: who has which unit of an experiment, who did what, how fast, and what is left. Knows no clock, threads or queue. */
import {
  DRAWN_MAX,
  LISTED_MAX,
  UNIT_STATES,
  type UnitState,
  type WatchedWork,
  type WorkFailure,
  type WorkState,
  type WorkUnit,
  type WorkWorker,
} from '../../../sim/recording/work.ts';

/** Milliseconds over which units a minute are counted, and parts that they are counted in. */
const [WINDOW_MS, PART_MS] = [300_000, 5000];
/** Milliseconds for which a worker that was heard of need not be listed. */
const GRACE_MS = 3000;
/** Failures that are kept, and characters of foreign text that are. */
const [FAILURES_KEPT, NAME_LENGTH, REASON_LENGTH] = [50, 80, 300];

/** A unit as it is observed. */
interface ObservedUnit extends WorkUnit {
  /** Expected, in any measure. */
  readonly cost: number;
  /** Measured by an earlier command. */
  readonly kept: boolean;
}

export interface ObserverOptions {
  readonly title: string;
  readonly units: readonly ObservedUnit[];
  /** What is done of a unit that somebody has in hand, 0..1. */
  readonly shareOf: (unit: number) => number;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

/** Told of units, by index, and of workers, by name. */
export interface Observer {
  readonly taken: (unit: number, by: string) => void;
  /** Nobody has it any more, and it is not measured. */
  readonly returned: (unit: number) => void;
  /** @param by who measured it, if not whoever has it in hand. */
  readonly done: (unit: number, by?: string) => void;
  readonly failed: (unit: number, reason: string) => WorkFailure;
  /** Every worker that there is at this moment; one that is missing has left. */
  readonly present: (names: readonly string[]) => void;
  /** Nobody measures any more. */
  readonly end: () => void;
  readonly watched: WatchedWork;
}

/** What is known of a worker. */
interface Known {
  readonly number: number;
  readonly name: string;
  readonly first: number;
  /** When it was last heard of. */
  last: number;
  present: boolean;
  done: number;
  failed: number;
  /** When it took each unit. */
  readonly hand: Map<number, number>;
}

/** Observes the units of an experiment from now on. */
export function startObserver({ title, units, shareOf, now }: ObserverOptions): Observer {
  const states: UnitState[] = units.map(({ kept }) => (kept ? 'kept' : 'waiting'));
  const holders: (Known | undefined)[] = units.map(() => undefined);
  const counts = Object.fromEntries(
    UNIT_STATES.map((state) => [state, states.filter((each) => each === state).length]),
  ) as Record<UnitState, number>;
  const workers = new Map<string, Known>();
  const failures: WorkFailure[] = [];
  const pace = startPace();
  const cost = units.reduce((sum, unit) => sum + (unit.kept ? 0 : unit.cost), 0);
  const started = now();
  let [version, costDone] = [1, 0];
  let [begun, ended]: (number | undefined)[] = [];

  const worker = (by: string): Known => {
    const name = by.slice(0, NAME_LENGTH);
    const known = workers.get(name) ?? {
      ...{ number: workers.size + 1, name, first: now(), last: now(), present: true, done: 0, failed: 0 },
      hand: new Map<number, number>(),
    };
    known.last = now();
    known.present = true;
    workers.set(name, known);
    return known;
  };
  const become = (unit: number, state: UnitState): void => {
    counts[states[unit]]--;
    counts[state]++;
    states[unit] = state;
    if (state !== 'in hand') holders[unit]?.hand.delete(unit);
    if (state === 'done' || state === 'failed') costDone += units[unit].cost;
    version++;
  };
  const isOpen = (unit: number): boolean => states[unit] === 'waiting' || states[unit] === 'in hand';
  const share = (): number => {
    if (cost === 0) return 1;
    const inHand = [...workers.values()].flatMap(({ hand }) => [...hand.keys()]);
    return (costDone + inHand.reduce((sum, unit) => sum + units[unit].cost * shareOf(unit), 0)) / cost;
  };
  const listed = (known: Known): WorkWorker => ({
    ...{ number: known.number, name: known.name, present: known.present, done: known.done, failed: known.failed },
    hand: [...known.hand].map(([unit, since]) => ({ name: units[unit].name, since: (since - started) / 1000 })),
    aMinute: known.done === 0 ? 0 : (60_000 * known.done) / Math.max(known.last - known.first, PART_MS),
  });
  const state = (): WorkState => {
    const at = ended ?? now();
    const all = [...workers.values()].sort((a, b) => Number(b.present) - Number(a.present));
    const done = share();
    const drawn = units.length <= DRAWN_MAX;
    return {
      ...{ seconds: (at - started) / 1000, ended: ended !== undefined, counts: { ...counts }, share: done },
      aMinute: pace.aMinute(at, begun ?? at),
      secondsLeft: done > 0 && begun !== undefined ? ((at - begun) / 1000 / done) * (1 - done) : null,
      workers: all.slice(0, LISTED_MAX).map(listed),
      present: all.filter(({ present }) => present).length,
      moreWorkers: Math.max(all.length - LISTED_MAX, 0),
      failures: [...failures],
      states: drawn ? states.map((each) => UNIT_STATES.indexOf(each)).join('') : '',
      holders: drawn ? holders.map((each) => each?.number ?? 0) : [],
    };
  };

  return {
    taken: (unit, by) => {
      // said again it is no news, least of all of a worker that has died with it
      if (!isOpen(unit) || workers.get(by.slice(0, NAME_LENGTH))?.hand.has(unit)) return;
      begun ??= now();
      const known = worker(by);
      become(unit, 'in hand');
      holders[unit]?.hand.delete(unit);
      holders[unit] = known;
      known.hand.set(unit, now());
    },
    returned: (unit) => {
      if (states[unit] === 'in hand') become(unit, 'waiting');
    },
    done: (unit, by) => {
      if (!isOpen(unit)) return;
      begun ??= now();
      become(unit, 'done');
      if (by !== undefined) holders[unit] = worker(by);
      const known = holders[unit];
      if (known) {
        known.done++;
        known.last = now();
      }
      pace.add(now());
    },
    failed: (unit, reason) => {
      const failure = {
        unit: units[unit].name,
        by: holders[unit]?.name ?? null,
        reason: reason.slice(0, REASON_LENGTH),
      };
      if (!isOpen(unit)) return failure;
      become(unit, 'failed');
      const known = holders[unit];
      if (known) known.failed++;
      failures.push(failure);
      if (failures.length > FAILURES_KEPT) failures.shift();
      return failure;
    },
    present: (names) => {
      version++;
      const there = new Set(names.map((name) => worker(name)));
      for (const known of workers.values())
        if (!there.has(known) && now() - known.last > GRACE_MS) known.present = false;
    },
    end: () => {
      ended ??= now();
      version++;
    },
    watched: {
      plan: {
        ...{ title, total: units.length },
        units: units.length > DRAWN_MAX ? [] : units.map(({ cost: _, kept: __, ...unit }) => unit),
      },
      version: () => version,
      state,
    },
  };
}

/** Counts what ends, and says how much a minute lately. */
function startPace(): { readonly add: (at: number) => void; readonly aMinute: (at: number, begun: number) => number } {
  let parts: { readonly from: number; count: number }[] = [];
  return {
    add: (at) => {
      const latest = parts.at(-1);
      if (latest && at - latest.from < PART_MS) latest.count++;
      else parts.push({ from: at, count: 1 });
    },
    aMinute: (at, begun) => {
      parts = parts.filter(({ from }) => at - from < WINDOW_MS);
      const count = parts.reduce((sum, part) => sum + part.count, 0);
      return count === 0 ? 0 : (60_000 * count) / Math.max(Math.min(at - begun, WINDOW_MS), PART_MS / 5);
    },
  };
}
