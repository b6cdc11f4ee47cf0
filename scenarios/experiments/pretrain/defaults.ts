/** Defaults of a pretraining, and its number of threads. */
import { availableParallelism } from 'node:os';

/** How much a pretraining does, unless told otherwise. */
export const PRETRAIN_DEFAULTS = {
  rounds: 24,
  scenes: 600,
  grasps: 8,
  steps: 700,
  seed: 0,
  /** A getter, so that a test can ask for less. */
  get batchSize(): number {
    return 48;
  },
  questions: 8,
  learningRate: 2e-3,
  weightDecay: 1e-3,
} as const;

/** Threads that draw scenes: all cores but the one that trains. */
export const pretrainWorkers = (): number => Math.max(1, availableParallelism() - 1);
