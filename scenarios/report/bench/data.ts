/** Everything that the report of a benchmark is made of. */

import type { ReportExample } from '../example.ts';
import type { RunFacts } from '../html/reproduce.ts';
import type { Look } from '../sequential.ts';
import type { SpanEstimate } from '../spans.ts';
import type { Difference, Interval, RateInterval } from '../statistics.ts';

/** Success after a number of training trials. */
export interface BenchPoint extends RateInterval {
  readonly trials: number;
  /** Of each training seed, in the order of the arm's seeds. */
  readonly perSeed: readonly number[];
}

/** One arm on one target. */
export interface BenchArm {
  readonly name: string;
  /** A fixed policy does not learn: its curve is one point, at any number of trials. */
  readonly kind: 'learner' | 'fixed';
  /** What it stands for in the comparison. */
  readonly role: 'frozen' | 'control' | 'end-to-end' | 'fine-tuned' | 'heuristic' | 'ceiling' | 'external';
  readonly description: string;
  readonly seeds: readonly number[];
  /** Ascending in trials: interquartile mean of the seeds. */
  readonly curve: readonly BenchPoint[];
  /** Mean success over the logarithm of the trials; of learners. */
  readonly area: Interval | null;
  /** Training trials to a success rate; of learners. */
  readonly trialsTo: readonly { readonly level: number; readonly trials: SpanEstimate }[];
  /** What learning cost a robot: failed grasps among so many first training trials, mean of the seeds; where they were kept. */
  readonly failedFirst?: { readonly trials: number; readonly failed: Interval };
  /** Grasp success and declutter rate of rounds of clutter removal, where there were any. */
  readonly clutter: { readonly gsr: RateInterval; readonly dr: RateInterval } | null;
  /** Success without the shift minus success with it, same scenes; on targets with a shift. */
  readonly lost: Difference | null;
  /** Of learners; mean of the seeds, for the whole of the training. */
  readonly cost: {
    readonly trials: number;
    /** Wall-clock seconds of the training: trials, features and updates. */
    readonly trainSeconds: number;
    readonly updateSeconds: number;
    readonly updates: number;
    /** Multiply-adds of learning for each trial; null where they are not counted. */
    readonly macsPerTrial: number | null;
  } | null;
}

/** Two arms on one target, the same seeds and scenes. */
export interface BenchComparison {
  readonly a: string;
  readonly b: string;
  readonly seeds: number;
  /** a minus b after so many trials. */
  readonly differences: readonly (Difference & { readonly trials: number })[];
  /** Chance that a run of a does better than one of b, with the last weights. */
  readonly improvement: Interval;
  /**
   * What b needs over what a needs for the same success, `level` of the target: trials, multiply-adds, seconds of updates and of the
   * whole training. Null where one of them does not learn or was not counted.
   */
  readonly ratios: {
    readonly trials: SpanEstimate;
    readonly macs: SpanEstimate | null;
    readonly updateSeconds: SpanEstimate | null;
    readonly trainSeconds: SpanEstimate | null;
  } | null;
}

/** The pretrained policy before any trial against training from scratch. */
export interface BenchStart {
  /** What does not learn, and what does. */
  readonly arm: string;
  readonly scratch: string;
  /** Training trials after which scratch first holds as many grasps. */
  readonly equals: SpanEstimate;
}

/** Everything measured on one target. */
export interface BenchTarget {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly main: boolean;
  /** Object families of the evaluation scenes. */
  readonly families: readonly string[];
  /** Whether training has seen the objects of the evaluation, too. */
  readonly familiesSeen: boolean;
  readonly budgets: readonly number[];
  /** Evaluation trials for each seed: at the last budget, and before. */
  readonly finalTrials: number;
  readonly trials: number;
  /** Success at which arms are compared by what they needed: 80 %, or 90 % of the oracle's where that is lower. */
  readonly level: number;
  readonly arms: readonly BenchArm[];
  readonly comparisons: readonly BenchComparison[];
  /** Null where the pretrained policy was not measured before any trial, or there is none. */
  readonly start: BenchStart | null;
  /** Scene by scene, an example for each arm. */
  readonly examples: readonly (readonly ReportExample[])[];
}

/** Share of an arm's runs that reach each success rate. */
export interface BenchProfile {
  readonly arm: string;
  readonly points: readonly {
    readonly level: number;
    readonly share: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** The frozen arm of the verdict against training from scratch, over all targets. */
export interface BenchOverall {
  readonly targets: number;
  /** Trials of scratch over trials of the frozen arm, at each target's level. */
  readonly median: SpanEstimate;
  /**
   * The same median at other levels: `median` at no more than 90 % of each target's oracle (so at 0.9 just that), `literal` at
   * the very level.
   */
  readonly atLevels: readonly {
    readonly level: number;
    readonly median: SpanEstimate;
    readonly literal: SpanEstimate;
  }[];
  /** The target whose interval begins highest. */
  readonly best: { readonly target: string; readonly ratio: SpanEstimate };
  /** Chance that a run of the frozen arm does better than one of scratch, mean of the targets. */
  readonly improvement: Interval;
}

/** A comparison of a sequential benchmark, as it was last looked at: a minus b after so many trials. */
export interface BenchStop extends Look {
  readonly target: string;
  readonly a: string;
  readonly b: string;
  readonly trials: number;
  /** Seeds at most. */
  readonly planned: number;
}

/** What a sequential benchmark decided, and what it did not play. */
export interface BenchSequential {
  readonly comparisons: readonly BenchStop[];
  /** Units at most, and those that are not wanted as things stand. */
  readonly planned: number;
  readonly spared: number;
}

/** A benchmark: targets, arms, seeds. */
export interface BenchReport extends RunFacts {
  readonly preset: string;
  /** The command that shows its grasps, if there is one. */
  readonly watch?: string;
  /** Objects from files in place of the families: where they lie, and the hash of all of them. */
  readonly objects?: { readonly path: string; readonly hash: string };
  /** The arms that the verdict compares, chosen before the measurement; null where it was not measured. */
  readonly headline: { readonly frozen: string | null; readonly scratch: string | null };
  readonly targets: readonly BenchTarget[];
  readonly overall: BenchOverall | null;
  /** Where seeds were played until comparisons were decided. */
  readonly sequential?: BenchSequential;
  /** Over the runs on all targets; one entry for few trials, one for the most. */
  readonly profiles: readonly { readonly title: string; readonly arms: readonly BenchProfile[] }[];
  /** Units that are still to be measured, of so many. */
  readonly missing: readonly string[];
  readonly units: number;
  readonly leftOut: readonly { readonly arm: string; readonly why: string }[];
}
