/** Lane: one arm of a race as the page hears of it. */
import type { RunResult } from '../../../sim/recording/live-view.ts';
import type { TrialSummary } from '../../../sim/recording/marks.ts';
import type { RaceInfo } from '../../../sim/recording/race.ts';
import type { Seen } from '../../../sim/recording/read/seen.ts';
import type { EpisodeInfo } from '../../foxglove/additions.ts';
import type { ConnectionState } from '../connection.ts';
import { LiveRun } from '../live.ts';

/** Who is told what happens in a lane. */
interface LaneWatcher {
  onState(state: ConnectionState): void;
  onRace(race: RaceInfo): void;
  /** Trials, or the result. */
  onNews(): void;
  onSeen(lane: Lane, info: EpisodeInfo, seen: Seen): void;
  onStatus(level: number, message: string): void;
}

/** An arm that is heard of; its scenes come only while it is shown. */
export class Lane {
  readonly #watcher: LaneWatcher;
  readonly #path: string | undefined;
  #live: LiveRun;
  /** By number. */
  training: TrialSummary[] = [];
  evaluation: TrialSummary[] = [];
  result: RunResult | undefined;
  /** Which of its episodes is on stage; 0 for none. */
  staged = 0;
  #shown: boolean;

  /** @param path of its stream; the server's first if left out. */
  constructor(watcher: LaneWatcher, shown: boolean, path?: string) {
    this.#watcher = watcher;
    this.#path = path;
    this.#shown = shown;
    this.#live = this.#watch();
  }

  get live(): LiveRun {
    return this.#live;
  }

  /** Begins or ends to hear of its scenes; what is known of its trials stays until it is heard of again. */
  show(shown: boolean): void {
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#live.close();
    this.#live = this.#watch();
  }

  #watch(): LiveRun {
    const watcher = this.#watcher;
    return new LiveRun(
      {
        onState: (state) => watcher.onState(state),
        onRestart: () => {
          this.training = [];
          this.evaluation = [];
          this.staged = 0;
          watcher.onNews();
        },
        onRun: () => undefined,
        onRace: (race) => watcher.onRace(race),
        onTrial: (trial) => {
          const list = trial.split === 'training' ? this.training : this.evaluation;
          list[trial.trial] = trial;
          watcher.onNews();
        },
        onResult: (result) => {
          this.result = result;
          watcher.onNews();
        },
        onSeen: (info, seen) => watcher.onSeen(this, info, seen),
        onStatus: (level, message) => watcher.onStatus(level, message),
      },
      { ...(this.#path !== undefined && { path: this.#path }), outcomesOnly: !this.#shown },
    );
  }
}
