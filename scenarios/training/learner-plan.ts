/** What a scenario's learner starts from: regime, settings, and the backbone with the head that the regime begins with. */

import type { Backbone } from '../../agent/backbones/own.ts';
import { headForKind, startHeadFor } from '../../agent/backbones/pretrained-head.ts';
import type { LearnerPlan } from '../../agent/learner/initial-network.ts';
import { REGIMES, type Regime, type StartingPoint } from '../../agent/learner/regimes.ts';
import { graspShapes } from '../../agent/policy/action-space.ts';
import type { Scenario } from '../schema/schema.ts';

/** The backbone with the head that a regime starts from. @throws Error if the scenario asks for one and there is none. */
export function withStartHead(
  backbone: Backbone,
  regime: Regime,
  { learner, gripper, action }: Scenario,
): StartingPoint {
  const none = !headForKind(backbone, gripper) || REGIMES[regime].trunk !== 'pretrained';
  if (learner.head === 'fresh' || (learner.head === 'auto' && none)) return backbone;
  return { ...backbone, startHead: startHeadFor(backbone, gripper, graspShapes(action)) };
}

/** The plan of a scenario's learner. @throws Error as {@link withStartHead}. */
export const learnerPlan = (scenario: Scenario, regime: Regime, backbone: Backbone, seed: number): LearnerPlan => ({
  regime,
  shapeCount: graspShapes(scenario.action).length,
  settings: scenario.learner,
  start: withStartHead(backbone, regime, scenario),
  seed,
});
