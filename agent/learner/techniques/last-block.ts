/** Technique `last-block`: the head and the trunk's last block learn. */
import { blocksOf, type Technique } from './technique.ts';

export const lastBlock: Technique = { frozen: false, trains: (layers) => blocksOf(layers).at(-1)!, layerDecay: 1 };
