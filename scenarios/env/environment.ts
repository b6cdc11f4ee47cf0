/** Environment: scenes of a scenario that are reset, seen and grasped in, one after the other. */
import { rngStream } from '../../sim/math/rng.ts';
import type { SceneSplit } from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';
import { graspFrom } from '../messages/grasp.ts';
import type { ObjectLibrary } from '../objects/library.ts';
import type { Scenario } from '../schema/schema.ts';
import { FAILURES_IN_A_ROW } from '../trials/clutter-round.ts';
import type { TrialRecord } from '../trials/job.ts';
import { recordOf } from '../trials/outputs.ts';
import { nextSceneAndView, type SceneView, sceneAndView, trialSettings } from '../trials/scene.ts';
import type { Protocol } from './requests.ts';

/** Which scene of a scenario. */
export interface Place {
  readonly seed: number;
  readonly split: SceneSplit;
  readonly scene: number;
}

/** A scene that waits for a grasp. */
export interface State extends Place {
  /** Grasps tried in the scene: the number of the next one. */
  readonly attempt: number;
  /** Failures in a row. */
  readonly failures: number;
  readonly view: SceneView;
}

/** What is played. */
export interface Game {
  readonly scenario: Scenario;
  readonly protocol: Protocol;
  readonly library: ObjectLibrary | undefined;
}

/** What came of a grasp: its line in the log of an evaluation, and the state after it unless that was the last one. */
export interface Step {
  /** Null if nothing was tried. */
  readonly record: TrialRecord | null;
  readonly next: State | undefined;
}

/** Begins with a scene: the very one of `graft evaluate` or of training. @throws SceneError if the settings fit no scene. */
export function reset({ scenario, library }: Game, place: Place): State {
  const view = sceneAndView(scenario, place.seed, place.split, place.scene, library);
  return { ...place, attempt: 0, failures: 0, view };
}

/** The keyed stream that a policy draws its grasp from, as evaluations do. */
export const choiceStream = ({ protocol }: Game, { seed, split, scene, attempt }: State) =>
  rngStream(seed, protocol === 'clutter' ? `choose/${split}/${attempt}` : `choose/${split}`, scene);

/**
 * Tries a grasp. A single grasp ends its scene; a round of clutter removal ends as `playRound` says.
 * @param grasp as a client sent it; null if it sees nothing to grasp, which is a miss, and in a round of clutter no grasp.
 * @throws InputError if it is no grasp of the scenario's; the state stays as it was.
 */
export function step(game: Game, state: State, grasp: unknown): Step {
  const { scenario, protocol } = game;
  const { scene: sceneIndex, attempt, view } = state;
  const space = { action: scenario.action, stroke: scenario.gripper.stroke };
  const proposal = grasp === null ? undefined : graspFrom(grasp, view.observation.heightmap, space);
  const result = proposal && runTrial(view.scene, proposal.grasp, trialSettings(scenario));
  const record = recordOf({ sceneIndex }, view, proposal, result, { trial: sceneIndex });
  if (protocol === 'single') return { record, next: undefined };
  if (!result) return { record: null, next: undefined };
  const failures = result.outcome === 'held' ? 0 : state.failures + 1;
  if (failures >= FAILURES_IN_A_ROW) return { record, next: undefined };
  const key = { ...state, index: sceneIndex, attempt: attempt + 1 };
  const after = nextSceneAndView(scenario, key, view.scene, result);
  if (after.scene.objects.length === 0) return { record, next: undefined };
  return { record, next: { ...state, attempt: attempt + 1, failures, view: after } };
}
