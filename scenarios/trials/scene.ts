/** Scenes of a scenario: the simulator's settings, the scene of an index, and what the camera sees of it. */
import type { TrueState } from '../../agent/policy/proposal.ts';
import { type Observation, observe } from '../../sim/camera/observation.ts';
import { rngStream } from '../../sim/math/rng.ts';
import type { Family } from '../../sim/objects/families.ts';
import type { TrialResult, TrialSettings } from '../../sim/outcome.ts';
import { type Scene, type SceneSettings, type SceneSplit, sampleScene, sceneAfter } from '../../sim/scene.ts';
import { modelsFor, type ObjectLibrary } from '../objects/library.ts';
import type { Scenario } from '../schema/schema.ts';
import { placements } from './placements.ts';

/** The simulator's scene settings of a scenario. */
export const sceneSettings = (scenario: Scenario, families: readonly Family[]): SceneSettings => ({
  families,
  objectCount: scenario.scene.objectCount,
  arrangement: scenario.scene.arrangement,
  ranges: { scale: scenario.scene.scale, density: scenario.scene.density, friction: scenario.scene.friction },
  dropHalfWidth: scenario.scene.dropHalfWidth,
  workspaceHalfWidth: scenario.scene.workspaceHalfWidth,
  tableFriction: scenario.scene.tableFriction,
  ...(scenario.scene.bin && { bin: scenario.scene.bin }),
});

/** How the trials of a scenario go. */
export const trialSettings = ({ physics, gripper, motion }: Scenario): TrialSettings => ({ physics, gripper, motion });

/** What oracles are told. */
export const trueState = (scenario: Scenario, scene: Scene): TrueState => ({
  scene,
  unseen: { density: scenario.scene.density, friction: scenario.objects?.friction ?? scenario.scene.friction },
  trial: trialSettings(scenario),
});

/**
 * The scene settings of one side of a scenario: its families, or its objects from files.
 * @throws SceneError if an object is placed that is not among the library's.
 */
export function splitSettings(
  scenario: Scenario,
  split: SceneSplit,
  library: ObjectLibrary | undefined,
): SceneSettings {
  const families = split === 'training' ? scenario.training.families : scenario.evaluation.families;
  const { placed } = scenario.scene;
  const drawn = sceneSettings(scenario, families);
  const settings = placed ? { ...drawn, placed: placements(placed, scenario, library) } : drawn;
  const { objects } = scenario;
  if (!objects) return settings;
  if (!library) throw new Error(`scene: expected the objects of ${objects.path} to be loaded, got none`);
  const ranges = { ...settings.ranges, friction: objects.friction ?? settings.ranges.friction };
  const { fileScale: libraryScale } = scenario.scene;
  return { ...settings, ranges, library: modelsFor(library, objects, split), ...(libraryScale && { libraryScale }) };
}

/** A scene, and what the camera sees of it. */
export interface SceneView {
  readonly scene: Scene;
  readonly observation: Observation;
}

/**
 * The scene and what the camera sees of it, keyed by (seed, split, index).
 * @param library the objects of a scenario that draws from files; it must be the one that the scenario names.
 */
export function sceneAndView(
  scenario: Scenario,
  seed: number,
  split: SceneSplit,
  index: number,
  library?: ObjectLibrary,
): SceneView {
  const scene = sampleScene(splitSettings(scenario, split, library), scenario.physics, seed, split, index);
  return { scene, observation: observe(scene, scenario.sensor, rngStream(seed, `observe/${split}`, index)) };
}

/** What a trial of a round leaves, and what the camera sees of it before grasp number `attempt`. */
export function nextSceneAndView(
  scenario: Scenario,
  { seed, split, index, attempt }: { seed: number; split: SceneSplit; index: number; attempt: number },
  before: Scene,
  result: TrialResult,
): SceneView {
  const scene = sceneAfter(before, result, scenario.scene.workspaceHalfWidth, scenario.physics);
  return { scene, observation: observe(scene, scenario.sensor, rngStream(seed, `observe/${split}/${attempt}`, index)) };
}
