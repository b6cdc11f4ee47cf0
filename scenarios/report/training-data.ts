export { trainReportHtml } from './training.ts';

/** A success rate with its 95 % confidence interval, all 0..1. */
interface Rate {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

/** A picture, [height, width, 3] sRGB bytes. */
export interface ReportImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** One scene, what a policy saw in it and what came of it. */
export interface ReportExample {
  readonly title: string;
  /** Camera frame. */
  readonly image: ReportImage;
  /** [size, size] metres above the table; row 0 is at the lowest world y. */
  readonly heightmap: { readonly size: number; readonly height: Float32Array };
  /** [size, size] predicted probability, 0..1; 0 where nothing was predicted. This and `grasp` are of the first policy in `outcomes`. */
  readonly affordance: Float32Array | null;
  /** Heightmap cells (fractions allowed); yaw of the closing axis from world +X, radians. */
  readonly grasp: {
    readonly row: number;
    readonly col: number;
    readonly yaw: number;
    readonly openingCells: number;
  } | null;
  readonly outcomes: readonly { readonly policy: string; readonly outcome: string }[];
  /** Predicted for the grasp. */
  readonly probability: number | null;
}

/** What it takes to run it again. */
export interface RunFacts {
  /** The exact command line. */
  readonly command: string;
  readonly scenario: string;
  readonly seed: number;
  /** Tensor engine. */
  readonly engine: string;
  readonly physics: string;
  /** Version by package. */
  readonly versions: Readonly<Record<string, string>>;
  /** Wall-clock time of the whole run. */
  readonly seconds: number;
}

/** A training run and its evaluation. */
export interface TrainReport extends RunFacts {
  readonly arm: string;
  /** `card`: one line on where the weights come from. */
  readonly backbone: { readonly name: string; readonly hash: string; readonly card: string };
  readonly training: readonly {
    readonly trial: number;
    readonly outcome: string;
    readonly probability: number | null;
  }[];
  /** Evaluation of the final checkpoint. `invalid` trials are not among `trials`. `reasons` counts outcomes. */
  readonly final: Rate & {
    readonly trials: number;
    readonly invalid: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly families: Readonly<Record<string, { readonly held: number; readonly trials: number }>>;
    readonly calibration: readonly { readonly probability: number; readonly held: boolean }[];
  };
  /** Fixed policies on the same scenes; `difference` is learned minus this one. */
  readonly baselines: readonly (Rate & {
    readonly policy: string;
    readonly trials: number;
    readonly reasons: Readonly<Record<string, number>>;
    readonly difference: { readonly difference: number; readonly low: number; readonly high: number };
  })[];
  readonly examples: readonly ReportExample[];
  /** Hash by artefact: checkpoint, recording. */
  readonly hashes: Readonly<Record<string, string>>;
}
