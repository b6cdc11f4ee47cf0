import { type Backbone, parametersHash } from '../../agent/backbones/registry.ts';
import { createLearner, currentModel } from '../../agent/learner/learner.ts';
import type { Model } from '../../agent/network/model.ts';
import type { Scenario } from '../schema/schema.ts';
import type { Chooser } from './job.ts';
import { learnerPlan } from './learner-plan.ts';

/** Always the grasp that the model holds most likely. */
export const greedy = (model: Model): Chooser => ({
  kind: 'greedy',
  key: parametersHash({ ...model.trunk, ...model.head }),
  model,
});

/**
 * A pretrained trunk with its own head for the scenario's hand, before any trial.
 * @returns undefined if the trunk has no head for such a hand.
 */
export function modelBeforeTrials(scenario: Scenario, backbone: Backbone): Model | undefined {
  const learner = { ...scenario.learner, technique: 'head' } as const;
  return currentModel(createLearner(learnerPlan({ ...scenario, learner }, 'pretrained', backbone, 0)));
}
