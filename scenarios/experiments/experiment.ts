/** Experiments that can be gone on with: their units, what is stored of them, and what is measured. */
import type { z } from 'zod';
import { UserError } from '../../sim/user-error.ts';
import { codeIn } from '../code.ts';
import { InputError } from '../load.ts';
import { Interrupted } from '../terminal/interrupted.ts';
import { AGAIN, jsonIn, type RawStore } from './raw-store.ts';

/**
 * Experiment: units of work, each measured once and kept, so that an experiment can be interrupted, shared among machines and gone
 * on with. What a unit measures is the experiment's own; naming, keys, storage and order are here.
 */
export interface Experiment<Unit, Result extends { readonly key: string }> {
  /** What it is called in messages, as in "a result of this very benchmark". */
  readonly noun: string;
  /** Name of a unit's result in the raw store. */
  readonly nameOf: (unit: Unit) => string;
  /** All that a unit's result depends on; a stored result with another key is refused. */
  readonly keyOf: (unit: Unit) => string;
  /** Code that measures here: a stored result of another one is refused. Undefined where results are only read. */
  readonly code?: string | undefined;
  readonly schema: z.ZodType<Result>;
}

/** A unit that nobody could measure, through no fault of the others. */
export class LostUnit extends UserError {
  override readonly exitCode = 1;
}

/** Which of n machines this is, from 1 on. */
export interface Part {
  readonly part: number;
  readonly of: number;
}

/** Every n-th unit, from the part-th on: the parts of an experiment together are the experiment. */
export const partOf = <Unit>(units: readonly Unit[], { part, of }: Part): Unit[] =>
  units.filter((_, i) => i % of === part - 1);

/** A clock that starts now. @returns whether the minutes are over; without any, they never are. */
export function deadlineAfter(minutes = Number.POSITIVE_INFINITY): () => boolean {
  const started = performance.now();
  return () => performance.now() - started >= 60_000 * minutes;
}

/** How missing units are measured. */
export interface Measuring<Unit, Result> {
  readonly units: readonly Unit[];
  /** Units on their way at once; 1 unless told otherwise. */
  readonly lanes?: number;
  /** Whether it is too late to start another unit. */
  readonly late?: () => boolean;
  readonly signal: AbortSignal;
  /**
   * Measures a unit.
   * @param signal fires if the experiment is interrupted, or another unit broke.
   * @returns undefined if there is no result to keep.
   */
  readonly measure: (unit: Unit, signal: AbortSignal) => Promise<Result | undefined>;
}

/** Results of an experiment: those stored, and those that are measured now. */
export interface Results<Unit, Result> {
  /** @throws InputError if the unit's file is damaged, or of another experiment. */
  readonly of: (unit: Unit) => Result | undefined;
  /**
   * Measures the units that have no result, in their order, and stores each as soon as it is whole.
   * @throws Interrupted if the signal fires: units on their way are dropped, finished ones are stored.
   */
  readonly measure: (measuring: Measuring<Unit, Result>) => Promise<void>;
}

/** The results that a store holds of an experiment. */
export function resultsIn<Unit, Result extends { readonly key: string }>(
  store: Pick<RawStore, 'find' | 'keep'>,
  experiment: Experiment<Unit, Result>,
): Results<Unit, Result> {
  const known = new Map<string, Result>();
  const of = (unit: Unit): Result | undefined => {
    const name = experiment.nameOf(unit);
    const result = known.get(name) ?? read(store, experiment, unit);
    if (result) known.set(name, result);
    return result;
  };
  const keep = async (unit: Unit, result: Result): Promise<void> => {
    await store.keep(experiment.nameOf(unit), result);
    known.set(experiment.nameOf(unit), result);
  };
  return { of, measure: (measuring) => measureMissing(experiment.noun, of, keep, measuring) };
}

async function measureMissing<Unit, Result>(
  noun: string,
  of: (unit: Unit) => Result | undefined,
  keep: (unit: Unit, result: Result) => Promise<void>,
  { units, lanes = 1, late = () => false, signal, measure }: Measuring<Unit, Result>,
): Promise<void> {
  const missing = units.filter((unit) => !of(unit));
  const broken = new AbortController();
  const ended = AbortSignal.any([signal, broken.signal]);
  let [next, done] = [0, 0];
  const lane = async (): Promise<void> => {
    while (next < missing.length && !ended.aborted && !late()) {
      const unit = missing[next++];
      const result = await measure(unit, ended);
      if (result) await keep(unit, result);
      else if (ended.aborted) return;
      done++;
    }
  };
  const guarded = (): Promise<void> =>
    lane().catch((error) => {
      broken.abort();
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: Math.min(lanes, missing.length) }, guarded));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
  if (signal.aborted && missing.length > 0)
    throw new Interrupted(`${noun} interrupted after ${done} of ${missing.length} units; the same command goes on`);
}

/** A stored result, checked. @throws InputError if it is damaged, or its key is another. */
function read<Unit, Result extends { readonly key: string }>(
  store: Pick<RawStore, 'find'>,
  { nameOf, keyOf, noun, code, schema }: Experiment<Unit, Result>,
  unit: Unit,
): Result | undefined {
  const found = store.find(nameOf(unit));
  if (!found) return undefined;
  const { path } = found;
  const value = jsonIn(found);
  if (keyIn(value) !== keyOf(unit))
    throw new InputError(
      `${path}: expected a result of this very ${noun}, got one of other settings or weights; pass another --out, or ${AGAIN}`,
    );
  const theirs = codeIn(value) ?? 'none';
  if (code !== undefined && theirs !== code)
    throw new InputError(
      `${path}: expected a result of code ${code}, which runs here, got one of code ${theirs}; pass another --out, or ${AGAIN}`,
    );
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [{ path: where, message }] = checked.error.issues;
  throw new InputError(`${path}: ${where.join('.')}: ${message}; ${AGAIN}`);
}

const keyIn = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'key' in value ? value.key : undefined;
