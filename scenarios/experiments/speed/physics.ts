/** Speed of the simulator: trials, labels and frames a second, and two workers against one. */
import { availableParallelism } from 'node:os';
import { randomPolicy } from '../../../agent/policy/heuristics.ts';
import { observe, renderScene, type SensorSettings } from '../../../sim/camera/observation.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { capsuleMesh } from '../../../sim/objects/mesh.ts';
import { type Scene, sampleScene } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { loadScenario } from '../../load.ts';
import { evaluate } from '../../run/evaluate.ts';
import type { Scenario } from '../../schema/schema.ts';
import { sceneSettings, trialSettings } from '../../trials/scene.ts';
import { createPool, type TrialPool } from '../../workers/pool.ts';

/** What the simulator does in a second. */
export interface PhysicsSpeed {
  /** Settle, 96 x 96 frame with heightmap, grasp, lift, hold, shake; one object; one thread. */
  readonly trialsPerSecondPerCore: number;
  /** The same in a pile of five objects, with {@link LABELS_A_SCENE} grasps tried from one settled scene. */
  readonly pileLabelsPerSecondPerCore: number;
  /** Colour, depth and segmentation, 128 x 128, 10 objects of about 500 triangles. */
  readonly framesPerSecondPerCore: number;
  /** Trials a second of two worker threads over those of one, same trials; null on a machine with one core. */
  readonly twoWorkers: number | null;
}

/** Grasps tried on one settled scene. */
const LABELS_A_SCENE = 8;
/** Random grasps of the comparison of one worker with two, for each second of the budget. */
const WORKER_TRIALS = 60;

/** Calls a second over the whole budget (the mean: trials differ in length), after a warm-up. @param budget seconds. */
function callsPerSecond(budget: number, call: (i: number) => void): number {
  for (let i = 0; i < 5; i++) call(i);
  const start = performance.now();
  let n = 0;
  while (performance.now() - start < budget * 1000) call(5 + n++);
  return n / ((performance.now() - start) / 1000);
}

/** A frame, and random grasps on what it shows. @param grasps tried from the same scene. */
function labels(scenario: Scenario, scene: Scene, index: number, grasps: number): void {
  const sensor: SensorSettings = { ...scenario.sensor, widthPx: 96, heightPx: 96 };
  const trial = trialSettings(scenario);
  const observation = observe(scene, sensor, rngStream(0, 'bench/observe', index));
  for (let k = 0; k < grasps; k++) {
    const rng = rngStream(0, 'bench/choose', index * grasps + k);
    const proposal = randomPolicy({ observation, rng, action: scenario.action, hand: scenario.gripper });
    if (proposal) runTrial(scene, proposal.grasp, trial);
  }
}

/** Trials a second of a scenario's scenes, made and settled anew. */
function trialRate(name: string, budget: number, grasps: number): number {
  const { scenario } = loadScenario(name);
  const settings = sceneSettings(scenario, scenario.evaluation.families);
  const scenes = callsPerSecond(budget, (i) => {
    labels(scenario, sampleScene(settings, scenario.physics, 0, 'evaluation', i), i, grasps);
  });
  return scenes * grasps;
}

/** Frames a second of ten objects that are drawn with 500 triangles each. */
function frameRate(budget: number): number {
  const { scenario } = loadScenario('tabletop');
  const one = sceneSettings(scenario, scenario.evaluation.families);
  const ten = { ...one, objectCount: 10, dropHalfWidth: 0.12, workspaceHalfWidth: 0.3 };
  const { objects, ...rest } = sampleScene(ten, scenario.physics, 0, 'evaluation', 0);
  const mesh = capsuleMesh(0.022, 0.02, 25, 5); // 25 segments x 20 triangles
  const scene: Scene = { ...rest, objects: objects.map(({ model, pose }) => ({ model: { ...model, mesh }, pose })) };
  return callsPerSecond(budget, (i) => void renderScene(scene, scenario.sensor, rngStream(0, 'bench/frame', i)));
}

/** Time of the same random grasps with one worker over that with two: the median of a few rounds, in turns. */
async function workerRatio(budget: number): Promise<number | null> {
  if (availableParallelism() < 2) return null;
  const { scenario } = loadScenario('tabletop');
  const pools = [createPool(1), createPool(2)];
  const seconds = async (pool: TrialPool): Promise<number> => {
    const start = performance.now();
    const policy = { kind: 'fixed', name: 'random' } as const;
    await evaluate(pool, { scenario, seed: 0, trials: Math.ceil(WORKER_TRIALS * budget), firstScene: 0, policy });
    return (performance.now() - start) / 1000;
  };
  try {
    for (const pool of pools) await seconds(pool); // every worker loads and warms up
    const ratios: number[] = [];
    for (let round = 0; round < 3; round++) ratios.push((await seconds(pools[0])) / (await seconds(pools[1])));
    return ratios.sort((a, b) => a - b)[1];
  } finally {
    for (const pool of pools) await pool.close();
  }
}

/** @param budget seconds for each of the figures. */
export async function benchPhysics(budget: number, note: (text: string) => void): Promise<PhysicsSpeed> {
  note('trials');
  const trialsPerSecondPerCore = trialRate('tabletop', budget, 1);
  note('labels in a pile');
  const pileLabelsPerSecondPerCore = trialRate('pile', budget, LABELS_A_SCENE);
  note('frames');
  const framesPerSecondPerCore = frameRate(budget);
  note('two workers against one');
  const twoWorkers = await workerRatio(budget);
  return { trialsPerSecondPerCore, pileLabelsPerSecondPerCore, framesPerSecondPerCore, twoWorkers };
}
