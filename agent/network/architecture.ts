/** Architecture: what a trunk is, without its weights. */
import type { Tap } from './trunk.ts';
import { LAYERS, type Layer, tapsOf } from './trunk-layers.ts';

/** What a head's logits are added to: the antipodal score of the grasp, see `policy/choice/prior.ts`. */
export const PRIORS = ['antipodal'] as const;
export type Prior = (typeof PRIORS)[number];

/** What a trunk is, without weights: plain data that travels between threads and into files. */
export type Architecture =
  | { readonly kind: 'own'; readonly layers: readonly Layer[]; readonly prior?: Prior | undefined }
  | {
      readonly kind: 'foreign';
      /** Name or path of its model card. */
      readonly source: string;
      readonly hash: string;
      readonly taps: readonly Tap[];
    };

/** Graft's own network as it ships. */
export const OWN_ARCHITECTURE: Architecture = { kind: 'own', layers: LAYERS };

/** The taps that the head reads. */
export const architectureTaps = (architecture: Architecture): readonly Tap[] =>
  architecture.kind === 'own' ? tapsOf(architecture.layers) : architecture.taps;

/** What the logits of a head are added to, if anything. */
export const priorOf = (architecture: Architecture): Prior | undefined =>
  architecture.kind === 'own' ? architecture.prior : undefined;

/** Layers of graft's own network. @throws Error for a foreign one. */
export function layersOf(architecture: Architecture): readonly Layer[] {
  if (architecture.kind === 'own') return architecture.layers;
  throw new Error(`trunk: expected one of graft's own, got the foreign network '${architecture.source}'`);
}
