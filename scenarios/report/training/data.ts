/** Everything that the report of a training run is made of. */

import type { Prediction } from '../calibration.ts';
import type { ReportExample } from '../example.ts';
import type { RunFacts } from '../html/reproduce.ts';
import type { Difference, RateInterval } from '../statistics.ts';

/** A training run and its evaluation. */
export interface TrainReport extends RunFacts {
  readonly seconds: number;
  readonly arm: string;
  /** `card`: one line on where the weights come from. */
  readonly backbone: { readonly name: string; readonly hash: string; readonly card: string };
  readonly training: readonly {
    readonly trial: number;
    readonly outcome: string;
    readonly probability: number | null;
  }[];
  /** Changes of settings and grasps by a person while it trained; left out if there were none. */
  readonly byHand?: { readonly changes: number; readonly grasps: number };
  /** Evaluation of the final checkpoint. `invalid` trials are not among `trials`. `reasons` counts outcomes. */
  readonly final: RateInterval & {
    readonly trials: number;
    readonly invalid: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly families: Readonly<Record<string, { readonly held: number; readonly trials: number }>>;
    readonly calibration: readonly Prediction[];
  };
  /** Fixed policies on the same scenes; `difference` is learned minus this one. */
  readonly baselines: readonly (RateInterval & {
    readonly policy: string;
    readonly trials: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly difference: Difference;
  })[];
  readonly examples: readonly ReportExample[];
  /** Hash by artefact: checkpoint, recording. */
  readonly hashes: Readonly<Record<string, string>>;
}
