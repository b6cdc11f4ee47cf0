/** Oracles: the ceilings that policies are measured against. */
import { type Grasp, topDownGrasp } from '../../sim/grasp.ts';
import { exp, log } from '../../sim/math/exponential.ts';
import type { Rng } from '../../sim/math/rng.ts';
import { meshBounds } from '../../sim/objects/mesh.ts';
import type { ObjectModel } from '../../sim/objects/object.ts';
import type { Scene } from '../../sim/scene.ts';
import { runTrial } from '../../sim/trial.ts';
import { graspOf, objectCells, randomAction, yawOf } from './action-space.ts';
import { depthPcaPolicy } from './heuristics.ts';
import { type Oracle, type PolicyInput, type TrueState, unpredicted } from './proposal.ts';

/** Grasps that an oracle tries in the simulator before it gives up. */
const TRIES = 40;
/** Worlds in which the fair oracle tries each. */
const WORLDS = 8;
/** An object that brings its mass may as well be so many times heavier or lighter. */
const MASS_FACTOR = 2;

/**
 * The ceiling: knows the true state and the simulator, tries up to {@link TRIES} grasps there (the object's middle at every
 * angle, depth-PCA, then random ones) and returns the first that holds.
 */
export const oraclePolicy: Oracle = (input, { scene, trial }) => {
  const attempts = attemptsIn(scene, input);
  for (const grasp of attempts) {
    if (runTrial(scene, grasp, trial).outcome === 'held') return unpredicted(grasp);
  }
  return attempts.length > 0 ? unpredicted(attempts[0]) : undefined;
};

/**
 * The ceiling of whoever knows shapes and poses but not what no picture shows: tries the grasps of {@link oraclePolicy} in
 * {@link WORLDS} worlds whose friction and mass are drawn anew, and returns the one that holds in most of them.
 */
export const fairOraclePolicy: Oracle = (input, truth) => {
  const attempts = attemptsIn(truth.scene, input);
  const worlds = Array.from({ length: WORLDS }, () => redrawn(truth, input.rng));
  let best: { readonly grasp: Grasp; readonly held: number } | undefined;
  for (const grasp of attempts) {
    const held = heldIn(worlds, grasp, truth, best?.held ?? -1);
    if (held !== undefined) best = { grasp, held };
    if (held === WORLDS) break;
  }
  return best && unpredicted(best.grasp);
};

/** In how many of some worlds a grasp holds. @returns undefined, early, if in no more than `most`. */
function heldIn(worlds: readonly Scene[], grasp: Grasp, { trial }: TrueState, most: number): number | undefined {
  let held = 0;
  for (const [i, world] of worlds.entries()) {
    if (held + worlds.length - i <= most) return undefined;
    if (runTrial(world, grasp, trial).outcome === 'held') held++;
  }
  return held > most ? held : undefined;
}

/** The same shapes in the same places, of another mass and friction. */
const redrawn = ({ scene, unseen }: TrueState, rng: Rng): Scene => ({
  ...scene,
  objects: scene.objects.map((object) => ({ ...object, model: ofOtherMatter(object.model, unseen, rng) })),
});

function ofOtherMatter(model: ObjectModel, { density, friction }: TrueState['unseen'], rng: Rng): ObjectModel {
  const [drawn, slide] = [rng.range(...density), rng.range(...friction)];
  const factor = exp(rng.range(-1, 1) * log(MASS_FACTOR));
  const own = model.massProperties;
  const massProperties = own && {
    ...{ ...own, mass: own.mass * factor },
    inertia: [own.inertia[0] * factor, own.inertia[1] * factor, own.inertia[2] * factor] as const,
  };
  return { ...model, density: drawn, friction: slide, ...(massProperties && { massProperties }) };
}

/** The grasps that an oracle tries, the likeliest first. */
function attemptsIn(scene: Scene, input: PolicyInput): readonly Grasp[] {
  const { observation, action, rng } = input;
  const { stroke } = input.hand;
  const map = observation.heightmap;
  const first = depthPcaPolicy(input);
  const cells = objectCells(map, action);
  const attempts = [...(first ? [first.grasp] : []), ...centreGrasps()];
  while (attempts.length < TRIES) {
    const choice = randomAction(cells, action, rng);
    if (!choice) break;
    attempts.push(graspOf(map, choice, stroke, action));
  }
  return attempts;

  function centreGrasps(): Grasp[] {
    const { model, pose } = scene.objects[rng.int(scene.objects.length)];
    const { min, max } = meshBounds(model.mesh, pose);
    const z = Math.max(max[2] - action.depths[action.depths.length - 1], action.tableClearance);
    const middle = [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, z] as const;
    return Array.from({ length: action.angles }, (_, a) => topDownGrasp(middle, yawOf(a, action), stroke));
  }
}
