/** Technique `gradual`: the head learns first, then one more block at a time, from the last (Howard and Ruder, 2018). */
import type { EndToEndSettings } from './settings.ts';
import { allLayers, DISCRIMINATIVE, type Technique } from './technique.ts';

/** Updates from one block to the next. */
const unfreezeUpdates = ({ unfreezeEvery, updatesPerTrial }: EndToEndSettings): number =>
  Math.max(1, Math.round(unfreezeEvery * updatesPerTrial));

export const gradual: Technique = {
  frozen: false,
  trains: allLayers,
  layerDecay: DISCRIMINATIVE,
  delay: (place, settings) => place * unfreezeUpdates(settings),
};
