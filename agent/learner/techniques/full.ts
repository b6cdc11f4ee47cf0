/** Technique `full`: everything learns; on a pretrained trunk with lower rates for earlier layers (Howard and Ruder, 2018). */
import { allLayers, DISCRIMINATIVE, type Technique } from './technique.ts';

export const full: Technique = { frozen: false, trains: allLayers, layerDecay: DISCRIMINATIVE };
