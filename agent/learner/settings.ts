/** Settings of a learner: how fast it learns, from how much, by which technique. */
import type { Prior } from '../network/architecture.ts';
import type { HeadInit } from './regimes.ts';
import type { Draw } from './replay.ts';
import type { TechniqueName } from './techniques/registry.ts';
import { END_TO_END_DEFAULTS, type EndToEndSettings } from './techniques/settings.ts';

/** How a learner updates. */
export interface LearnerSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  /** Updates after each new trial. */
  readonly updatesPerTrial: number;
  /** In place of the regime's own. */
  readonly technique?: TechniqueName;
  /** How batches are drawn from the replay buffer. */
  readonly replay: Draw;
  /** What the head begins with. */
  readonly head: HeadInit;
  /** What a random network's logits are added to; nothing if left out. */
  readonly prior?: Prior | undefined;
  /** Technique `head`, where the head starts from the trunk's own: decay towards the starting point; an update shrinks the distance by learning rate times this. */
  readonly headAnchor: number;
  /** Technique `head`, where the head starts from the trunk's own: whether its logits are shifted to what the trials so far held; they are if left out. */
  readonly calibrate?: boolean | undefined;
  /** Factor on every layer's outputs, for regimes whose trunk starts from random weights. */
  readonly width: number;
  /** The same four for techniques that train the trunk, and what these need besides. */
  readonly endToEnd: EndToEndSettings;
}

export const LEARNER_DEFAULTS: LearnerSettings = {
  learningRate: 1e-3,
  weightDecay: 0.1,
  batchSize: 64,
  updatesPerTrial: 2,
  replay: 'uniform',
  head: 'auto',
  headAnchor: 100,
  width: 1,
  endToEnd: END_TO_END_DEFAULTS,
};
