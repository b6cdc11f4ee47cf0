/** Technique: what of a network learns, and how fast. One file each beside this one; `registry.ts` lists them. */
import type { Rng } from '../../../sim/math/rng.ts';
import type { Parameters } from '../../network/parameters.ts';
import type { Parametrization } from '../../network/parametrization.ts';
import type { Layer } from '../../network/trunk-layers.ts';
import type { EndToEndSettings } from './settings.ts';

/**
 * A technique. All but those that freeze the trunk see the same augmentation: random shifts and mirror images of the crop
 * before the trunk. The head learns, too, unless it is still.
 */
export interface Technique {
  /** Whether the trunk stays as it is, so that features are computed once and cached. */
  readonly frozen: boolean;
  /** Whether a pretrained head stays as it is, too, but for a shift of all its logits (`learner.calibrate`). */
  readonly still?: true;
  /** Layers of the trunk that ever learn, among all of them in order. */
  readonly trains: (layers: readonly Layer[]) => readonly Layer[];
  /** Factor on the learning rate from one layer of a pretrained trunk to the one before it; `endToEnd.layerDecay` overrides it. */
  readonly layerDecay: number;
  /** Updates before a block begins to learn; 0 if left out. @param place of the block from the end: the last one's is 1. */
  readonly delay?: (place: number, settings: EndToEndSettings) => number;
  /** Decay of the trunk's weights towards where they began, in place of weight decay. */
  readonly anchor?: (settings: EndToEndSettings) => number;
  /** Weights that learn in place of the trunk's own. @param start of the trunk. @param head names of its weights. */
  readonly parametrize?: (
    layers: readonly Layer[],
    start: Parameters,
    head: readonly string[],
    settings: EndToEndSettings,
    rng: Rng,
  ) => { readonly parametrization: Parametrization; readonly free: Parameters };
}

/** All layers. */
export const allLayers = (layers: readonly Layer[]): readonly Layer[] => layers;

/** Layers in blocks, first to last: a layer with stride 2 begins one. */
export function blocksOf(layers: readonly Layer[]): readonly (readonly Layer[])[] {
  const blocks: Layer[][] = [];
  for (const layer of layers) {
    if (blocks.length === 0 || layer.stride === 2) blocks.push([]);
    blocks.at(-1)!.push(layer);
  }
  return blocks;
}

/** {@link Technique.layerDecay} of discriminative fine-tuning (Howard and Ruder, 2018). */
export const DISCRIMINATIVE = 0.7;
