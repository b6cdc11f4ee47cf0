/** Schedule: how fast the weights of each layer move in an update. */
import type { Pace } from '../../network/optimizer.ts';
import type { Layer } from '../../network/trunk-layers.ts';
import { type TechniqueName, techniqueNamed } from './registry.ts';
import type { EndToEndSettings } from './settings.ts';
import { blocksOf } from './technique.ts';

/** What a schedule follows from. */
export interface Schedule {
  readonly technique: TechniqueName;
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
  const { trains, layerDecay, delay } = techniqueNamed(technique);
  const decay = settings.layerDecay ?? (pretrained ? layerDecay : 1);
  const blocks = blocksOf(layers);
  const trained = new Set(trains(layers));
  const paces = new Map<string, Pace>();
  blocks.forEach((block, b) => {
    // its own clock, so that the optimiser starts on a block as it would at the very start
    const step = updates + 1 - (delay?.(blocks.length - b, settings) ?? 0);
    if (step < 1) return;
    for (const layer of block) {
      const rateScale = decay ** (layers.length - layers.indexOf(layer));
      if (trained.has(layer)) paces.set(layer.name, { rateScale, step });
    }
  });
  return paces;
}
