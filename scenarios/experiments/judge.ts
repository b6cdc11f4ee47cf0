/** Judge: greedy grasps of a trained policy, on evaluation scenes of its training seed's own. */
import type { Model } from '../../agent/network/model.ts';
import { evaluate } from '../run/evaluate.ts';
import { greedy } from '../run/named-policy.ts';
import type { Scenario } from '../schema/schema.ts';
import type { TrialPool } from '../workers/pool.ts';

/** Scenes that a trained policy is judged on: each training seed has its own, the same for all that are compared. */
export interface JudgedOn {
  readonly scenario: Scenario;
  /** Of the evaluation scenes. */
  readonly seed: number;
  /** Of the training: its scenes stand behind those of the seeds before it. */
  readonly trainingSeed: number;
  readonly trials: number;
  readonly signal?: AbortSignal;
  readonly onTrial?: () => void;
}

/**
 * Executes a greedy grasp on each scene.
 * @returns [trials] whether it held; null where the simulation diverged.
 * @throws Interrupted if the signal fires.
 */
export async function judge(
  pool: TrialPool,
  model: Model,
  { trainingSeed, ...on }: JudgedOn,
): Promise<(boolean | null)[]> {
  const firstScene = trainingSeed * on.trials;
  const { records } = await evaluate(pool, { ...on, firstScene, policy: greedy(model) });
  return records.map(({ outcome }) => (outcome === 'invalid' ? null : outcome === 'held'));
}
