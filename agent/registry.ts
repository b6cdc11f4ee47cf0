import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backboneShapes } from './backbone.ts';
import type { Parameters } from './parameters.ts';
import { checkShapes, decodeTensors } from './safetensors.ts';

/** Where graft's own weights are. */
export const WEIGHTS_FOLDER = fileURLToPath(new URL('./weights/', import.meta.url));

/** A pretrained trunk. */
export interface Backbone {
  readonly name: string;
  readonly parameters: Parameters;
  /** As {@link parametersHash}. */
  readonly hash: string;
  /** What it was trained on, one line. */
  readonly card: string;
}

/** SHA-256 over names, shapes and float bits, hexadecimal: equal hashes mean equal weights. */
export function parametersHash(parameters: Parameters): string {
  const hash = createHash('sha256');
  for (const [name, { shape, values }] of Object.entries(parameters)) {
    hash.update(`${name}[${shape.join()}]`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

/** Names of the trunks that ship with graft. */
export const backboneNames = (): string[] =>
  existsSync(WEIGHTS_FOLDER)
    ? readdirSync(WEIGHTS_FOLDER)
        .filter((f) => f.endsWith('.safetensors'))
        .map((f) => f.slice(0, -'.safetensors'.length))
        .sort()
    : [];

/**
 * Loads a trunk by name, or from a .safetensors path.
 * @throws Error naming the file if it is missing, truncated, of the wrong shape, not finite, or differs from its model card.
 */
export function loadBackbone(nameOrPath: string): Backbone {
  const named = backboneNames().includes(nameOrPath);
  const path = named ? `${WEIGHTS_FOLDER}${nameOrPath}.safetensors` : resolve(nameOrPath);
  if (!existsSync(path)) {
    throw new Error(
      `backbone '${nameOrPath}': expected one of ${backboneNames().join(', ')} or the path of a .safetensors file, got no such file`,
    );
  }
  const { parameters } = decodeTensors(readFileSync(path), path);
  checkShapes(parameters, backboneShapes(), path);
  const hash = parametersHash(parameters);
  const cardPath = path.replace(/\.safetensors$/, '.model.json');
  if (!existsSync(cardPath)) return { name: nameOrPath, parameters, hash, card: 'no model card' };
  const card = JSON.parse(readFileSync(cardPath, 'utf8')) as { hash?: string; summary?: string };
  if (card.hash && card.hash !== hash) {
    throw new Error(`${path}: expected weights with hash ${card.hash} (its model card), got ${hash}`);
  }
  return { name: nameOrPath, parameters, hash, card: card.summary ?? 'no summary' };
}
