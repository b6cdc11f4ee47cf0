/** Predictors: a policy by name or run folder, with the scenario whose hand, heightmap and actions it knows. */
import { checkHead, headForKind, startHeadFor } from '../../agent/backbones/pretrained-head.ts';
import { foreignTrunkOf, ownTrunkOf } from '../../agent/backbones/registry.ts';
import { loadEngine, type Tf } from '../../agent/engine/engine.ts';
import { checkShapeCount, graspShapes } from '../../agent/policy/action-space.ts';
import { learnedPolicy } from '../../agent/policy/learned.ts';
import { isOracle, UNTRAINED } from '../../agent/policy/names.ts';
import { type OpenPolicy, openPolicy } from '../../agent/policy/open-policy.ts';
import { type HandSettings, kindOf } from '../../sim/hand/settings.ts';
import { backboneOf, InputError, loadScenario } from '../load.ts';
import { namedPolicy } from '../run/named-policy.ts';
import type { Scenario } from '../schema/schema.ts';
import type { Predictor } from './predict.ts';

/** Hands whose policies are kept open. */
const KEPT = 4;

/**
 * Opens a policy for pictures. Whoever opens it disposes of its policy.
 * @param scenarioName in place of the one that the policy was trained on, or of the default scenario.
 * @throws InputError if there is no such policy, or it needs what no picture shows; Error if it knows other grasps than the scenario's.
 */
export async function openPredictor(policyName: string, scenarioName?: string): Promise<Predictor> {
  if (isOracle(policyName))
    throw new InputError(
      `policy '${policyName}': expected a policy that sees what a camera sees, got one that sees the truth`,
    );
  const { policy: spec, trainedOn, shapeCount } = await namedPolicy(policyName, scenarioName);
  const { name, scenario } =
    scenarioName === undefined ? (trainedOn ?? loadScenario('tabletop')) : loadScenario(scenarioName);
  if (shapeCount !== undefined) checkShapeCount(shapeCount, scenario.action, scenarioName ?? name);
  const tf = spec.kind === 'fixed' ? undefined : (await loadEngine()).tf;
  if (tf && policyName === UNTRAINED) return forAnyHand(tf, scenario);
  return { policy: await openPolicy(spec, { tf, openForeign: foreignTrunkOf }), scenario };
}

/** The pretrained policy, whose head is made for the hand that is asked about. */
async function forAnyHand(tf: Tf, scenario: Scenario): Promise<Predictor> {
  const backbone = await backboneOf(scenario, ['pretrained']);
  checkHead(backbone, scenario.gripper);
  const { architecture, parameters } = backbone;
  const trunk = ownTrunkOf(tf, { architecture, trunk: parameters });
  const open = (hand: HandSettings): OpenPolicy => {
    if (!headForKind(backbone, hand)) {
      const kinds = Object.keys(backbone.heads).map((kind) => `'${kind}'`);
      throw new InputError(`hand: expected one of kind ${kinds.join(' or ')}, as the policy's, got '${kindOf(hand)}'`);
    }
    const { parameters: head, standardization } = startHeadFor(backbone, hand, graspShapes(scenario.action));
    const model = { architecture, trunk: parameters, head, standardization };
    return learnedPolicy(tf, trunk, { kind: 'greedy', key: '', model });
  };
  const kept = new Map<string, OpenPolicy>();
  const forHand = (hand: HandSettings): OpenPolicy => {
    const key = JSON.stringify(hand);
    const policy = kept.get(key) ?? open(hand);
    kept.delete(key);
    kept.set(key, policy);
    const [oldest] = kept.keys();
    if (kept.size > KEPT) {
      kept.get(oldest)?.dispose();
      kept.delete(oldest);
    }
    return policy;
  };
  const own = open(scenario.gripper);
  const dispose = (): void => {
    for (const policy of [own, ...kept.values()]) policy.dispose();
    trunk.dispose();
  };
  return { policy: { ...own, trunk, dispose }, forHand, scenario };
}
