/** Policy of a program that uses graft: proposes a grasp for what the camera shows. */
import { checkShapeCount } from '../agent/policy/action-space.ts';
import type { OpenPolicy } from '../agent/policy/open-policy.ts';
import { propose } from '../scenarios/trials/trial.ts';
import type { Grasp } from '../sim/grasp.ts';
import { rngStream } from '../sim/math/rng.ts';
import { loadedOf, type Scenario } from './scenario.ts';
import type { View } from './scene.ts';

/** A proposed grasp. */
export interface GraspProposal {
  readonly grasp: Grasp;
  /** Predicted probability that the grasp holds; null if the policy predicts none. */
  readonly probability: number | null;
}

/** A policy, ready to be asked. Whoever opened it disposes of it: it may own tensors. */
export interface GraspPolicy {
  /**
   * The next grasp; undefined if there is nothing to grasp. The same view and attempt give the same proposal.
   * @param attempt counts the proposals for a view, for policies that draw; default 0.
   */
  propose(view: View, attempt?: number): GraspProposal | undefined;
  dispose(): void;
}

/** Wraps an open policy. */
export const asGraspPolicy = (policy: OpenPolicy): GraspPolicy => ({
  propose: (view, attempt = 0) => {
    const { scenario, seed, split, index } = view;
    const rng = rngStream(seed, attempt === 0 ? `choose/${split}` : `choose/${split}/${attempt}`, index);
    const proposal = propose(loadedOf(scenario).checked, view, policy, rng);
    return proposal && { grasp: proposal.grasp, probability: proposal.probability };
  },
  dispose: () => policy.dispose(),
});

/** Makes sure that a trained policy chooses among the scenario's grasps. @throws Error if it does not. */
export const checkActions = (shapeCount: number, scenario: Scenario): void =>
  checkShapeCount(shapeCount, loadedOf(scenario).checked.action, scenario.name);
