import type { Observation } from '../../sim/camera/observation.ts';
import type { Grasp } from '../../sim/grasp.ts';
import type { Rng } from '../../sim/math/rng.ts';
import type { TrialSettings } from '../../sim/outcome.ts';
import type { Scene } from '../../sim/scene.ts';
import type { ActionSettings } from './action-space.ts';

/** What a policy is asked with. Only the oracle may look at the scene itself. */
export interface PolicyInput {
  readonly observation: Observation;
  readonly rng: Rng;
  readonly action: ActionSettings;
  /** Opening of the gripper while approaching, metres. */
  readonly opening: number;
  /** The true state. */
  readonly scene: Scene;
  readonly trial: TrialSettings;
}

/** A policy's answer. */
export interface Proposal {
  readonly grasp: Grasp;
  /** Predicted probability that the grasp holds; null if the policy predicts none. */
  readonly probability: number | null;
  /** [size, size] best predicted probability over angles and shapes at each heightmap cell, 0 elsewhere; null likewise. */
  readonly affordance: Float32Array | null;
  /** The same at the angle that was chosen, best over shapes only. */
  readonly affordanceAtAngle: Float32Array | null;
}

/** Heuristics, oracle and learned policies are interchangeable functions. Undefined: nothing to grasp. */
export type Policy = (input: PolicyInput) => Proposal | undefined;

/** A proposal without a prediction. */
export const unpredicted = (grasp: Grasp): Proposal => ({
  grasp,
  probability: null,
  affordance: null,
  affordanceAtAngle: null,
});
