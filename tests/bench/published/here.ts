/**
 * Success of single objects in graft's own simulator: `tsx here.ts <folder> <names> <trials>` writes a line of JSON a trial.
 * Each object stands alone near the middle; the policy sees one depth picture from GIGA's view.
 */
import { join } from 'node:path';
import { loadScenario, withObjects } from '../../../scenarios/load.ts';
import { loadObjects } from '../../../scenarios/objects/read.ts';
import { openPredictor } from '../../../scenarios/predict/open-predictor.ts';
import { type Predictor, predict } from '../../../scenarios/predict/predict.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import { sceneAndView, trialSettings } from '../../../scenarios/trials/scene.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { runTrial } from '../../../sim/trial.ts';

const [folder, names, trials] = process.argv.slice(2);

/** The scenario with one object, dropped or upright, and Edge-Grasp's noise: 0.8 mm a pixel. */
function alone(name: string): Scenario {
  const { scenario } = loadScenario(folder.includes('packed') ? 'published-packed' : 'published-pile');
  const noise = { model: 'gaussian-field', field: 0, pixel: 0.0008, dropout: 0 } as const;
  return withObjects(
    {
      ...scenario,
      scene: { ...scenario.scene, objectCount: 1, dropHalfWidth: 0.005 },
      sensor: { ...scenario.sensor, noise },
    },
    join(folder, `${name}.urdf`),
  );
}

async function play(predictor: Predictor, name: string): Promise<void> {
  const scenario = alone(name);
  const { gripper } = scenario;
  const library = await loadObjects({ settings: scenario.objects!, gripper });
  for (let trial = 0; trial < Number(trials); trial++) {
    const { scene, observation } = sceneAndView(scenario, 0, 'evaluation', trial, library);
    const { depth, camera } = observation.frame;
    const { prediction } = predict(predictor, {
      ...{ depth, intrinsics: camera.intrinsics, T_world_camera: camera.pose, depthScale: 1, hand: gripper },
      ...{
        workspace: { centre: [0, 0], size: [0.288, 0.288], table: 0 },
        count: 1,
        clean: true,
        clear: true,
        minProbability: 0,
        failed: [],
        show: [],
      },
    });
    const [grasp] = prediction.grasps;
    const pose = grasp && { position: grasp.position, quaternion: grasp.quaternion };
    const outcome = pose
      ? runTrial(scene, { pose, opening: grasp.opening }, trialSettings(scenario)).outcome
      : 'unseen';
    const probability = grasp?.probability ?? null;
    process.stdout.write(
      `${JSON.stringify({ name, trial, held: outcome === 'held', reason: outcome, probability })}\n`,
    );
  }
}

await loadPhysics();
const predictor = await openPredictor('pretrained');
for (const name of names.split(',')) {
  // an object that nowhere comes to rest has no trials
  await play(predictor, name).catch((error: unknown) => process.stderr.write(`${name}: ${error}\n`));
}
predictor.policy.dispose();
