/** Oracle: the ceiling that policies are measured against. */
import { topDownGrasp } from '../../sim/grasp.ts';
import { meshBounds } from '../../sim/objects/mesh.ts';
import { runTrial } from '../../sim/trial.ts';
import { graspOf, objectCells, randomAction, yawOf } from './action-space.ts';
import { depthPcaPolicy } from './heuristics.ts';
import { type Oracle, unpredicted } from './proposal.ts';

/** Grasps that the oracle tries in the simulator before it gives up. */
const TRIES = 40;

/**
 * The ceiling: knows the true state and the simulator, tries up to {@link TRIES} grasps there (the object's middle at every
 * angle, depth-PCA, then random ones) and returns the first that holds.
 */
export const oraclePolicy: Oracle = (input, { scene, trial }) => {
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
  for (const grasp of attempts) {
    if (runTrial(scene, grasp, trial).outcome === 'held') return unpredicted(grasp);
  }
  return attempts.length > 0 ? unpredicted(attempts[0]) : undefined;

  function centreGrasps() {
    const { model, pose } = scene.objects[rng.int(scene.objects.length)];
    const { min, max } = meshBounds(model.mesh, pose);
    const z = Math.max(max[2] - action.depths[action.depths.length - 1], action.tableClearance);
    const middle = [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, z] as const;
    return Array.from({ length: action.angles }, (_, a) => topDownGrasp(middle, yawOf(a, action), stroke));
  }
};
