import type { Pace } from '../network/parameters.ts';
import type { Layer } from '../network/trunk-layers.ts';

/**
 * What of a network learns, and how fast. All but `head` see the same augmentation: random shifts and mirror images of the
 * crop before the trunk.
 *
 * * `head`: the head alone, on cached features of the frozen trunk.
 * * `adapter`: the head, and a low-rank change of each of the trunk's kernels, whose own weights stay (Hu et al., 2022).
 * * `last-block`: the head and the trunk's last block.
 * * `full`: everything; on a pretrained trunk with lower rates for earlier layers (Howard and Ruder, 2018).
 * * `l2-sp`: everything, with an L2 penalty towards the trunk's starting point (Li et al., 2018).
 * * `gradual`: the head first, then one more block at a time, from the last (Howard and Ruder, 2018).
 */
export const TECHNIQUES = ['head', 'adapter', 'last-block', 'full', 'l2-sp', 'gradual'] as const;
export type Technique = (typeof TECHNIQUES)[number];

/** How techniques that train the trunk update. */
export interface EndToEndSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly batchSize: number;
  /** Updates after each new trial. */
  readonly updatesPerTrial: number;
  /**
   * Factor on the learning rate from one layer to the one before it: the head's is 1, the last layer's is this. By default
   * {@link LAYER_DECAY} for `full` and `gradual` on a pretrained trunk, else 1.
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

/** See {@link EndToEndSettings.layerDecay}. */
const LAYER_DECAY = 0.7;

/** Layers in blocks, first to last: a layer with stride 2 begins one. */
export function blocksOf(layers: readonly Layer[]): readonly (readonly Layer[])[] {
  const blocks: Layer[][] = [];
  for (const layer of layers) {
    if (blocks.length === 0 || layer.stride === 2) blocks.push([]);
    blocks.at(-1)!.push(layer);
  }
  return blocks;
}

/** The layers of which a technique ever trains the weights themselves; for `adapter` it trains adapters in their place. */
export function trainedLayers(technique: Technique, layers: readonly Layer[]): readonly Layer[] {
  if (technique === 'head') return [];
  return technique === 'last-block' ? blocksOf(layers).at(-1)! : layers;
}

/** Updates from one block to the next. */
const unfreezeUpdates = ({ unfreezeEvery, updatesPerTrial }: EndToEndSettings): number =>
  Math.max(1, Math.round(unfreezeEvery * updatesPerTrial));

/** How an update may move a trunk's layers. */
export interface Schedule {
  readonly technique: Technique;
  readonly layers: readonly Layer[];
  readonly settings: EndToEndSettings;
  /** Whether the trunk is worth keeping: then earlier layers learn more slowly. */
  readonly pretrained: boolean;
}

/**
 * How the weights of each layer move in an update.
 * @param updates before this one.
 * @returns       by name of the layer; a layer that is not in it stays as it is.
 */
export function pacesOf(
  { technique, layers, settings, pretrained }: Schedule,
  updates: number,
): ReadonlyMap<string, Pace> {
  const discriminative = pretrained && (technique === 'full' || technique === 'gradual');
  const decay = settings.layerDecay ?? (discriminative ? LAYER_DECAY : 1);
  const blocks = blocksOf(layers);
  const trained = new Set(trainedLayers(technique, layers));
  const paces = new Map<string, Pace>();
  blocks.forEach((block, b) => {
    // its own clock, so that the optimiser starts on a block as it would at the very start
    const step = technique === 'gradual' ? updates + 1 - (blocks.length - b) * unfreezeUpdates(settings) : updates + 1;
    if (step < 1) return;
    for (const layer of block) {
      const rateScale = decay ** (layers.length - layers.indexOf(layer));
      if (trained.has(layer)) paces.set(layer.name, { rateScale, step });
    }
  });
  return paces;
}
