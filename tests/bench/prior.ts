/**
 * What the antipodal score says of a grasp: `tsx tests/bench/prior.ts <scenes>`. Random and antipodal grasps on training scenes are
 * tried, and a logistic curve is fitted to what held by the score. Chose the prior of `agent/policy/choice/prior.ts`.
 */
import { graspOf, objectCells, randomAction } from '../../agent/policy/action-space.ts';
import { antipodalActions, graspability } from '../../agent/policy/heuristics.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { sceneAndView, trialSettings } from '../../scenarios/trials/scene.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { runTrial } from '../../sim/trial.ts';

const SEED = 994;
const [RANDOM, ANTIPODAL, TRIES] = [4, 2, 40];

await loadPhysics();
const { scenario } = loadScenario('tabletop');
const { stroke } = scenario.gripper;
const action = { ...scenario.action, depths: [0.035] };
const tried: { readonly score: number; readonly held: number }[] = [];

for (let index = 0; index < Number(process.argv[2]); index++) {
  const { scene, observation } = sceneAndView(scenario, SEED, 'training', index);
  const map = observation.heightmap;
  const cells = objectCells(map, action);
  const rng = rngStream(SEED, 'bench/prior', index);
  const actions = [
    ...Array.from({ length: RANDOM }, () => randomAction(cells, action, rng)!),
    ...antipodalActions(map, cells, action, stroke, TRIES, rng).slice(0, ANTIPODAL),
  ];
  for (const { cell, angle } of actions) {
    const grasp = graspOf(map, { cell, angle, shape: 0 }, stroke, action);
    const { outcome } = runTrial(scene, grasp, trialSettings(scenario));
    tried.push({ score: graspability(map, cells, { cell, angle }, action, stroke), held: Number(outcome === 'held') });
  }
}

// Newton's method
let [none, slope] = [0, 0];
for (let step = 0; step < 30; step++) {
  let [g0, g1, h00, h01, h11] = [0, 0, 1e-9, 0, 1e-9];
  for (const { score, held } of tried) {
    const p = 1 / (1 + Math.exp(-none - slope * score));
    const w = p * (1 - p);
    g0 += held - p;
    g1 += (held - p) * score;
    h00 += w;
    h01 += w * score;
    h11 += w * score * score;
  }
  const det = h00 * h11 - h01 * h01;
  none += (h11 * g0 - h01 * g1) / det;
  slope += (h00 * g1 - h01 * g0) / det;
}
process.stdout.write(`${JSON.stringify({ grasps: tried.length, none, slope })}\n`);
