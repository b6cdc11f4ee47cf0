/** Proposal: what a policy answers, and what it is asked with. */
import type { Observation } from '../../sim/camera/observation.ts';
import type { Grasp } from '../../sim/grasp.ts';
import type { HandSettings } from '../../sim/hand/settings.ts';
import type { Rng } from '../../sim/math/rng.ts';
import type { TrialSettings } from '../../sim/outcome.ts';
import type { Scene } from '../../sim/scene.ts';
import type { Action } from './action.ts';
import type { ActionSettings } from './action-space.ts';
import type { QMap } from './q-map.ts';

/** What a policy sees. */
export interface PolicyInput {
  readonly observation: Observation;
  readonly action: ActionSettings;
  readonly hand: HandSettings;
  readonly rng: Rng;
  /** Whether the outcome is to be learned from; false in evaluations, and if left out. */
  readonly teaches?: boolean | undefined;
  /** Grasps that have failed in this scene since one held; none if left out. */
  readonly failed?: readonly Grasp[];
}

/** What oracles alone are told besides. */
export interface TrueState {
  readonly scene: Scene;
  /** What no picture shows, as it is drawn: kg/m^3, and the Coulomb coefficient. */
  readonly unseen: { readonly density: readonly [number, number]; readonly friction: readonly [number, number] };
  /** How the trials go that it tries grasps in. */
  readonly trial: TrialSettings;
}

/** A proposed grasp, and why. */
export interface Proposal {
  readonly grasp: Grasp;
  /** Predicted probability that the grasp holds; null if the policy predicts none. */
  readonly probability: number | null;
  /** The grasp in the terms of a learned policy; null for others. */
  readonly action: Action | null;
  /** What the grasp was chosen from; null if nothing was scored. */
  readonly qMap: QMap | null;
  /** What is added to the network's logit of the grasp: what its prior says, and what its lever costs; 0 if left out. */
  readonly prior?: number;
  /** Further grasps of a policy that scores none, best first; none if left out. */
  readonly others?: readonly Grasp[];
}

/** Policy: a function from what the camera shows to a grasp; undefined if there is nothing to grasp. */
export type Policy = (input: PolicyInput) => Proposal | undefined;

/** A policy that looks at the true state. */
export type Oracle = (input: PolicyInput, truth: TrueState) => Proposal | undefined;

/** A proposal without a prediction. @param others further grasps, best first. */
export const unpredicted = (grasp: Grasp, others: readonly Grasp[] = []): Proposal => ({
  ...{ grasp, probability: null, action: null, qMap: null },
  ...(others.length > 0 && { others }),
});
