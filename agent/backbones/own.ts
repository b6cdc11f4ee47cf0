/** Graft's own backbones: trunks to start from, by name or file. `foreign.ts` has others', `registry.ts` both by name. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rngStream } from '../../sim/math/rng.ts';
import { type Model, modelParameters } from '../network/model.ts';
import type { Parameters } from '../network/parameters.ts';
import { initTrunk, LAYERS } from '../network/trunk-layers.ts';
import { type Backbone, backboneAt, decodeBackbone, feedParameters } from './backbone.ts';
import { headsTensors } from './pretrained-head.ts';

export type { Backbone } from './backbone.ts';

/** Where graft's own weights are. */
export const WEIGHTS_FOLDER = fileURLToPath(new URL('../weights/', import.meta.url));

/** Identifies everything that a learner may start from: the trunk, and the heads if there are any. Hexadecimal. */
export const startHash = ({ hash, parameters, heads }: Backbone): string =>
  Object.keys(heads).length > 0 ? parametersHash({ ...parameters, ...headsTensors(heads) }) : hash;

/** As `HashParameters`. */
export const parametersHash = (parameters: Parameters): string =>
  feedParameters(createHash('sha256'), parameters).digest('hex');

/** Identifies all of a trained policy, its standardisation included. As {@link parametersHash}. */
export const modelHash = (model: Model): string => parametersHash(modelParameters(model));

/** Names of the trunks that ship with graft. */
export const backboneNames = (): string[] =>
  existsSync(WEIGHTS_FOLDER)
    ? readdirSync(WEIGHTS_FOLDER)
        .filter((f) => f.endsWith('.safetensors'))
        .map((f) => f.slice(0, -'.safetensors'.length))
        .sort()
    : [];

/** The weights that a name or path stands for, whether they are there or not. */
export const weightsPath = (nameOrPath: string): string =>
  backboneNames().includes(nameOrPath) ? `${WEIGHTS_FOLDER}${nameOrPath}.safetensors` : resolve(nameOrPath);

/** The model card beside weights. */
export const cardPath = (weights: string): string => weights.replace(/\.safetensors$/, '.model.json');

/** The name of a trunk that was never trained: what any result owes to the architecture and the head alone. */
export const RANDOM_BACKBONE = 'random';

/** Names of graft's own trunks, shipped and drawn. */
export const ownNames = (): string[] => [...backboneNames(), RANDOM_BACKBONE];

/**
 * Loads one of graft's own trunks by name, or from a .safetensors path.
 * @param taps layers that the head reads, in place of the model card's.
 * @throws Error naming the file if it is missing, truncated, of the wrong shape, not finite, or differs from its model card;
 *   or if there is no such layer.
 */
export function loadBackbone(nameOrPath: string, taps?: readonly string[]): Backbone {
  if (nameOrPath === RANDOM_BACKBONE) {
    const drawn = initTrunk(rngStream(0, 'backbone/random'));
    const own = { name: nameOrPath, layers: LAYERS, parameters: drawn, card: 'random weights, never trained' };
    return backboneAt(own, taps, parametersHash);
  }
  const path = weightsPath(nameOrPath);
  if (!existsSync(path)) {
    throw new Error(
      `backbone '${nameOrPath}': expected one of ${backboneNames().join(', ')} or the path of a .safetensors file, got no such file`,
    );
  }
  const about = cardPath(path);
  const card = existsSync(about) ? { text: readFileSync(about, 'utf8'), path: about } : undefined;
  const stored = { name: nameOrPath, bytes: readFileSync(path), path, ...(card && { card }) };
  return decodeBackbone(stored, taps, parametersHash);
}
