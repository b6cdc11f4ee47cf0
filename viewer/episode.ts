import type { Outcome } from '../sim/outcome.ts';
import type { SceneSplit } from '../sim/scene.ts';

export { type Episode, GRIPPER_BODIES, PHASES, type PlannedGrasp } from '../sim/recording/episode.ts';

/** One finished trial, for the list and the success curve. */
export interface TrialSummary {
  readonly trial: number;
  readonly split: SceneSplit;
  readonly families: readonly string[];
  readonly outcome: Outcome;
  /** Predicted chance of success, 0..1. */
  readonly probability: number | null;
}

/** What runs, for the header. */
export interface RunInfo {
  readonly scenario: string;
  readonly seed: number;
  /** What learns: the backbone and its initialisation, or the name of a fixed policy. */
  readonly arm: string;
  /** The tensor engine. */
  readonly engine: string;
  readonly trialsPlanned: number;
}

/** The final evaluation: success rate with its confidence interval, all 0..1. */
export interface RunResult {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
  readonly trials: number;
  readonly reportUrl?: string;
}
