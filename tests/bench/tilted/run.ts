/**
 * Whether approaches that lean hold more: `tsx tests/bench/tilted/run.ts <scenario> <training | evaluation> <scenes> [degrees ...]`.
 * What was seen is looked at along each leaning approach, in four directions. The pretrained head, which has learned from straight
 * ones alone, scores what it sees there. The best grasp straight down and the best of each direction are tried.
 */
import { graspOf, graspShapes, objectCells } from '../../../agent/policy/action-space.ts';
import { leveredQMap, leversOn } from '../../../agent/policy/choice/lever.ts';
import { walledQMap } from '../../../agent/policy/choice/walls.ts';
import { bestAction, probabilityOf } from '../../../agent/policy/q-map.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { libraryOf } from '../../../scenarios/objects/read.ts';
import { openPredictor } from '../../../scenarios/predict/open-predictor.ts';
import { note } from '../../../scenarios/terminal/notes.ts';
import { sceneAndView, trialSettings } from '../../../scenarios/trials/scene.ts';
import { cellCentre, type Heightmap } from '../../../sim/camera/heightmap.ts';
import type { Grasp } from '../../../sim/grasp.ts';
import { compose } from '../../../sim/math/pose.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { SceneSplit } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';
import { leaningView } from './leaning.ts';

const SEED = 6262;
const DIRECTIONS = 4;
/** Logits that leaning may cost. */
const COSTS = [0, 0.5, 1] as const;

const [name, split, scenes, ...degrees] = process.argv.slice(2);
const tilts = degrees.length > 0 ? degrees.map(Number) : [20];
await loadPhysics();
const { scenario } = loadScenario(name);
const { gripper, action: settings } = scenario;
const library = await libraryOf(scenario, note);
const { policy } = await openPredictor('pretrained', name);
const shapes = graspShapes(settings).length;

/** A grasp that was tried. */
interface Tried {
  readonly logit: number;
  readonly held: boolean;
}

/** The best grasp of a map in its frame, and its logit. @param walls whether those of the scenario stand in that frame. */
function bestIn(map: Heightmap, look: ReturnType<typeof sceneAndView>, scene: number, walls: boolean) {
  // walls and levers are counted here
  const { wallHalfWidth: _, ...others } = settings;
  const action = { ...others, leverCost: 0 };
  const observation = { ...look.observation, heightmap: map };
  const rng = rngStream(SEED, 'bench/tilted', scene);
  const qMap = policy.propose({ observation, action, hand: gripper, rng })?.qMap;
  if (!qMap) return undefined;
  const levered = leveredQMap(qMap, leversOn(map, settings, gripper));
  const best = bestAction(walls ? walledQMap(map, levered, settings, gripper) : levered, shapes);
  return best && { logit: best.logit, grasp: graspOf(map, best.action, gripper.stroke, settings) };
}

/** The same grasp no lower than where the tips of a leaning hand, corners included, clear the table. */
function clearOfTable({ pose, opening }: Grasp, angle: number): Grasp {
  const [x, y, z] = pose.position;
  const lowest = settings.tableClearance + (gripper.fingerWidth / 2) * Math.sin(angle);
  return { pose: { ...pose, position: [x, y, Math.max(z, lowest)] }, opening };
}

const straight: Tried[] = [];
const leaning: Tried[][] = [];
for (let scene = 0; scene < Number(scenes); scene++) {
  const look = sceneAndView(scenario, SEED, split as SceneSplit, scene, library);
  const map = look.observation.heightmap;
  const tried = (grasp: Grasp, logit: number): Tried => ({
    logit,
    held: runTrial(look.scene, grasp, trialSettings(scenario)).outcome === 'held',
  });
  const first = bestIn(map, look, scene, true);
  if (!first) continue;
  const cells = objectCells(map, settings);
  const points = cells.map((cell) => cellCentre(map, Math.floor(cell / map.size), cell % map.size));
  const middle = (axis: 0 | 1): number => points.reduce((sum, point) => sum + point[axis] / points.length, 0);
  straight.push(tried(first.grasp, first.logit));
  leaning.push(
    tilts.flatMap((tilt) =>
      Array.from({ length: DIRECTIONS }, (_, k) => ({
        angle: (tilt * Math.PI) / 180,
        azimuth: (2 * Math.PI * k) / DIRECTIONS,
      })).flatMap((lean) => {
        const view = leaningView(map, lean, [middle(0), middle(1)], new Set(cells));
        const best = bestIn(view.map, look, scene, false);
        if (!best) return [];
        const grasp = { ...best.grasp, pose: compose(view.pose, best.grasp.pose) };
        return [tried(clearOfTable(grasp, lean.angle), best.logit)];
      }),
    ),
  );
  if (scene % 20 === 19) note(`${split}: ${scene + 1} of ${scenes} scenes`);
}
policy.dispose();

const percent = (share: number): number => Math.round(1000 * share) / 10;
const heldOf = (tries: readonly Tried[]): number => percent(tries.filter(({ held }) => held).length / tries.length);
const all = leaning.flat();
console.log(
  JSON.stringify({
    ...{ scenes: straight.length, straight: heldOf(straight) },
    any: percent(straight.filter(({ held }, i) => held || leaning[i].some((one) => one.held)).length / straight.length),
    leaning: heldOf(all),
    predicted: percent(all.reduce((sum, { logit }) => sum + probabilityOf(logit) / all.length, 0)),
    chosen: COSTS.map((cost) => {
      const chosen = straight.map((first, i) =>
        leaning[i].reduce(
          (best, one) => (one.logit - cost > best.logit ? { ...one, logit: one.logit - cost } : best),
          first,
        ),
      );
      const count = (of: (held: boolean, first: boolean) => boolean): number =>
        chosen.filter(({ held }, i) => of(held, straight[i].held)).length;
      return {
        ...{ cost, held: heldOf(chosen), won: count((h, f) => h && !f), lost: count((h, f) => f && !h) },
        leant: chosen.filter((one, i) => one !== straight[i]).length,
      };
    }),
  }),
);
