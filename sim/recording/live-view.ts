/** What a run tells whoever watches it live: the contract between runs and viewers. */
import type { Episode } from './episode.ts';
import type { TrialSummary } from './marks.ts';
import type { RunSteering } from './steering.ts';

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

/** A trained policy for the page in which the simulator runs. */
export interface PlayPolicy {
  /** Its model.safetensors. */
  readonly bytes: Uint8Array;
  /** One line about it. */
  readonly about: string;
  /** Name of the scenario that it was trained on. */
  readonly scenario: string;
}

/**
 * Whoever watches a run. All calls return at once and never wait for anybody: the viewer keeps the state of the run, and
 * each browser is brought up to date at the pace at which it reads.
 */
export interface LiveView {
  setRun(run: RunInfo): void;
  publishTrial(summary: TrialSummary): void;
  /**
   * Hands over an episode to be played after the current one; an earlier one still waiting is dropped.
   * @throws RangeError if the arrays do not fit each other.
   */
  publishEpisode(episode: Episode): void;
  publishResult(result: RunResult): void;
  /** Serves a file at `/report`. */
  serveReport(path: string): void;
  /** Serves a recording, perhaps one that is being written. @returns its address, to be given to the page as `?recording=`. */
  serveRecording(path: string): string;
  /** Offers a trained policy to the play page. */
  servePolicy(policy: PlayPolicy): void;
  /** Lets those who may steer a training, and shows its state; again whenever that changes. Undefined: no longer. */
  offerSteering(steering: RunSteering | undefined): void;
  /** Whether recording a trial now is worth it: nothing to show yet, or someone watches and the episode is about to end. */
  wantsEpisode(): boolean;
}
