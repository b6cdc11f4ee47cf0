/** Estimates of a unit's work. */

import { isFrozen } from '../../../agent/learner/regimes.ts';
import { isOracle } from '../../../agent/policy/names.ts';
import { learnsHere, type Setting } from './plan.ts';

/** Seconds of one core, measured by `graft bench speed` and `graft backbones --time`; for plans, never for results. */
const RATES = {
  /** Settle, look, grasp, lift, hold, shake: one object. */
  trial: 1 / 65,
  /** The same with five objects, a new scene or a look at what is left each time. */
  clutterTrial: 1 / 30,
  /** Scoring a heightmap at 12 angles. */
  score: 0.048,
  foreignScore: 0.155,
  headUpdate: 0.0015,
  /** Batch of 32. */
  networkUpdate: 0.085,
  /** An oracle tries grasps until one holds, at most 40; the fair one each in eight worlds, until one holds in all. */
  tries: { oracle: 12, 'fair-oracle': 60 },
} as const;

/** What a unit is expected to take on one core. */
export interface UnitEstimate {
  readonly simulation: number;
  readonly scoring: number;
  readonly updates: number;
  readonly total: number;
}

/** Grasps of a round of clutter removal, about. */
const GRASPS_A_ROUND = 5;

/** Training trials, and evaluation trials of all points, of a unit; what its progress counts. */
function stepsOf({ entry, size, target, shifted }: Setting): {
  training: number;
  evaluation: number;
  rounds: number;
} {
  const learns = learnsHere(entry);
  return {
    training: learns ? size.budgets[size.budgets.length - 1] : 0,
    evaluation: (learns ? (size.budgets.length - 1) * size.trials : 0) + size.finalTrials * (shifted ? 2 : 1),
    rounds: target.rounds ? size.rounds : 0,
  };
}

/** Seconds of one core that a unit of this setting takes. */
export function estimateUnit(setting: Setting): UnitEstimate {
  const { entry, scenario, backbone } = setting;
  const steps = stepsOf(setting);
  const grasps = steps.evaluation + GRASPS_A_ROUND * steps.rounds;
  const tries = entry.kind === 'fixed' && isOracle(entry.policy) ? RATES.tries[entry.policy] : 1;
  const each = scenario.scene.objectCount > 1 ? RATES.clutterTrial : RATES.trial;
  const simulation = each * (steps.training + grasps * tries);
  if (entry.kind === 'fixed' || entry.kind === 'external')
    return { simulation, scoring: 0, updates: 0, total: simulation };
  const { graspsPerScene, warmupTrials } = scenario.training;
  const score = backbone?.architecture.kind === 'foreign' ? RATES.foreignScore : RATES.score;
  const scoring = score * (Math.max(steps.training - warmupTrials, 0) / graspsPerScene + grasps);
  const { arm, updatesPerTrial, endToEnd } = scenario.learner;
  const frozen = isFrozen(arm, scenario.learner);
  const updates = frozen
    ? steps.training * updatesPerTrial * RATES.headUpdate
    : (steps.training * endToEnd.updatesPerTrial * RATES.networkUpdate * endToEnd.batchSize) / 32;
  return { simulation, scoring, updates, total: simulation + scoring + updates };
}

/** Trials and rounds of a unit. */
export function countedSteps(setting: Setting): number {
  const { training, evaluation, rounds } = stepsOf(setting);
  return training + evaluation + rounds;
}
