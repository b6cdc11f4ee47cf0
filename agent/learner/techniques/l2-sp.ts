/** Technique `l2-sp`: everything learns, with an L2 penalty towards the trunk's starting point (Li et al., 2018). */
import { allLayers, type Technique } from './technique.ts';

export const l2sp: Technique = { frozen: false, trains: allLayers, layerDecay: 1, anchor: (settings) => settings.l2sp };
