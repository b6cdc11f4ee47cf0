/** Level: what every view of a benchmark is given, and how it leads on. */
import type { Walk } from '../../../sim/recording/walk.ts';
import type { WalkDifference } from './pairs.ts';
import type { Place } from './place.ts';

/** What is shown where. */
export interface Level {
  readonly walk: Walk;
  readonly place: Place;
  /** Goes to a place, as its link does. */
  readonly go: (place: Place) => void;
  /** Differences of two arms on a target, worked out once; later, where there are many. */
  readonly difference: (target: string, a: string, b: string) => Promise<readonly WalkDifference[]>;
}
