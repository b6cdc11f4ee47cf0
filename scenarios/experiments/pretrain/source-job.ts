/** Source job: how source scenes are made, from a random world to the outcomes of its grasps. */
import { graspDescriptor, type HeadKind } from '../../../agent/backbones/descriptor.ts';
import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import type { Engine } from '../../../agent/engine/engine.ts';
import { MEMBERS } from '../../../agent/network/head.ts';
import type { Model } from '../../../agent/network/model.ts';
import { type ActionSettings, graspOf, graspShapes, yawOf } from '../../../agent/policy/action-space.ts';
import { explore } from '../../../agent/policy/choice/explore.ts';
import type { QMap } from '../../../agent/policy/q-map.ts';
import { createScorer } from '../../../agent/policy/scorer.ts';
import { sceneTruth } from '../../../agent/pretrain/passive.ts';
import { handModel, type Pretraining } from '../../../agent/pretrain/pretraining.ts';
import { packScene, type SourceGrasp, type SourceScene } from '../../../agent/pretrain/source-data.ts';
import type { Heightmap } from '../../../sim/camera/heightmap.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';
import { SOURCE_FAMILIES } from '../../../sim/objects/families.ts';
import { SceneError, type SceneSplit } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import type { Scenario } from '../../schema/schema.ts';
import { sceneAndView, trialSettings } from '../../trials/scene.ts';
import { sourceScenario } from './source-scenario.ts';

/** Scenes for pretraining, to be drawn, looked at and grasped: a few at a time, for between two jobs a worker waits for its pool. */
export interface SourceJob {
  readonly seed: number;
  /** Kind of the hands. */
  readonly hand: HeadKind;
  readonly split: SceneSplit;
  readonly first: number;
  readonly count: number;
  /** Grasps tried on the scene; 0 for passive tasks alone. */
  readonly grasps: number;
  /** Who chooses some of the grasps; none before the first update. */
  readonly model?: Pick<Pretraining, 'layers' | 'parameters'>;
}

/** Shares of the grasps: the model's, when there is one; of the others, antipodal ones. The rest is random. */
const SHARE = { model: 0.6, antipodal: 0.5 } as const;
/** Worlds drawn before a scene is given up. */
const MAX_WORLDS = 8;
const EXPLORATION = {
  epsilon: 1 - SHARE.model,
  heuristicShare: SHARE.antipodal,
  temperature: 1,
} as const;

/** Draws, renders and tries. Depends on the job alone. */
export const runSourceJob = (engine: Engine, job: SourceJob): SourceScene[] =>
  Array.from({ length: job.count }, (_, i) => sourceScene(engine, job, job.first + i));

function sourceScene(engine: Engine, job: SourceJob, index: number): SourceScene {
  const { seed, split, grasps, model } = job;
  const { scenario, scene, observation } = draw(job, index);
  const { heightmap: map } = observation;
  const { gripper, action } = scenario;
  const descriptors = graspShapes(action).map(({ depth, opening }) => graspDescriptor(gripper, depth, opening));
  const rng = rngStream(seed, `source/grasp/${split}`, index);
  const scores = model && grasps > 0 ? scoreOnce(engine, handModel(model, descriptors), map, action, rng) : undefined;
  const settings = trialSettings(scenario);
  const tried: SourceGrasp[] = [];
  for (let k = 0; k < grasps; k++) {
    const choice = explore(map, scores, action, EXPLORATION, gripper.stroke, rng)?.action;
    if (!choice) break;
    const { outcome } = runTrial(scene, graspOf(map, choice, gripper.stroke, action), settings);
    const { cell, shape } = choice;
    if (outcome !== 'invalid') tried.push({ cell, shape, yaw: yawOf(choice.angle, action), held: outcome === 'held' });
  }
  return packScene(map, sceneTruth(scene, map.size, map.cell, SOURCE_FAMILIES), descriptors, tried);
}

/** A world and a scene in it; a world that no scene fits is drawn again. */
function draw(
  job: Pick<SourceJob, 'seed' | 'split' | 'hand'>,
  index: number,
  again = 0,
): { scenario: Scenario } & ReturnType<typeof sceneAndView> {
  const { seed, split, hand } = job;
  const scenario = sourceScenario(seed, split, index, hand, again);
  try {
    return { scenario, ...sceneAndView(scenario, seed, split, index) };
  } catch (error) {
    if (!(error instanceof SceneError) || again + 1 >= MAX_WORLDS) throw error;
    return draw(job, index, again + 1);
  }
}

/** One member of the head scores the scene, as when a learner explores. */
function scoreOnce(engine: Engine, model: Model, map: Heightmap, action: ActionSettings, rng: Rng): QMap {
  const trunk = ownTrunkOf(engine.tf, model);
  const scorer = createScorer(engine.tf, trunk, model);
  try {
    return scorer.score(map, action, rng.int(MEMBERS));
  } finally {
    scorer.dispose();
    trunk.dispose();
  }
}
