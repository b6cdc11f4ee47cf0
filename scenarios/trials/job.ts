/** Job: the grasps to try on a scene, as plain data that travels to a worker, and what comes back of each. */
import type { Action, LoggedAction } from '../../agent/policy/action.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import type { Grasp } from '../../sim/grasp.ts';
import type { Outcome } from '../../sim/outcome.ts';
import type { Episode, RecordedEpisode, RoundPlace } from '../../sim/recording/episode.ts';
import type { PERSON } from '../../sim/recording/steering.ts';
import type { SceneSplit } from '../../sim/scene.ts';
import type { Scenario } from '../schema/schema.ts';
import type { RecordRule } from './record-rule.ts';

/** What a trial teaches: cached features of the trunk that chose, the crop around the grasp, or the whole heightmap. */
type Keep = 'features' | 'crop' | 'map';

/** A grasp that a person chose, among those that the learner may choose. */
export interface PersonsGrasp extends Pick<Action, 'cell' | 'angle' | 'shape'> {
  readonly scene: number;
}

/** Settings of a scenario that a person changed while it trained: values by dotted key. */
export type Changed = Readonly<Record<string, number>>;

/** The grasps to try on one scene. */
export interface SceneJob {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly split: SceneSplit;
  readonly sceneIndex: number;
  /** Number of the first trial; the others follow. */
  readonly firstTrial: number;
  readonly grasps: number;
  readonly policy: PolicySpec;
  /** What to keep of each trial for learning; `map` keeps the heightmap, from which any trunk's features can be made. */
  readonly keep?: Keep;
  /** Tell an external policy what became of each grasp: it learns. */
  readonly teach?: boolean;
  /**
   * Clutter removal instead of separate grasps on the settled scene, see `JobRunner.run`: one round, with its number
   * within the run; or as many as the grasps take, numbered by their first trial.
   */
  readonly clutter?: { readonly round: number } | 'rounds';
  /** Record the trajectory of the job's last grasp, for the viewer. */
  readonly record: boolean;
  /** Which trials to record; in clutter removal which rounds, for a grasp is nothing without those before it. */
  readonly recordRule?: RecordRule | undefined;
  /** Keep the pictures and maps that a report shows. */
  readonly picture: boolean;
  /** A person's grasp, in place of the policy's. */
  readonly given?: PersonsGrasp;
  /** What of the scenario was changed while it trained, for the log. */
  readonly changed?: Changed;
}

/** One trial as it is logged. Plain JSON; no wall-clock times, so that logs of equal runs are equal. */
export interface TrialRecord {
  readonly trial: number;
  readonly scene: number;
  readonly families: readonly string[];
  /** Finger tips' midpoint at the end of the descent, world frame, metres; null if there was nothing to grasp. */
  readonly position: readonly number[] | null;
  readonly yaw: number;
  readonly action: LoggedAction | null;
  readonly probability: number | null;
  readonly outcome: Outcome;
  readonly gap: number;
  readonly rise: number;
  readonly stateHash: string;
  readonly inRound?: RoundPlace;
  /** Why the answer of an external policy was no grasp, which makes the trial a failure. */
  readonly refused?: string;
  /** Who chose the grasp, if no policy did. */
  readonly by?: typeof PERSON;
  /** What of the scenario was other than the run began with, for this trial. */
  readonly changed?: Changed;
}

/** What a report shows of a trial. */
export type TrialPicture = Pick<Episode, 'image' | 'heightmap' | 'affordance'> & {
  readonly grasp: Episode['grasp'] | null;
};

/** What comes of a trial: its line in the log, and what the job asked to keep. */
export interface TrialOutput {
  readonly record: TrialRecord;
  /** What was tried, where the record's action does not say it. */
  readonly grasp?: Grasp;
  /** Cached features or padded crop, if the job keeps any. */
  readonly data?: Float32Array;
  /** With `data`, what is added to the network's logit of the grasp; 0 if left out. */
  readonly prior?: number;
  /** With the first grasp on a scene, if the job keeps it. */
  readonly map?: Heightmap;
  /** For the viewer. */
  readonly episode?: Episode;
  /** For a recording. */
  readonly recorded?: RecordedEpisode;
  readonly picture?: TrialPicture;
}
