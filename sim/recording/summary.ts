import { OUTCOMES, type Outcome } from '../outcome.ts';
import type { SceneSplit } from '../scene.ts';
import type { RoundPlace } from './episode.ts';

/** One finished trial in a line, for lists and success curves. */
export interface TrialSummary {
  readonly trial: number;
  readonly split: SceneSplit;
  readonly families: readonly string[];
  readonly outcome: Outcome;
  /** Predicted chance of success, 0..1; null for policies that predict none. */
  readonly probability: number | null;
  readonly inRound?: RoundPlace;
}

/** The outcome of a name in a file; one that is not known counts as diverged. */
export const outcomeOf = (name: string): Outcome => OUTCOMES.find((o) => o === name) ?? 'invalid';
