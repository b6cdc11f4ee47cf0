/** Round of training: the scenes to explore next with the head as it is, as jobs. */
import { currentModel, knowsSomething, type LearnerState, untrained } from '../../agent/learner/learner.ts';
import { isFrozen, type Regime } from '../../agent/learner/regimes.ts';
import type { Sample } from '../../agent/learner/replay.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import type { Scenario } from '../schema/schema.ts';
import type { Changed, PersonsGrasp, SceneJob, TrialOutput } from '../trials/job.ts';
import type { RecordRule } from '../trials/record-rule.ts';

/** What the rounds of a training follow from. */
export interface RoundSettings {
  readonly scenario: Scenario;
  readonly arm: Regime;
  readonly seed: number;
  readonly trials: number;
  readonly backbone: { readonly hash: string };
  readonly wantsEpisode?: () => boolean;
  /** Which trials to record. */
  readonly recordRule?: RecordRule;
  /** Trial counts at which the weights of that moment are wanted; rounds end there. */
  readonly snapshotsAt?: readonly number[];
}

/** What a round is to be, where a person has a hand in the training. */
export interface RoundChange {
  /** With what was changed of it. */
  readonly scenario: Scenario;
  readonly changed: Changed | undefined;
  /** The next scene that nobody has met, if it does not follow from the number of trials. */
  readonly firstScene: number | undefined;
  /** Trials at which the round ends at the latest. */
  readonly endsAt?: number;
  /** The round is this one grasp. */
  readonly given?: PersonsGrasp;
}

/**
 * The jobs of the next round: new scenes, a few grasps each, the last round cut to the budget; or a person's grasp.
 * @param done trials.
 */
export function roundJobs(
  settings: RoundSettings,
  state: LearnerState,
  done: number,
  change?: RoundChange,
): SceneJob[] {
  const { seed, arm, trials, recordRule, wantsEpisode, snapshotsAt = [] } = settings;
  const { scenario = settings.scenario, changed, firstScene, endsAt = trials, given } = change ?? {};
  const policy = explorer({ ...settings, scenario }, state, done);
  const record = given !== undefined || (wantsEpisode?.() ?? false);
  const stop = Math.min(trials, endsAt, ...snapshotsAt.filter((n) => n > done));
  const scenes = given
    ? [{ sceneIndex: given.scene, firstTrial: done, grasps: 1 }]
    : roundScenes(scenario, done, stop, firstScene);
  return scenes.map(
    (scene, i): SceneJob => ({
      scenario,
      seed,
      split: 'training',
      ...scene,
      policy,
      keep: isFrozen(arm, scenario.learner) ? 'features' : 'crop',
      ...(scenario.training.rounds && { clutter: 'rounds' }),
      record: record && i === 0,
      ...(recordRule && { recordRule }),
      picture: false,
      ...(given && { given }),
      ...(changed && { changed }),
    }),
  );
}

/**
 * The scenes of the round after so many trials, and the grasps on each; cut where the budget ends.
 * @param first the scene to begin with at the earliest.
 */
export function roundScenes(
  { training: { scenesPerRound, graspsPerScene } }: Scenario,
  done: number,
  budget: number,
  first = 0,
): Pick<SceneJob, 'sceneIndex' | 'firstTrial' | 'grasps'>[] {
  const left = budget - done;
  const firstScene = Math.max(Math.ceil(done / graspsPerScene), first);
  return Array.from({ length: Math.min(scenesPerRound, Math.ceil(left / graspsPerScene)) }, (_, i) => ({
    sceneIndex: firstScene + i,
    firstTrial: done + i * graspsPerScene,
    grasps: Math.min(graspsPerScene, left - i * graspsPerScene),
  }));
}

/** The learner as a policy that explores. */
function explorer({ scenario, seed, arm, backbone }: RoundSettings, state: LearnerState, done: number): PolicySpec {
  const { warmupTrials, epsilon, temperature, heuristicShare, sameCell } = scenario.training;
  const { taps, width } = scenario.learner;
  const model = currentModel(state);
  return {
    kind: 'explore',
    key: JSON.stringify([arm, seed, backbone.hash, taps, width, state.updates, state.replay.length]),
    model: model ?? untrained(state),
    scored: model !== undefined && (done >= warmupTrials || knowsSomething(state)),
    exploration: { epsilon, temperature, heuristicShare },
    sameCell,
  };
}

/** What a trial teaches; nothing if it is invalid or without an action. */
export function toSample({ record, data, prior }: TrialOutput): Sample[] {
  if (!data || !record.action || record.outcome === 'invalid') return [];
  return [{ data, shape: record.action.depth, held: record.outcome === 'held', ...(prior !== undefined && { prior }) }];
}
