/** Trials in a line each: what lists and success curves show, and where each is in a recording. */
import { OUTCOMES, type Outcome } from '../outcome.ts';
import type { SceneSplit } from '../scene.ts';
import type { RoundPlace } from './episode.ts';

/** One finished trial in a line. */
export interface TrialSummary {
  readonly trial: number;
  readonly split: SceneSplit;
  readonly families: readonly string[];
  readonly outcome: Outcome;
  /** Predicted chance of success, 0..1; null for policies that predict none. */
  readonly probability: number | null;
  readonly inRound?: RoundPlace;
}

/** The line with where the trial is in a recording. */
export interface TrialMark extends TrialSummary {
  /** Times of its first and of its last message, ns. */
  readonly start: number;
  readonly end: number;
  readonly scene: number;
}

/** The outcome of a name in a file; one that is not known counts as diverged. */
export const outcomeOf = (name: unknown): Outcome => OUTCOMES.find((o) => o === name) ?? 'invalid';

/** The split of a name in a file. */
export const splitOf = (name: unknown): SceneSplit => (name === 'evaluation' ? 'evaluation' : 'training');

/** The list as a recording keeps it. */
export const marksText = (marks: readonly TrialMark[]): string => JSON.stringify(marks);

/** Reads {@link marksText}. @throws Error unless it is a list of trials, one after the other in time. */
export function parseMarks(text: string): readonly TrialMark[] {
  const list = parsed(text);
  if (!Array.isArray(list)) throw new Error('expected a list of trials, got something else');
  let before = -1;
  return list.map((value: unknown) => {
    const mark = checkedMark((value ?? {}) as Partial<TrialMark>, before);
    before = mark.end;
    return mark;
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`expected a list of trials in JSON, got: ${(error as Error).message}`);
  }
}

function checkedMark(value: Partial<TrialMark>, before: number): TrialMark {
  const { start = -1, end = -1, trial = -1, scene = -1, families, probability, inRound } = value;
  const counts = [trial, scene, inRound?.round ?? 0, inRound?.attempt ?? 0].every(
    (n) => Number.isSafeInteger(n) && n >= 0,
  );
  const named = Array.isArray(families) && families.every((f) => typeof f === 'string');
  if (!counts || !named || !(start > before && end >= start))
    throw new Error(`expected a trial after ${before} ns, got trial ${trial} at ${start} to ${end} ns`);
  return {
    start,
    end,
    trial,
    scene,
    split: splitOf(value.split),
    outcome: outcomeOf(value.outcome),
    probability: typeof probability === 'number' ? probability : null,
    families,
    ...(inRound && { inRound: { round: inRound.round, attempt: inRound.attempt } }),
  };
}
