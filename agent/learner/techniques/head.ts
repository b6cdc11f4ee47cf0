/** Technique `head`: the head alone learns, on cached features of the frozen trunk. */
import type { Technique } from './technique.ts';

export const head: Technique = { frozen: true, trains: () => [], layerDecay: 1 };
