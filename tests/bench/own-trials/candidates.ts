/**
 * Grasps that a learner could choose among, with the features that its head would see and what became of each:
 * `tsx tests/bench/own-trials/candidates.ts <scenario> <training | evaluation> <scenes> <out.npz>`. On each scene the pretrained
 * policy's 20 best that differ, and 10 as a learner explores. `heads.py` reads them.
 */
import { writeFileSync } from 'node:fs';
import { cachedFeatures, VARIANTS } from '../../../agent/learner/augmentation.ts';
import { graspOf, graspShapes } from '../../../agent/policy/action-space.ts';
import { explore } from '../../../agent/policy/choice/explore.ts';
import { leveredQMap, leverLogit, leversOn } from '../../../agent/policy/choice/lever.ts';
import { qMapAt } from '../../../agent/policy/q-map.ts';
import { encodeNpz, npyNumbers } from '../../../scenarios/export/npy.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { libraryOf } from '../../../scenarios/objects/read.ts';
import { openPredictor } from '../../../scenarios/predict/open-predictor.ts';
import { note } from '../../../scenarios/terminal/notes.ts';
import { sceneAndView, trialSettings } from '../../../scenarios/trials/scene.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { SceneSplit } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { bestThatDiffer } from './differing.ts';

const SEED = 4242;
const [BEST, EXPLORED] = [20, 10];
const EXPLORATION = { epsilon: 0.3, heuristicShare: 0.5, temperature: 1 };

const [name, split, scenes, out] = process.argv.slice(2);
await loadPhysics();
const { scenario } = loadScenario(name);
const { gripper, action: settings } = scenario;
const library = await libraryOf(scenario, note);
const { policy } = await openPredictor('pretrained', name);
const { trunk } = policy;
if (!trunk) throw new Error('pretrained: expected a policy with a trunk, got none');
const shapes = graspShapes(settings).length;

const columns: Record<string, number[]> = {
  scene: [],
  best: [],
  shape: [],
  logit: [],
  lever: [],
  height: [],
  held: [],
};
const features: Float32Array[] = [];
for (let scene = 0; scene < Number(scenes); scene++) {
  const view = sceneAndView(scenario, SEED, split as SceneSplit, scene, library);
  const map = view.observation.heightmap;
  const rng = rngStream(SEED, 'bench/own-trials', scene);
  const action = { ...settings, leverCost: 0 };
  const qMap = policy.propose({ observation: view.observation, action, hand: gripper, rng })?.qMap;
  if (!qMap) continue;
  const levers = leversOn(map, settings, gripper);
  const levered = leveredQMap(qMap, levers);
  const chosen = bestThatDiffer(levered, settings, map.size, BEST);
  const best = chosen.length;
  for (let i = 0; i < EXPLORED; i++) {
    const explored = explore(map, levered, settings, EXPLORATION, gripper.stroke, rng);
    if (explored) chosen.push(explored.action);
  }
  for (const [i, candidate] of chosen.entries()) {
    // a random grasp may be where nothing was scored
    if (!qMap.cells.includes(candidate.cell)) continue;
    const there = qMapAt(qMap, candidate.cell, shapes).logits[candidate.angle * shapes + candidate.shape];
    const { outcome } = runTrial(
      view.scene,
      graspOf(map, candidate, gripper.stroke, settings),
      trialSettings(scenario),
    );
    if (outcome === 'invalid') continue;
    const seen = cachedFeatures(trunk, map, candidate, settings, rngStream(SEED, 'bench/features', features.length));
    // as it was tried, without augmentation
    features.push(seen.slice(0, seen.length / VARIANTS));
    const row = { scene, best: i < best ? 1 : 0, shape: candidate.shape, logit: there };
    const more = { lever: leverLogit(levers, candidate), height: map.height[candidate.cell] };
    for (const [key, value] of Object.entries({ ...row, ...more, held: outcome === 'held' ? 1 : 0 }))
      columns[key].push(value);
  }
  if (scene % 20 === 19) note(`${split}: ${scene + 1} of ${scenes} scenes, ${features.length} grasps`);
}
policy.dispose();
const arrays = Object.entries(columns).map(([key, values]) => [
  key,
  npyNumbers(Float64Array.from(values), [values.length]),
]);
const length = features[0]?.length ?? 0;
const all = new Float32Array(features.length * length);
features.forEach((each, i) => {
  all.set(each, i * length);
});
writeFileSync(out, encodeNpz({ ...Object.fromEntries(arrays), features: npyNumbers(all, [features.length, length]) }));
