/**
 * How often grasps hold by what objects weigh: `tsx tests/bench/mass.ts <scenario> <scenes>`. Training scenes of one object, the
 * pretrained policy's best grasp and that of depth-PCA on each; a line of JSON for each fifth by mass, lightest first.
 */
import { depthPcaPolicy } from '../../agent/policy/heuristics.ts';
import type { Policy } from '../../agent/policy/proposal.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { libraryOf } from '../../scenarios/objects/read.ts';
import { openPredictor } from '../../scenarios/predict/open-predictor.ts';
import { note } from '../../scenarios/terminal/notes.ts';
import { sceneAndView, trialSettings } from '../../scenarios/trials/scene.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { objectMassProperties } from '../../sim/objects/solid-moments.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { runTrial } from '../../sim/trial.ts';

const SEED = 992;
const FIFTHS = 5;

const [name, scenes] = process.argv.slice(2);
await loadPhysics();
const { scenario } = loadScenario(name);
const { action, gripper: hand } = scenario;
const library = await libraryOf(scenario, note);
const { policy } = await openPredictor('pretrained', name);
const tried = Array.from({ length: Number(scenes) }, (_, index) => {
  const { scene, observation } = sceneAndView(scenario, SEED, 'training', index, library);
  const grasped = (propose: Policy) => {
    const proposal = propose({ observation, action, hand, rng: rngStream(SEED, 'bench/mass', index) });
    const outcome = proposal ? runTrial(scene, proposal.grasp, trialSettings(scenario)).outcome : 'missed';
    return { outcome, predicted: proposal?.probability ?? 0 };
  };
  const { mass } = objectMassProperties(scene.objects[0].model);
  return { mass, own: grasped(policy.propose), rule: grasped(depthPcaPolicy) };
}).sort((a, b) => a.mass - b.mass);
policy.dispose();

const percent = (values: readonly number[]): number =>
  Math.round((100 * values.reduce((a, b) => a + b, 0)) / values.length);
const held = ({ outcome }: { readonly outcome: string }): number => (outcome === 'held' ? 1 : 0);
for (let fifth = 0; fifth < FIFTHS; fifth++) {
  const [from, to] = [fifth, fifth + 1].map((k) => Math.floor((k * tried.length) / FIFTHS));
  const part = tried.slice(from, to);
  const failures: Record<string, number> = {};
  for (const { own } of part) if (!held(own)) failures[own.outcome] = (failures[own.outcome] ?? 0) + 1;
  const line = {
    kg: [part[0], part[part.length - 1]].map(({ mass }) => Math.round(1000 * mass) / 1000),
    ...{ scenes: part.length, heldPercent: percent(part.map(({ own }) => held(own))), failures },
    predictedPercent: percent(part.map(({ own }) => own.predicted)),
    depthPcaPercent: percent(part.map(({ rule }) => held(rule))),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
