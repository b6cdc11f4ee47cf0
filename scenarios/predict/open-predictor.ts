/** Predictors: a policy by name or run folder, with the scenario whose hand, heightmap and actions it knows. */
import { foreignTrunkOf } from '../../agent/backbones/registry.ts';
import { loadEngine } from '../../agent/engine/engine.ts';
import { checkShapeCount, graspShapes } from '../../agent/policy/action-space.ts';
import { openPolicy } from '../../agent/policy/open-policy.ts';
import { InputError, loadScenario } from '../load.ts';
import { namedPolicy } from '../run/named-policy.ts';
import type { Predictor } from './predict.ts';

/**
 * Opens a policy for pictures. Whoever opens it disposes of its policy.
 * @param scenarioName in place of the one that the policy was trained on, or of the default scenario.
 * @throws InputError if there is no such policy, or it needs what no picture shows; Error if it knows other grasps than the scenario's.
 */
export async function openPredictor(policyName: string, scenarioName?: string): Promise<Predictor> {
  if (policyName === 'oracle')
    throw new InputError(
      "policy 'oracle': expected a policy that sees what a camera sees, got one that sees the truth",
    );
  const { policy: spec, trainedOn } = await namedPolicy(policyName, scenarioName);
  const { scenario } =
    scenarioName === undefined ? (trainedOn ?? loadScenario('tabletop')) : loadScenario(scenarioName);
  if (trainedOn)
    checkShapeCount(graspShapes(trainedOn.scenario.action).length, scenario.action, scenarioName ?? trainedOn.name);
  const tf = spec.kind === 'fixed' ? undefined : (await loadEngine()).tf;
  return { policy: await openPolicy(spec, { tf, openForeign: foreignTrunkOf }), scenario };
}
