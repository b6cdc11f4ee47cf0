/** Race: what several arms on the same scenes tell whoever watches them, and which of them leads. */
import type { Outcome } from '../outcome.ts';
import type { LiveView } from './live-view.ts';
import type { TrialSummary } from './marks.ts';
import type { SharedRun } from './shared-run.ts';

/** A race, for the header and the board. */
export interface RaceInfo {
  readonly scenario: string;
  readonly seed: number;
  readonly trialsPlanned: number;
  /** In the order of the command line; `stream` is the path of the arm's own channels. */
  readonly arms: readonly RaceArm[];
  /** Once it is over: the report's first sentence, and where the report is. */
  readonly verdict?: string;
  readonly reportUrl?: string;
}

interface RaceArm {
  readonly name: string;
  readonly stream: string;
  /** Wall-clock seconds of its own turns so far. */
  readonly seconds: number;
}

/** Whoever watches a race: a view for each arm's run, and the race as a whole. All calls return at once. */
export interface RaceView {
  /** The view of an arm, made when it is first asked for. */
  arm(name: string): LiveView;
  /** The path of an arm's channels. */
  streamOf(name: string): string;
  setRace(race: RaceInfo): void;
  /** Serves a file at `/report`. */
  serveReport(path: string): void;
}

/** An arm of a race that is over. */
export interface RacedArm {
  readonly name: string;
  readonly seconds: number;
  /** All of its training trials. */
  readonly training: readonly TrialSummary[];
  /** Success on the unseen scenes, 0..1. */
  readonly unseen?: number;
}

/** A race as it is sent on: all that is known of each arm, and a recording of some of its trials. */
export interface SharedRace extends Pick<SharedRun, 'title' | 'description' | 'report'> {
  readonly info: Omit<RaceInfo, 'arms' | 'reportUrl'>;
  readonly arms: readonly (RacedArm & Pick<SharedRun, 'record'>)[];
}

/** A race that is over, and the paths of its arms' recordings. */
export interface RecordedRace {
  readonly race: SharedRace;
  readonly recordings: ReadonlyMap<string, string>;
}

/** An arm ahead of all others. */
interface Lead {
  /** Index of the arm. */
  readonly arm: number;
  /** The trial, from 1, since which it has led without a break. */
  readonly since: number;
  /** Index of the arm that comes next. */
  readonly next: number;
  /** Success of the leader minus that of the next one over the window, with its 95 % interval. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
}

/** How a race stands. */
interface Standings {
  /** Trials that every arm has done. */
  readonly trials: number;
  /** Grasps of each arm that failed, over all its trials; trials that diverged do not count. */
  readonly failed: readonly number[];
  /** Undefined while no arm is shown to be ahead of every other. */
  readonly lead: Lead | undefined;
}

/** Trials over which arms are compared, and fewer than which say nothing. */
export const RACE_WINDOW = 50;
const LEAST = 10;
const Z95 = 1.959964;

/**
 * How a race stands. An arm leads if it held more of the last {@link RACE_WINDOW} trials than any other and the 95 % interval of
 * the difference, paired by trial, excludes 0 against each of them.
 * @param outcomes of each arm, trial by trial; the same index is the same scene.
 */
export function standings(outcomes: readonly (readonly Outcome[])[]): Standings {
  const trials = outcomes.length === 0 ? 0 : Math.min(...outcomes.map((list) => list.length));
  const failed = outcomes.map((list) => list.filter((o) => o !== 'held' && o !== 'invalid').length);
  let lead: Lead | undefined;
  for (let count = LEAST; count <= trials; count++) {
    const now = leaderOf(outcomes, count);
    lead = now && { ...now, since: lead?.arm === now.arm ? lead.since : count };
  }
  return { trials, failed, lead };
}

/** The leader after so many trials. */
function leaderOf(outcomes: readonly (readonly Outcome[])[], count: number): Omit<Lead, 'since'> | undefined {
  const recent = outcomes.map((list) => list.slice(Math.max(count - RACE_WINDOW, 0), count));
  const held = recent.map((list) => list.filter((o) => o === 'held').length);
  const order = held.map((_, arm) => arm).sort((a, b) => held[b] - held[a]);
  const [arm, ...others] = order;
  const differences = others.map((other) => ({ next: other, ...pairedInterval(recent[arm], recent[other]) }));
  if (differences.length === 0 || !differences.every(({ low }) => low > 0)) return undefined;
  return { arm, ...differences[0] };
}

/**
 * Difference of two success rates, paired by trial, with the adjusted Wald interval of D. Bonett and R. Price (2012), which keeps
 * its coverage with few trials. Pairs of which one diverged are left out.
 */
export function pairedInterval(
  a: readonly Outcome[],
  b: readonly Outcome[],
): { readonly difference: number; readonly low: number; readonly high: number } {
  let [pairs, onlyA, onlyB] = [0, 0, 0];
  a.forEach((outcome, i) => {
    if (outcome === 'invalid' || b[i] === 'invalid') return;
    pairs++;
    if (outcome === 'held' && b[i] !== 'held') onlyA++;
    if (outcome !== 'held' && b[i] === 'held') onlyB++;
  });
  if (pairs === 0) return { difference: 0, low: -1, high: 1 };
  const [p, q] = [(onlyA + 1) / (pairs + 2), (onlyB + 1) / (pairs + 2)];
  const half = Z95 * Math.sqrt((p + q - (p - q) * (p - q)) / (pairs + 2));
  return {
    difference: (onlyA - onlyB) / pairs,
    low: Math.max(p - q - half, -1),
    high: Math.min(p - q + half, 1),
  };
}
