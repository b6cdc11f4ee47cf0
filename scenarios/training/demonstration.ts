/** Demonstrations: grasps that somebody chose for the learner, as trials that it learns from like its own. */
import { ownTrunk } from '../../agent/backbones/own-trunk.ts';
import type { Tf } from '../../agent/engine/engine.ts';
import { cachedFeatures, paddedCrop } from '../../agent/learner/augmentation.ts';
import type { LearnerPlan } from '../../agent/learner/initial-network.ts';
import type { LearnerState } from '../../agent/learner/learner.ts';
import { isFrozen } from '../../agent/learner/regimes.ts';
import { learn } from '../../agent/learner/update.ts';
import { layersOf } from '../../agent/network/architecture.ts';
import type { Action } from '../../agent/policy/action.ts';
import type { ActionSettings } from '../../agent/policy/action-space.ts';
import type { Heightmap } from '../../sim/camera/heightmap.ts';
import { rngStream } from '../../sim/math/rng.ts';

/** A grasp that was chosen for the learner, among those that it could have chosen, and what became of it. */
export interface Demonstration {
  /** What the camera showed. */
  readonly heightmap: Heightmap;
  readonly action: Action;
  readonly held: boolean;
}

/** Who learns from it. */
export interface Pupil {
  readonly plan: LearnerPlan;
  /** Changed. */
  readonly state: LearnerState;
  /** Of its scenario. */
  readonly action: ActionSettings;
}

/**
 * Learns from demonstrations, one after another: as many updates for each as for any trial. What comes of it depends on the
 * learner and on them alone, so that one is undone by learning the others again.
 */
export async function learnDemonstrations(
  tf: Tf,
  { plan, state, action: settings }: Pupil,
  demonstrations: readonly Demonstration[],
  breathe: () => Promise<void>,
): Promise<void> {
  const frozen = isFrozen(plan.regime, plan.settings);
  const parameters = state.trunk;
  const layers = layersOf(state.architecture);
  const trunk = frozen ? ownTrunk(tf, { name: 'own', hash: '', card: '', layers, parameters }) : undefined;
  try {
    for (const { heightmap, action, held } of demonstrations) {
      const rng = rngStream(plan.seed, 'demonstration', state.replay.length);
      const data = trunk
        ? cachedFeatures(trunk, heightmap, action, settings, rng)
        : paddedCrop(heightmap, action, settings);
      await learn(tf, state, plan.settings, [{ data, shape: action.shape, held }], plan.seed, breathe);
    }
  } finally {
    trunk?.dispose();
  }
}
