/** Graft's own backbones: trunks to start from, by name or file. `foreign.ts` has others', `registry.ts` both by name. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rngStream } from '../../sim/math/rng.ts';
import { type Architecture, layersOf } from '../network/architecture.ts';
import { featureLength } from '../network/features.ts';
import type { Model } from '../network/model.ts';
import { type Parameter, type Parameters, pick } from '../network/parameters.ts';
import { checkShapes, decodeTensors } from '../network/safetensors.ts';
import { CROP, initTrunk, LAYERS, type Layer, tapsOf, trunkShapes } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS } from '../network/window.ts';
import { ownCard, parseCard } from './card.ts';
import { headsAmong, headsShapes, headsTensors, type PretrainedHeads } from './pretrained-head.ts';

/** Where graft's own weights are. */
export const WEIGHTS_FOLDER = fileURLToPath(new URL('../weights/', import.meta.url));

/** Backbone: a trunk to start from, with its weights and perhaps heads, checked. */
export interface Backbone {
  readonly name: string;
  readonly architecture: Architecture;
  /** Weights of graft's own network; empty for a foreign one, whose weights stay in their file. */
  readonly parameters: Parameters;
  /** As {@link parametersHash} for graft's own; equal hashes mean equal outputs. */
  readonly hash: string;
  /** What it was trained on, one line. */
  readonly card: string;
  /** Heads that were pretrained on the trunk, for all of the card's taps; none if it is read at others. */
  readonly heads: PretrainedHeads;
}

/** Identifies everything that a learner may start from: the trunk, and the heads if there are any. Hexadecimal. */
export const startHash = ({ hash, parameters, heads }: Backbone): string =>
  Object.keys(heads).length > 0 ? parametersHash({ ...parameters, ...headsTensors(heads) }) : hash;

/** SHA-256 over names, shapes and float bits, hexadecimal: equal hashes mean equal weights. */
export function parametersHash(parameters: Parameters): string {
  const hash = createHash('sha256');
  for (const [name, { shape, values }] of Object.entries(parameters)) {
    hash.update(`${name}[${shape.join()}]`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

/** Identifies all of a trained policy, its standardisation included. As {@link parametersHash}. */
export function modelHash({ trunk, head, standardization: { mean, scale } }: Model): string {
  const vector = (values: Float32Array): Parameter => ({ shape: [values.length], values });
  return parametersHash({ ...trunk, ...head, mean: vector(mean), scale: vector(scale) });
}

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
    return withTaps(
      { name: nameOrPath, layers: LAYERS, parameters: drawn, card: 'random weights, never trained' },
      taps,
    );
  }
  const path = weightsPath(nameOrPath);
  if (!existsSync(path)) {
    throw new Error(
      `backbone '${nameOrPath}': expected one of ${backboneNames().join(', ')} or the path of a .safetensors file, got no such file`,
    );
  }
  const { parameters: tensors } = decodeTensors(readFileSync(path), path);
  const about = cardPath(path);
  const card = existsSync(about) ? parseCard(ownCard, readFileSync(about, 'utf8'), about) : {};
  const layers = card.layers ? chain(card.layers, about) : LAYERS;
  const { parameters, heads } = splitHeads(tensors, layers, path);
  const hash = parametersHash(parameters);
  if (card.hash && card.hash !== hash) {
    throw new Error(`${path}: expected weights with hash ${card.hash} (its model card), got ${hash}`);
  }
  const summary = existsSync(about) ? (card.summary ?? 'no summary') : 'no model card';
  const backbone = withTaps({ name: nameOrPath, layers, parameters, card: summary }, taps);
  // the heads read the card's own taps, no more and no fewer
  if (Object.keys(heads).length === 0 || tapNames(layersOf(backbone.architecture)) !== tapNames(layers))
    return backbone;
  const whole = { ...backbone, heads };
  if (card.startHash && card.startHash !== startHash(whole))
    throw new Error(
      `${path}: expected a head that makes hash ${card.startHash} (its model card), got ${startHash(whole)}`,
    );
  return whole;
}

const tapNames = (layers: readonly Layer[]): string =>
  tapsOf(layers)
    .map((tap) => tap.name)
    .join();

/** A file's tensors as trunk and heads. @throws Error naming the file if they are not of the right shapes. */
function splitHeads(
  tensors: Parameters,
  layers: readonly Layer[],
  path: string,
): { readonly parameters: Parameters; readonly heads: PretrainedHeads } {
  const shapes = headsShapes(tensors, featureLength(tapsOf(layers)));
  checkShapes(tensors, { ...trunkShapes(layers), ...shapes }, path);
  const heads = headsAmong(pick(tensors, Object.keys(shapes)));
  return { parameters: pick(tensors, Object.keys(trunkShapes(layers))), heads };
}

/** A list of layers with the channels that go into each. @throws Error unless every stride fits the stored crops. */
function chain(layers: readonly Omit<Layer, 'inputs'>[], where: string): Layer[] {
  const stride = layers.reduce((s, l) => s * l.stride, 1);
  if (CROP.rows % stride !== 0 || CROP.cols % stride !== 0)
    throw new Error(`${where}: expected strides whose product divides ${CROP.rows} and ${CROP.cols}, got ${stride}`);
  return layers.map((layer, i) => ({ ...layer, inputs: i === 0 ? INPUT_CHANNELS : layers[i - 1].outputs }));
}

/** The trunk read at the named layers; what lies behind the last of them is left out. */
function withTaps(
  own: {
    readonly name: string;
    readonly layers: readonly Layer[];
    readonly parameters: Parameters;
    readonly card: string;
  },
  names: readonly string[] | undefined,
): Backbone {
  const { name, card } = own;
  const known = own.layers.map((l) => l.name);
  const unknown = names?.find((n) => !known.includes(n));
  if (unknown !== undefined)
    throw new Error(`backbone '${name}': expected taps among ${known.join(', ')}, got '${unknown}'`);
  const read = names ? own.layers.map((l) => ({ ...l, tap: names.includes(l.name) })) : own.layers;
  const layers = read.slice(0, read.findLastIndex((l) => l.tap) + 1);
  const parameters = Object.fromEntries(Object.keys(trunkShapes(layers)).map((key) => [key, own.parameters[key]]));
  return { name, architecture: { kind: 'own', layers }, parameters, hash: parametersHash(parameters), card, heads: {} };
}
