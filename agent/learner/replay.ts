/** Replay buffer: the trials that a learner has met, and how batches are drawn from them. */
import { type Rng, rngStream } from '../../sim/math/rng.ts';
import { MEMBERS } from '../network/head.ts';

/** What one valid trial teaches. `data`: cached features (frozen trunk) or a padded crop (end to end). */
export interface Sample {
  readonly data: Float32Array;
  /** Index among the grasp shapes. */
  readonly shape: number;
  readonly held: boolean;
  /** What was added to the network's logit of the grasp, as in `Proposal`; 0 if left out. */
  readonly prior?: number;
}

/** A sample in the buffer, with the members of the head that learn from it. */
export interface StoredSample extends Sample {
  /** [MEMBERS] 0 or 1. */
  readonly members: Float32Array;
}

/** Ways to draw. `balanced`: as many grasps that held as that failed; `failures`: half of them recent failures. */
export const DRAWS = ['uniform', 'balanced', 'failures'] as const;
export type Draw = (typeof DRAWS)[number];

/** Failures that count as recent. */
const RECENT = 64;

/** Probability that a member of the head learns from a trial. */
const MEMBER_SHARE = 0.8;

/** Which members learn from the trial at a position of the buffer; at least one. Depends on (seed, index) alone. */
export function drawMembers(seed: number, index: number): Float32Array {
  const rng = rngStream(seed, 'learner/members', index);
  const members = Float32Array.from({ length: MEMBERS }, () => (rng.next() < MEMBER_SHARE ? 1 : 0));
  if (!members.includes(1)) members[rng.int(MEMBERS)] = 1;
  return members;
}

/** Adds samples to the end of the buffer, their numbers as checkpoints keep them. */
export function store(replay: StoredSample[], samples: readonly Sample[], seed: number): void {
  for (const sample of samples) {
    const prior = sample.prior === undefined ? {} : { prior: Math.fround(sample.prior) };
    replay.push({ ...sample, ...prior, members: drawMembers(seed, replay.length) });
  }
}

/** A batch of samples, with replacement. */
export function drawBatch(replay: readonly StoredSample[], size: number, how: Draw, rng: Rng): StoredSample[] {
  if (how === 'uniform') return Array.from({ length: size }, () => rng.pick(replay));
  const [held, failed] = [replay.filter((s) => s.held), replay.filter((s) => !s.held)];
  const pools = how === 'balanced' ? [held, failed] : [replay, failed.slice(-RECENT)];
  return Array.from({ length: size }, (_, i) => {
    const pool = pools[i % 2];
    return rng.pick(pool.length > 0 ? pool : replay);
  });
}
