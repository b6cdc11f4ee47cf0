/** Work: units of an experiment on their way, and what whoever watches them is told. */

/** What can be said of a unit; one that was measured by an earlier command is kept. */
export const UNIT_STATES = ['waiting', 'in hand', 'done', 'failed', 'kept'] as const;
export type UnitState = (typeof UNIT_STATES)[number];

/** A unit as it is drawn; row and column where units make a table. */
export interface WorkUnit {
  readonly name: string;
  readonly row?: string;
  readonly column?: string;
}

/** What is to be measured: the same from beginning to end. */
export interface WorkPlan {
  readonly title: string;
  readonly total: number;
  /** In their order; none if there are more than {@link DRAWN_MAX}. */
  readonly units: readonly WorkUnit[];
}

/** More units than these are not drawn one by one, and more workers not listed. */
export const DRAWN_MAX = 2000;
export const LISTED_MAX = 200;

/** Somebody who measures units: a machine at a queue, or a thread. */
export interface WorkWorker {
  /** From 1 on, in the order in which they were first heard of. */
  readonly number: number;
  /** As the worker calls itself: foreign text. */
  readonly name: string;
  /** False once it has left, or died. */
  readonly present: boolean;
  /** Its units, and when it took each, seconds as {@link WorkState.seconds}. */
  readonly hand: readonly { readonly name: string; readonly since: number }[];
  readonly done: number;
  readonly failed: number;
  readonly aMinute: number;
}

/** A unit that could not be measured. */
export interface WorkFailure {
  readonly unit: string;
  /** Who had it last, if anybody. */
  readonly by: string | null;
  readonly reason: string;
}

/** How units stand at a moment. */
export interface WorkState {
  /** Since the work began. */
  readonly seconds: number;
  /** Whether nobody measures any more. */
  readonly ended: boolean;
  readonly counts: Readonly<Record<UnitState, number>>;
  /** Done and failed, and what is done of units in hand, by their expected cost, of all that was missing; 0..1. */
  readonly share: number;
  /** Over the last minutes. */
  readonly aMinute: number;
  /** Null while nothing can be said. */
  readonly secondsLeft: number | null;
  readonly workers: readonly WorkWorker[];
  /** How many of all are present. */
  readonly present: number;
  /** How many more there are than those in {@link workers}. */
  readonly moreWorkers: number;
  /** The latest ones. */
  readonly failures: readonly WorkFailure[];
  /** Of each drawn unit, the index into {@link UNIT_STATES}, one digit each. */
  readonly states: string;
  /** Of each drawn unit, the number of the worker that has it or had it last; 0 for none. */
  readonly holders: readonly number[];
}

/** Work that can be looked at whenever somebody wants to. */
export interface WatchedWork {
  readonly plan: WorkPlan;
  /** Grows with everything that happens. */
  version(): number;
  state(): WorkState;
}

/** Whoever watches the work of an experiment. Returns at once; later work takes the place of earlier work. */
export interface WorkView {
  show(work: WatchedWork): void;
}
