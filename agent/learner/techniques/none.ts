/** Technique `none`: nothing learns. A pretrained head goes on choosing as it did; what it predicts follows what its trials held. */
import type { Technique } from './technique.ts';

export const none: Technique = { frozen: true, still: true, trains: () => [], layerDecay: 1 };
