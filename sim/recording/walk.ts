/** Walk: a benchmark as a page has it, from the matrix down to single grasps, and the names of the trials that can be watched. */
import { OUTCOMES, type Outcome } from '../outcome.ts';

/** How a trial ended: an older benchmark kept only whether the grasp held. */
export type WalkEnd = Outcome | 'failed';

/** One character for each outcome. */
const LETTERS = {
  held: 'h',
  missed: 'm',
  slipped: 's',
  collided: 'c',
  'too-wide': 'w',
  'no-seal': 'n',
  unstable: 'u',
  invalid: 'x',
} as const satisfies Record<Outcome, string>;

/** The letter of an outcome. */
export const letterOf = (outcome: Outcome): string => LETTERS[outcome];

/** Older benchmarks have 1 for held and 0 for failed. */
const ENDS: ReadonlyMap<string, WalkEnd> = new Map<string, WalkEnd>([
  ...OUTCOMES.map((outcome) => [LETTERS[outcome], outcome] as const),
  ['1', 'held'],
  ['0', 'failed'],
]);

/** How each trial of a point ended. */
export const endsOf = ({ ends }: WalkPoint): WalkEnd[] => [...ends].map((letter) => ENDS.get(letter) ?? 'invalid');

/** One evaluation of one training seed: a grasp on each of its scenes, of which the first are the same at every point. */
export interface WalkPoint {
  /** Training trials before it; 0 of what does not learn. */
  readonly trials: number;
  /** A letter a scene, see {@link endsOf}. */
  readonly ends: string;
}

/** An arm with one training seed. */
export interface WalkRun {
  readonly seed: number;
  readonly points: readonly WalkPoint[];
}

/** An arm on a target. */
export interface WalkArm {
  readonly name: string;
  readonly role: string;
  readonly kind: 'learner' | 'fixed';
  readonly description: string;
  /** Interquartile mean over the seeds with its 95 % interval, 0..1, ascending in trials. */
  readonly curve: readonly {
    readonly trials: number;
    readonly rate: number;
    readonly low: number;
    readonly high: number;
  }[];
  readonly runs: readonly WalkRun[];
  /** Why its grasps cannot be watched; left out if they can. */
  readonly unwatchable?: string;
}

/** What arms are compared on. */
export interface WalkTarget {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly budgets: readonly number[];
  readonly arms: readonly WalkArm[];
  /** Objects of each scene, by seed; left out by an older benchmark. */
  readonly scenes?: Readonly<Record<string, readonly string[]>>;
  /** Learning curves of all arms as SVG, for wide and for narrow pages; points link to {@link pointLink}. */
  readonly plot: { readonly wide: string; readonly narrow: string };
}

/** Everything that the page shows, but for the grasps themselves. */
export interface Walk {
  readonly version: typeof WALK_VERSION;
  readonly title: string;
  readonly verdict: string;
  readonly claims: readonly string[];
  /** The arms that the verdict compares. */
  readonly headline: { readonly frozen: string | null; readonly scratch: string | null };
  readonly targets: readonly WalkTarget[];
  /** {@link trialName}s that a page without a server carries; left out where a server records them when they are asked for. */
  readonly recorded?: readonly string[];
  /** Address of the report, if there is one. */
  readonly report?: string;
}

export const WALK_VERSION = 1;

/** Where a server, or a folder, has it. */
export const WALK_FILE = 'walk.json';

/** Which trial: arm, seed and scene on a target, with the weights after so many training trials. */
export interface WalkTrial {
  readonly target: string;
  readonly arm: string;
  readonly trials: number;
  readonly seed: number;
  /** Among those of the seed, from 0. */
  readonly scene: number;
}

/** Name of a trial: of its recording's file, without the ending. */
export const trialName = ({ target, arm, trials, seed, scene }: WalkTrial): string =>
  `${target}.${arm}.${trials}.${seed}.${scene}`;

/** Reads {@link trialName}; undefined for anything else. */
export function parseTrialName(name: string): WalkTrial | undefined {
  const [, target, arm, ...numbers] = /^([\w-]+)\.([\w-]+)\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(name) ?? [];
  if (target === undefined) return undefined;
  const [trials, seed, scene] = numbers.map(Number);
  return { target, arm, trials, seed, scene };
}

/** The fragment of a point in a plot: a page makes a place of it. */
export const pointLink = (arm: string, trials: number): string => `#point=${arm},${trials}`;

/** Reads {@link pointLink}. */
export function parsePointLink(hash: string): { readonly arm: string; readonly trials: number } | undefined {
  const [, arm, trials] = /^#point=([\w-]+),(\d{1,9})$/.exec(hash) ?? [];
  return arm === undefined ? undefined : { arm, trials: Number(trials) };
}

/** Where trials are recorded when they are asked for, and what a benchmark is. */
export interface WalkSource {
  readonly walk: Walk;
  /** Path of the report, if there is one. */
  readonly report?: string;
  /**
   * Plays a trial again and records it, unless it has been.
   * @param name see {@link trialName}.
   * @returns the path of the recording.
   * @throws UserError that says why it cannot be watched.
   */
  readonly record: (name: string) => Promise<string>;
}

/** A benchmark as it is sent on. */
export interface SharedWalk {
  readonly title: string;
  /** One sentence for link previews. */
  readonly description: string;
  readonly walk: Walk;
  /** Path of the report, if there is one. */
  readonly report?: string;
  /** Records the trials that go along. @param take told of each one's recording, which is there until it has returned. */
  readonly record: (take: (name: string, path: string) => Promise<void>) => Promise<void>;
}
