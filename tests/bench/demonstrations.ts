/**
 * What a policy learns from a person who knows: `npx tsx tests/bench/demonstrations.ts <file.yaml> [scenes]`. The oracle stands for
 * the person: on 50 scenes it aims the hand, each of its grasps is taken for the nearest that the learner could choose, tried, and
 * learned from, as in the play page. Before and after, the policy is judged on the same other scenes. Families are the file's.
 */
import { loadBackbone } from '../../agent/backbones/own.ts';
import { loadEngine } from '../../agent/engine/engine.ts';
import { createLearner, currentModel } from '../../agent/learner/learner.ts';
import { graspOf, nearestAction } from '../../agent/policy/action-space.ts';
import { openPolicy, type PolicySpec } from '../../agent/policy/open-policy.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { pairedDifference } from '../../scenarios/report/bootstrap-intervals.ts';
import { type Evaluation, evaluate } from '../../scenarios/run/evaluate.ts';
import { greedy, untrainedPolicy } from '../../scenarios/run/named-policy.ts';
import { type Demonstration, learnDemonstrations } from '../../scenarios/training/demonstration.ts';
import { learnerPlan } from '../../scenarios/training/learner-plan.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { sceneAndView, trialSettings } from '../../scenarios/trials/scene.ts';
import { propose } from '../../scenarios/trials/trial.ts';
import { createPool } from '../../scenarios/workers/pool.ts';
import { cellAt, localTop } from '../../sim/camera/heightmap.ts';
import { closingAxis } from '../../sim/grasp.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { atan2 } from '../../sim/math/trigonometry.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { runTrial } from '../../sim/trial.ts';

const [LESSONS, TAUGHT, JUDGED] = [50, 31, 32];
const [file, scenes = '300'] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

await loadPhysics();
const { tf } = await loadEngine();
const { scenario } = loadScenario(file);
const { action: settings, gripper } = scenario;
const oracle = await openPolicy({ kind: 'fixed', name: 'oracle' }, { tf, openForeign: NODE_HOST.openForeign });

/** What the oracle shows on a scene. @returns undefined if there is nothing to grasp. */
function demonstration(index: number): Demonstration | undefined {
  const view = sceneAndView(scenario, TAUGHT, 'evaluation', index);
  const { heightmap } = view.observation;
  const grasp = propose(scenario, view, oracle, rngStream(TAUGHT, 'bench/demonstrations', index))?.grasp;
  if (!grasp) return undefined;
  const [x, y, z] = grasp.pose.position;
  const [cell, [cx, cy]] = [cellAt(heightmap, x, y), closingAxis(grasp)];
  const depth = localTop(heightmap, cell) - z;
  const action = nearestAction(cell, atan2(cy, cx), depth, grasp.opening / gripper.stroke, settings);
  const { outcome } = runTrial(
    view.scene,
    graspOf(heightmap, action, gripper.stroke, settings),
    trialSettings(scenario),
  );
  return outcome === 'invalid' ? undefined : { heightmap, action, held: outcome === 'held' };
}

const lessons: Demonstration[] = [];
for (let index = 0; lessons.length < LESSONS; index++) {
  const lesson = demonstration(index);
  if (lesson) lessons.push(lesson);
}
say(`${lessons.length} lessons, of which ${lessons.filter(({ held }) => held).length} held`);

const plan = learnerPlan(scenario, 'pretrained', loadBackbone(scenario.learner.backbone), 0);
const state = createLearner(plan);
await learnDemonstrations(tf, { plan, state, action: settings }, lessons, async () => undefined);

const pool = createPool();
const judge = (policy: PolicySpec): Promise<Evaluation> =>
  evaluate(pool, { scenario, seed: JUDGED, trials: Number(scenes), policy });
const [before, after] = [await judge(await untrainedPolicy(scenario)), await judge(greedy(currentModel(state)!))];
await pool.close();
const outcomes = ({ records }: Evaluation): boolean[] => records.map(({ outcome }) => outcome === 'held');
const percent = (value: number, { low, high }: { readonly low: number; readonly high: number }): string =>
  `${(100 * value).toFixed(1)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
for (const [when, { summary }] of Object.entries({ before, after }))
  say(`${when}: held ${percent(summary.success.rate, summary.success)} of ${scenes} scenes`);
const gain = pairedDifference(outcomes(after), outcomes(before), rngStream(0, 'bench/demonstrations'));
say(`gain: ${percent(gain.difference, gain)} points`);
