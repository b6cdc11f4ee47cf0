/** Person's proposal: a grasp that a person chose, with what the policy expects of it. */
import { priorOf } from '../../agent/network/architecture.ts';
import { graspOf, graspShapes } from '../../agent/policy/action-space.ts';
import { leverLogit, leversOn } from '../../agent/policy/choice/lever.ts';
import { priorLogit } from '../../agent/policy/choice/prior.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import type { Proposal } from '../../agent/policy/proposal.ts';
import { probabilityOf, qMapAt } from '../../agent/policy/q-map.ts';
import type { Observation } from '../../sim/camera/observation.ts';
import type { Scenario } from '../schema/schema.ts';
import type { PersonsGrasp } from './job.ts';

/** @param own what the policy would do, for its Q map; undefined if it sees nothing to grasp. @param policy that learns from it. */
export function personsProposal(
  { action: settings, gripper }: Scenario,
  { heightmap }: Observation,
  { cell, angle, shape }: PersonsGrasp,
  { own, policy }: { readonly own: Proposal | undefined; readonly policy: PolicySpec },
): Proposal {
  const action = { cell, angle, shape };
  const qMap = own?.qMap ?? null;
  const shapes = graspShapes(settings).length;
  const there = qMap?.cells.includes(cell) ? qMapAt(qMap, cell, shapes) : undefined;
  const primed = 'model' in policy && priorOf(policy.model.architecture);
  const prior =
    (primed ? priorLogit(heightmap, action, settings, gripper) : 0) +
    leverLogit(leversOn(heightmap, settings, gripper), action);
  return {
    grasp: graspOf(heightmap, action, gripper.stroke, settings),
    probability: there ? probabilityOf(there.logits[angle * shapes + shape]) : null,
    action,
    qMap,
    ...(prior !== 0 && { prior }),
  };
}
