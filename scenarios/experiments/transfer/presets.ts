/** Presets of the transfer benchmark: targets, arms, budgets, seeds and trials. */
import type { TargetName } from './targets.ts';

/** How much is measured on a target. */
export interface Size {
  /** Training trials at which the weights of that moment are evaluated, ascending. */
  readonly budgets: readonly number[];
  /** Training seeds for each arm. */
  readonly seeds: number;
  /** Evaluation trials for each seed at the budgets before the last one. */
  readonly trials: number;
  /** The same at the last budget; the first of them are those of the other budgets. */
  readonly finalTrials: number;
  /** Rounds of clutter removal for each seed at the last budget, on targets that have them. */
  readonly rounds: number;
  /** Scenes of seed 0 whose pictures are kept, for the report. */
  readonly pictures: number;
  readonly arms: readonly string[];
  /** Arms with fewer seeds. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** What a benchmark measures. */
export interface Preset {
  readonly targets: readonly TargetName[];
  readonly main: Size;
  /** Of the targets that are not main ones. */
  readonly others: Size;
  /**
   * Frozen arms in the order of preference: the verdict speaks of the first one that was measured. Named here, before
   * any measurement, so that the arm is not picked by its result.
   */
  readonly headline: readonly string[];
}

const HEADLINE = ['grasp-head', 'grasp-passive', 'grasp', 'passive', 'pretrained'];
const HEURISTICS = ['depth-pca', 'antipodal'];

const SMOKE: Size = {
  budgets: [18, 20],
  seeds: 2,
  trials: 4,
  finalTrials: 6,
  rounds: 2,
  pictures: 1,
  arms: ['pretrained', 'scratch', 'depth-pca'],
};

const QUICK: Size = {
  budgets: [32, 64, 128, 256],
  seeds: 3,
  trials: 100,
  finalTrials: 100,
  rounds: 20,
  pictures: 3,
  arms: ['pretrained', 'random', 'scratch', ...HEURISTICS],
};

const EARLY: Size = {
  budgets: [5, 10, 25, 50, 100, 200],
  seeds: 3,
  trials: 100,
  finalTrials: 100,
  rounds: 20,
  pictures: 1,
  arms: ['zero-shot', 'scratch', 'scratch-prior', 'antipodal'],
};

/** Before any trial against 50 and 400 of its own, where there is something to learn. */
const ADAPT: Size = {
  budgets: [50, 400],
  seeds: 3,
  trials: 150,
  finalTrials: 150,
  rounds: 0,
  pictures: 1,
  arms: ['shipped', 'shipped-head', 'shipped-finetuned', 'antipodal'],
};

const FROZEN = ['passive', 'grasp', 'grasp-passive', 'grasp-head', 'zero-shot'];

export const PRESETS = {
  /** For tests: exercises everything, shows nothing. */
  smoke: { targets: ['unseen'], main: SMOKE, others: { ...SMOKE, seeds: 1 }, headline: HEADLINE },
  quick: { targets: ['unseen'], main: QUICK, others: QUICK, headline: HEADLINE },
  /** What the first trials are worth, against the strongest start from nothing. */
  early: { targets: ['unseen'], main: EARLY, others: EARLY, headline: HEADLINE },
  /** What own trials are worth to the shipped policy on targets that it is weak on. */
  adapt: { targets: ['hard', 'cup', 'hardest'], main: ADAPT, others: ADAPT, headline: ['shipped-head'] },
  full: {
    targets: ['unseen', 'clutter', 'pile', 'narrow', 'long-fingers', 'suction', 'side', 'noise', 'visual', 'slippery'],
    main: {
      budgets: [25, 50, 100, 200, 400, 800, 1600],
      seeds: 10,
      trials: 25,
      finalTrials: 100,
      rounds: 20,
      pictures: 3,
      arms: [
        ...FROZEN,
        'mobilenet',
        'random',
        'scratch',
        'scratch-guided',
        'equivariant',
        'grasp-finetuned',
        ...HEURISTICS,
        'oracle',
      ],
      limits: { mobilenet: 3, 'scratch-guided': 3, equivariant: 3, 'grasp-finetuned': 3 },
    },
    others: {
      budgets: [25, 100, 400, 800],
      seeds: 5,
      trials: 60,
      finalTrials: 60,
      rounds: 12,
      pictures: 1,
      arms: ['passive', 'grasp', 'grasp-head', 'zero-shot', 'random', 'scratch', ...HEURISTICS, 'oracle'],
    },
    headline: HEADLINE,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
