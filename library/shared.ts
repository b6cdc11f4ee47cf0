/** What the library has in Node and in browsers alike. */
export type { Observation } from '../sim/camera/observation.ts';
export type { Grasp } from '../sim/grasp.ts';
export type { Outcome, TrialResult } from '../sim/outcome.ts';
export type { Scene } from '../sim/scene.ts';
export { UserError } from '../sim/user-error.ts';
export type { GraspPolicy, GraspProposal } from './policy.ts';
export type { Scenario, ScenarioSettings } from './scenario.ts';
export { observe, runTrial, type SampledScene, type SceneKey, sampleScene, type View } from './scene.ts';
