/** Groups of ablations: which settings are changed, and against which learner. */
import type { Regime } from '../../../agent/learner/regimes.ts';

/** A learner with some settings changed. */
export interface Ablation {
  readonly name: string;
  readonly arm?: Regime;
  /** As typed behind `--set`. */
  readonly set: readonly string[];
}

const FRESH = 'learner.head=fresh';

/** Ablations of one learner; the first is what the others are compared with. */
export interface AblationGroup {
  readonly title: string;
  readonly rows: readonly Ablation[];
}

/** What is changed, one setting at a time. Results are kept by place: new groups and rows go to the end. */
export const ABLATIONS: readonly AblationGroup[] = [
  {
    title: 'The default learner: trunk `grasp-passive`, head initialised',
    rows: [
      { name: 'default', set: [] },
      { name: 'head fresh', set: [FRESH] },
      { name: 'trunk and head from grasps alone', set: ['learner.backbone=grasp'] },
      { name: 'head held to its start less (anchor 10)', set: ['learner.headAnchor=10'] },
      { name: 'head not held (anchor 0)', set: ['learner.headAnchor=0'] },
      { name: 'balanced replay', set: ['learner.replay=balanced'] },
      { name: 'failure-heavy replay', set: ['learner.replay=failures'] },
      { name: 'scores smoothed over neighbours', set: ['action.smoothing=0.5'] },
      { name: '18 angles', set: ['action.angles=18'] },
      { name: 'depth predicted (20, 30, 40 mm)', set: ['action.depths=[0.02,0.03,0.04]'] },
      { name: 'opening predicted (60 %, 100 %)', set: ['action.openings=[0.6,1]'] },
    ],
  },
  {
    title: 'Features alone: trunk `grasp-passive`, head fresh',
    rows: [
      { name: 'fresh', set: [FRESH] },
      { name: 'trunk `grasp`', set: [FRESH, 'learner.backbone=grasp'] },
      { name: 'trunk `passive`', set: [FRESH, 'learner.backbone=passive'] },
      { name: 'random trunk', arm: 'random', set: [] },
      { name: 'last layer only', set: [FRESH, 'learner.taps=[conv6]'] },
      { name: 'balanced replay', set: [FRESH, 'learner.replay=balanced'] },
      { name: 'failure-heavy replay', set: [FRESH, 'learner.replay=failures'] },
      { name: 'half the exploring grasps antipodal', set: [FRESH, 'training.heuristicShare=0.5'] },
      { name: 'one grasp a scene', set: [FRESH, 'training.graspsPerScene=1', 'training.scenesPerRound=16'] },
      { name: 'other angles at the same cell', set: [FRESH, 'training.sameCell=true'] },
      { name: 'greedier exploring (temperature 0.2)', set: [FRESH, 'training.temperature=0.2'] },
      { name: 'depth predicted (20, 30, 40 mm)', set: [FRESH, 'action.depths=[0.02,0.03,0.04]'] },
    ],
  },
  {
    title: 'From scratch',
    rows: [
      { name: 'scratch', arm: 'scratch', set: [] },
      { name: 'rotation-equivariant, depth only', arm: 'equivariant', set: [] },
    ],
  },
];
