import type { Episode } from '../../sim/recording/episode.ts';
import type { PlayPolicy } from './site.ts';

/** Whoever watches a run live. Nothing here may wait for anybody. */
export interface LiveView {
  setRun(run: { scenario: string; seed: number; arm: string; engine: string; trialsPlanned: number }): void;
  publishTrial(summary: {
    trial: number;
    split: 'training' | 'evaluation';
    families: readonly string[];
    outcome: Episode['outcome'];
    probability: number | null;
  }): void;
  publishEpisode(episode: Episode): void;
  publishResult(result: { rate: number; low: number; high: number; trials: number; reportUrl?: string }): void;
  serveReport(path: string): void;
  /** Offers a recording, perhaps one that is being written, to whoever watches. */
  serveRecording(path: string): void;
  /** Offers a trained policy to the page in which the simulator runs. */
  servePolicy(policy: PlayPolicy): void;
  wantsEpisode(): boolean;
}
