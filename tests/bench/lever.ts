/**
 * How often the best grasp holds by what levers cost: `tsx tests/bench/lever.ts <scenario> <scenes> [objects]`. Training scenes, the
 * pretrained policy, one grasp for each cost on the same scene; a line of JSON for each. Chose `LEVER_COST`.
 */
import { graspOf, graspShapes } from '../../agent/policy/action-space.ts';
import { leveredQMap, leversOn } from '../../agent/policy/choice/lever.ts';
import { bestAction } from '../../agent/policy/q-map.ts';
import { loadScenario, withObjects } from '../../scenarios/load.ts';
import { libraryOf } from '../../scenarios/objects/read.ts';
import { openPredictor } from '../../scenarios/predict/open-predictor.ts';
import { note } from '../../scenarios/terminal/notes.ts';
import { sceneAndView, trialSettings } from '../../scenarios/trials/scene.ts';
import { kindOf } from '../../sim/hand/settings.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { runTrial } from '../../sim/trial.ts';

const SEED = 991;
const COSTS = { jaws: [0, 1.75, 3.5, 7], suction: [0, 0.15, 0.3, 0.6] } as const;

const [name, scenes, objects] = process.argv.slice(2);
await loadPhysics();
const { scenario: named } = loadScenario(name);
const scenario = withObjects(named, objects);
const { gripper } = scenario;
const library = await libraryOf(scenario, note);
const { policy } = await openPredictor('pretrained', name);
const costs = COSTS[kindOf(gripper) === 'suction' ? 'suction' : 'jaws'];
const found = costs.map((cost) => ({ cost, held: 0, won: 0, lost: 0 }));
let tried = 0;

for (let index = 0; index < Number(scenes); index++) {
  const { scene, observation } = sceneAndView(scenario, SEED, 'training', index, library);
  const action = { ...scenario.action, leverCost: 0 };
  const rng = rngStream(SEED, 'bench/lever', index);
  const qMap = policy.propose({ observation, action, hand: gripper, rng })?.qMap;
  if (!qMap) continue;
  tried++;
  const outcomes = new Map<string, boolean>();
  const held = costs.map((leverCost) => {
    const levered = leveredQMap(qMap, leversOn(observation.heightmap, { ...action, leverCost }, gripper));
    const best = bestAction(levered, graspShapes(action).length)!.action;
    const key = JSON.stringify(best);
    const grasp = graspOf(observation.heightmap, best, gripper.stroke, action);
    const outcome = outcomes.get(key) ?? runTrial(scene, grasp, trialSettings(scenario)).outcome === 'held';
    outcomes.set(key, outcome);
    return outcome;
  });
  for (const [i, of] of found.entries()) {
    if (held[i]) of.held++;
    if (held[i] && !held[0]) of.won++;
    if (!held[i] && held[0]) of.lost++;
  }
}
policy.dispose();
for (const { cost, held, won, lost } of found)
  process.stdout.write(
    `${JSON.stringify({ cost, tried, heldPercent: Math.round((1000 * held) / tried) / 10, won, lost })}\n`,
  );
