/** Scene of a program that uses graft: sampled, observed, grasped in. */
import { splitSettings, trialSettings } from '../scenarios/trials/scene.ts';
import { type Observation, observe as observeScene } from '../sim/camera/observation.ts';
import type { Grasp } from '../sim/grasp.ts';
import { rngStream } from '../sim/math/rng.ts';
import type { TrialResult } from '../sim/outcome.ts';
import { type Scene, type SceneSplit, sampleScene as sampleObjects } from '../sim/scene.ts';
import { runTrial as runGrasp } from '../sim/trial.ts';
import { loadedOf, type Scenario } from './scenario.ts';

/** Which scene of a scenario: the same key is the same scene, bit for bit. */
export interface SceneKey {
  /** Default: the scenario's evaluation seed. */
  readonly seed?: number;
  /** Default 0. */
  readonly index?: number;
  /** Training and evaluation scenes have no stream of random numbers, and by default no object family, in common. Default `evaluation`. */
  readonly split?: SceneSplit;
}

/** A scene at rest, and where it came from. */
export interface SampledScene extends Required<SceneKey> {
  readonly scenario: Scenario;
  /** Objects and their poses, T_world_object. */
  readonly scene: Scene;
}

/** A scene, and what the camera shows of it. */
export interface View extends SampledScene {
  readonly observation: Observation;
}

/**
 * Draws objects, drops them and lets them settle.
 * @throws SceneError if the scenario's settings fit no scene.
 */
export function sampleScene(scenario: Scenario, key: SceneKey = {}): SampledScene {
  const { checked, library } = loadedOf(scenario);
  const { seed = checked.evaluation.seed, index = 0, split = 'evaluation' } = key;
  const scene = sampleObjects(splitSettings(checked, split, library), checked.physics, seed, split, index);
  return { scenario, seed, index, split, scene };
}

/** Looks at a scene: a noisy camera frame, and the heightmap made from all cameras. */
export function observe(sampled: SampledScene): View {
  const { scenario, seed, index, split, scene } = sampled;
  const rng = rngStream(seed, `observe/${split}`, index);
  return { ...sampled, observation: observeScene(scene, loadedOf(scenario).checked.sensor, rng) };
}

/** Tries a grasp: descends, closes, lifts, shakes. The scene stays as it was. */
export const runTrial = ({ scenario, scene }: SampledScene, grasp: Grasp): TrialResult =>
  runGrasp(scene, grasp, trialSettings(loadedOf(scenario).checked));
