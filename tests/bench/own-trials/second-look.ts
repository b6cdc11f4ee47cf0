/**
 * Whether a second look at the best grasps chooses better: `tsx tests/bench/own-trials/second-look.ts <scenario> <training |
 * evaluation> <scenes>`. On each scene the pretrained policy's 16 best grasps that differ are tried. Each is looked at again in
 * its four mirror images, and in twenty more that are shifted and turned a little, and chosen by the mean of what the head says.
 */
import { loadEngine, type Tf } from '../../../agent/engine/engine.ts';
import { featureLength, writeFeatures } from '../../../agent/network/features.ts';
import { headLogits, MEMBERS } from '../../../agent/network/head.ts';
import type { Model } from '../../../agent/network/model.ts';
import { standardize } from '../../../agent/network/standardization.ts';
import { toTensors } from '../../../agent/network/tensors.ts';
import type { Trunk } from '../../../agent/network/trunk.ts';
import { INPUT_CHANNELS, toWindow, type Window, writeInput } from '../../../agent/network/window.ts';
import type { Action } from '../../../agent/policy/action.ts';
import { graspOf, graspShapes, yawOf } from '../../../agent/policy/action-space.ts';
import { leveredQMap, leverLogit, leversOn } from '../../../agent/policy/choice/lever.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { libraryOf } from '../../../scenarios/objects/read.ts';
import { openPredictor } from '../../../scenarios/predict/open-predictor.ts';
import { namedPolicy } from '../../../scenarios/run/named-policy.ts';
import { note } from '../../../scenarios/terminal/notes.ts';
import { sceneAndView, trialSettings } from '../../../scenarios/trials/scene.ts';
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import { type Rng, rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { SceneSplit } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { bestThatDiffer } from './differing.ts';

const SEED = 5151;
const BEST = 16;
/** Views of a grasp: mirror images as it is, then others that are off by metres and radians (standard deviations). */
const [MIRRORED, VIEWS] = [4, 24];
const OFF = { position: 0.0015, yaw: 0.04 };

const [name, split, scenes] = process.argv.slice(2);
await loadPhysics();
const { tf } = await loadEngine();
const { scenario } = loadScenario(name);
const { gripper, action: settings } = scenario;
const library = await libraryOf(scenario, note);
const { policy } = await openPredictor('pretrained', name);
const { policy: spec } = await namedPolicy('pretrained', name);
if (!policy.trunk || spec.kind !== 'greedy') throw new Error('pretrained: expected a policy with a trunk, got none');
const { trunk } = policy;
const shapes = graspShapes(settings).length;

/** Logits of a grasp, one a view. */
function logitsOf(tf: Tf, trunk: Trunk, model: Model, map: Heightmap, action: Action, rng: Rng): number[] {
  const [x, y] = cellCentre(map, Math.floor(action.cell / map.size), action.cell % map.size);
  const { rows, cols } = trunk.crop;
  const input = new Float32Array(VIEWS * rows * cols * INPUT_CHANNELS);
  const placed = Array.from({ length: VIEWS }, (_, v) => {
    const off = (deviation: number): number => (v < MIRRORED ? 0 : deviation * rng.normal());
    const point = [x + off(OFF.position), y + off(OFF.position)] as const;
    const turned = yawOf(action.angle, settings) + off(OFF.yaw);
    const window: Window = { centre: point, yaw: turned, rows, cols, flipX: v % 2 > 0, flipY: v % 4 > 1 };
    writeInput(map, window, input, v * rows * cols * INPUT_CHANNELS);
    return { window, point };
  });
  const outputs = trunk.run(input, VIEWS, rows, cols);
  const length = featureLength(trunk.taps);
  const features = new Float32Array(VIEWS * length);
  placed.forEach(({ window, point }, v) => {
    writeFeatures(trunk.taps, outputs, v, ...toWindow(window, map.cell, ...point), features, v * length);
  });
  standardize(features, model.standardization);
  const tensor = tf.tidy(() => headLogits(tf, toTensors(tf, model.head), tf.tensor2d(features, [VIEWS, length])));
  const values = tensor.dataSync<'float32'>();
  tensor.dispose();
  const own = (v: number): Float32Array => values.subarray((v * shapes + action.shape) * MEMBERS).subarray(0, MEMBERS);
  return Array.from({ length: VIEWS }, (_, v) => own(v).reduce((sum, logit) => sum + logit / MEMBERS, 0));
}

const mean = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0) / list.length;
const tally = {
  scenes: 0,
  first: 0,
  any: 0,
  mirrored: { held: 0, won: 0, lost: 0 },
  all: { held: 0, won: 0, lost: 0 },
};
for (let scene = 0; scene < Number(scenes); scene++) {
  const { scene: sampled, observation } = sceneAndView(scenario, SEED, split as SceneSplit, scene, library);
  const map = observation.heightmap;
  const rng = rngStream(SEED, 'bench/second-look', scene);
  const qMap = policy.propose({ observation, action: { ...settings, leverCost: 0 }, hand: gripper, rng })?.qMap;
  if (!qMap) continue;
  const levers = leversOn(map, settings, gripper);
  const tried = bestThatDiffer(leveredQMap(qMap, levers), settings, map.size, BEST).flatMap((action) => {
    const { outcome } = runTrial(sampled, graspOf(map, action, gripper.stroke, settings), trialSettings(scenario));
    if (outcome === 'invalid') return [];
    const logits = logitsOf(tf, trunk, spec.model, map, action, rng);
    const lever = leverLogit(levers, action);
    const held = outcome === 'held' ? 1 : 0;
    return [{ held, mirrored: mean(logits.slice(0, MIRRORED)) + lever, all: mean(logits) + lever }];
  });
  if (tried.length === 0) continue;
  const [{ held: first }] = tried;
  tally.scenes++;
  tally.first += first;
  tally.any += Math.max(...tried.map(({ held }) => held));
  for (const by of ['mirrored', 'all'] as const) {
    const { held } = tried.reduce((best, other) => (other[by] > best[by] ? other : best));
    tally[by].held += held;
    tally[by].won += Number(held > first);
    tally[by].lost += Number(held < first);
  }
  if (scene % 20 === 19) note(`${split}: ${scene + 1} of ${scenes} scenes`);
}
policy.dispose();
console.log(JSON.stringify(tally));
