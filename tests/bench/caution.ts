/**
 * How often grasps hold by how far their hand reaches into what the camera hides: `tsx tests/bench/caution.ts <scenario> <scenes>
 * [objects]`. Five grasps a training scene, drawn from the pretrained policy's best 400, rather the better ones; a line of JSON for
 * each stretch of hidden reach, of the grasps that are clear of what is seen. Chose the costs in `agent/policy/choice/caution.ts`.
 */
import { graspOf, graspShapes } from '../../agent/policy/action-space.ts';
import { CLEAR, reachIn } from '../../agent/policy/choice/caution.ts';
import { probabilityOf, rankedActions } from '../../agent/policy/q-map.ts';
import { loadScenario, withObjects } from '../../scenarios/load.ts';
import { loadObjects } from '../../scenarios/objects/read.ts';
import { openPredictor } from '../../scenarios/predict/open-predictor.ts';
import { parseQuestion } from '../../scenarios/predict/request.ts';
import { layOut } from '../../scenarios/predict/workspace.ts';
import { sceneAndView, trialSettings } from '../../scenarios/trials/scene.ts';
import { compose, invert, transform } from '../../sim/math/pose.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { runTrial } from '../../sim/trial.ts';

const [SEED, BEST, EACH] = [4242, 400, 5];
/** Upper ends of the stretches, metres. */
const STRETCHES = [0.0001, 0.006, 0.012, 0.02, 0.03, 1] as const;

const [name, scenes, objects] = process.argv.slice(2);
await loadPhysics();
const { policy, scenario: own } = await openPredictor('pretrained');
const { scenario: named } = loadScenario(name);
const scenario = objects ? withObjects(named, objects) : named;
const { gripper } = scenario;
const library = objects ? await loadObjects({ settings: scenario.objects!, gripper }) : undefined;
const found = STRETCHES.map((below) => ({ below, grasps: 0, held: 0, predicted: 0 }));

for (let index = 0; index < Number(scenes); index++) {
  const { scene, observation } = sceneAndView(scenario, SEED, 'training', index, library);
  const { depth, camera } = observation.frame;
  const workspace = { centre: [0, 0], size: [0.288, 0.288], table: 0 };
  const asked = parseQuestion({ intrinsics: camera.intrinsics, T_world_camera: camera.pose, workspace }, 'question');
  const [{ heightmap, pose }] = layOut({ ...asked, depth }, own.sensor.heightmap).tiles;
  const rng = rngStream(SEED, 'bench/caution', index);
  const seen = { observation: { ...observation, heightmap }, action: own.action, hand: gripper, rng };
  const qMap = policy.propose(seen)?.qMap;
  if (!qMap) continue;
  const ranked = rankedActions(qMap, graspShapes(own.action).length, BEST);
  const look = reachIn(heightmap, transform(invert(pose), camera.pose.position), gripper);
  for (let k = 0; k < EACH; k++) {
    const { action, logit } = ranked[Math.floor(rng.next() ** 2 * ranked.length)];
    const grasp = graspOf(heightmap, action, gripper.stroke, own.action);
    const reach = look(grasp);
    if (reach.seen > CLEAR) continue;
    const stretch = found.find(({ below }) => reach.hidden < below)!;
    const { outcome } = runTrial(scene, { ...grasp, pose: compose(pose, grasp.pose) }, trialSettings(scenario));
    stretch.grasps++;
    stretch.predicted += probabilityOf(logit);
    if (outcome === 'held') stretch.held++;
  }
}
policy.dispose();
for (const { below, grasps, held, predicted } of found) {
  const percent = (n: number): number => Math.round((1000 * n) / Math.max(1, grasps)) / 10;
  process.stdout.write(
    `${JSON.stringify({ below, grasps, heldPercent: percent(held), predictedPercent: percent(predicted) })}\n`,
  );
}
