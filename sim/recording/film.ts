import type { Camera } from '../camera/camera.ts';
import type { Grasp } from '../grasp.ts';
import type { TrialResult } from '../outcome.ts';
import type { Episode } from './episode.ts';

/** Pose frames of a film for a simulated second. */
export const FILM_HZ = 30;

/** A trial as it is kept in a recording: all that is needed to play it, to learn from it, and to prove it. */
export interface Film {
  /** The key of the scene, with the episode's split. */
  readonly seed: number;
  readonly scene: number;
  readonly episode: Episode;
  /** The camera of the episode's image, as the policy believes it to be. */
  readonly camera: Camera;
  /** All bits of the grasp that was tried. */
  readonly grasp: Grasp;
  readonly result: Pick<TrialResult, 'target' | 'gap' | 'forces' | 'rise' | 'steps' | 'stateHash'>;
  /** [frames, objects, 2]: normal force of each finger on each object, N. */
  readonly pressed: Float32Array;
  /** Of all that the policy saw: colour, depth and heightmap, bit for bit. */
  readonly observationHash: string;
}
