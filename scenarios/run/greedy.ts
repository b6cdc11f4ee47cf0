import { type Backbone, parametersHash } from '../../agent/backbones/registry.ts';
import { createLearner, currentModel } from '../../agent/learner/learner.ts';
import { graspShapes } from '../../agent/policy/action-space.ts';
import type { Model } from '../../agent/policy/learned.ts';
import type { Scenario } from '../schema/schema.ts';
import type { Chooser } from './job.ts';
import { withStartHead } from './train.ts';

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
  const start = withStartHead(backbone, 'pretrained', scenario);
  return currentModel(createLearner('pretrained', graspShapes(scenario.action).length, learner, start, 0));
}
