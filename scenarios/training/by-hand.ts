/** By hand: what a person did to a training, as its log has it, and the same done once more. */
import type { Changed, PersonsGrasp, TrialRecord } from '../trials/job.ts';

/** What a person had done by some trial: the settings of its round, and the grasp, if it was one of theirs. */
export interface HandMove {
  readonly changed: Changed | undefined;
  readonly given?: PersonsGrasp;
}

export type HandLine = Pick<TrialRecord, 'scene' | 'action' | 'by' | 'changed'>;

const sameSettings = (a: Changed | undefined, b: Changed | undefined): boolean =>
  JSON.stringify(a ?? {}) === JSON.stringify(b ?? {});

/** How often settings were changed, and how many grasps were a person's. */
export interface HandCounts {
  readonly changes: number;
  readonly grasps: number;
}

/** What was done by hand in a log. @param from the first trial that counts. */
export function handCounts(records: readonly HandLine[], from = 0): HandCounts {
  let [changes, grasps] = [0, 0];
  for (let i = from; i < records.length; i++) {
    if (!sameSettings(records[i].changed, records[i - 1]?.changed)) changes++;
    if (records[i].by !== undefined) grasps++;
  }
  return { changes, grasps };
}

/**
 * The moves in a log by the trial that they came before: all that a run follows from besides its configuration. Rounds end
 * where one is.
 * @param from the first trial that counts; those before say what the settings were.
 */
export function handMoves(records: readonly HandLine[], from = 0): ReadonlyMap<number, HandMove> {
  const moves = new Map<number, HandMove>();
  for (let i = from; i < records.length; i++) {
    const { scene, action, by, changed } = records[i];
    const before = records[i - 1];
    if (!by && !before?.by && sameSettings(changed, before?.changed)) continue;
    const given = by && action && { scene, cell: action.cell, angle: action.angle, shape: action.depth };
    moves.set(i, { changed, ...(given && { given }) });
  }
  return moves;
}

/** The first scene of a round after trials that a person had a hand in: none is met twice by the policy. */
export function firstFreeScene(records: readonly HandLine[]): number | undefined {
  if (!records.some(({ by, changed }) => by ?? changed)) return undefined;
  return records.reduce((next, { scene, by }) => (by ? next : Math.max(next, scene + 1)), 0);
}
