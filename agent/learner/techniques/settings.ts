/** Settings of the techniques that train the trunk. */

/** How techniques that train the trunk update. */
export interface EndToEndSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  /** Updates after each new trial. */
  readonly updatesPerTrial: number;
  /**
   * Factor on the learning rate from one layer to the one before it: the head's is 1, the last layer's is this. The technique's
   * own if left out.
   */
  readonly layerDecay?: number;
  /** `l2-sp`: decay towards the starting point; an update shrinks the distance by learning rate times this. */
  readonly l2sp: number;
  /** `gradual`: trials from one block to the next. */
  readonly unfreezeEvery: number;
  /** `adapter`: rank of each kernel's change. */
  readonly adapterRank: number;
}

export const END_TO_END_DEFAULTS: EndToEndSettings = {
  learningRate: 1e-3,
  weightDecay: 1e-4,
  batchSize: 32,
  updatesPerTrial: 2,
  l2sp: 10,
  unfreezeEvery: 32,
  adapterRank: 4,
};
