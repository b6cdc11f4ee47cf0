/** Backbone: a trunk to start from, with its weights and perhaps heads, read from bytes. Files: `own.ts`; a page has others. */
import { type Architecture, layersOf } from '../network/architecture.ts';
import { featureLength } from '../network/features.ts';
import { type Parameters, pick } from '../network/parameters.ts';
import { checkShapes, decodeTensors } from '../network/safetensors.ts';
import { CROP, LAYERS, type Layer, tapsOf, trunkShapes } from '../network/trunk-layers.ts';
import { INPUT_CHANNELS } from '../network/window.ts';
import { ownCard, parseCard } from './card.ts';
import { headsAmong, headsShapes, headsTensors, type PretrainedHeads } from './pretrained-head.ts';

/** Backbone: a trunk to start from, with its weights and perhaps heads, checked. */
export interface Backbone {
  readonly name: string;
  readonly architecture: Architecture;
  /** Weights of graft's own network; empty for a foreign one, whose weights stay in their file. */
  readonly parameters: Parameters;
  /** As {@link HashParameters} for graft's own; equal hashes mean equal outputs. */
  readonly hash: string;
  /** What it was trained on, one line. */
  readonly card: string;
  /** Heads that were pretrained on the trunk, for all of the card's taps; none if it is read at others. */
  readonly heads: PretrainedHeads;
}

/** SHA-256 over names, shapes and float bits, hexadecimal: equal hashes mean equal weights. See {@link feedParameters}. */
export type HashParameters = (parameters: Parameters) => string;

/** What a hash of any library takes. */
interface Hash {
  update(bytes: Uint8Array): unknown;
}

/** Feeds weights to a hash: Node's, or a page's. @returns the hash. */
export function feedParameters<T extends Hash>(hash: T, parameters: Parameters): T {
  const text = new TextEncoder();
  for (const [name, { shape, values }] of Object.entries(parameters)) {
    hash.update(text.encode(`${name}[${shape.join()}]`));
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash;
}

/** Weights and model card of one of graft's own trunks, as they are in their files. */
export interface StoredBackbone {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Named in errors. */
  readonly path: string;
  /** The model card's text and its name in errors. */
  readonly card?: { readonly text: string; readonly path: string };
}

/**
 * Reads one of graft's own trunks.
 * @param taps layers that the head reads, in place of the model card's.
 * @throws Error naming the file if it is truncated, of the wrong shape, not finite, or differs from its model card; or if there
 *   is no such layer.
 */
export function decodeBackbone(
  { name, bytes, path, card: stored }: StoredBackbone,
  taps: readonly string[] | undefined,
  hashOf: HashParameters,
): Backbone {
  const { parameters: tensors } = decodeTensors(bytes, path);
  const card = stored ? parseCard(ownCard, stored.text, stored.path) : {};
  const layers = card.layers ? chain(card.layers, stored?.path ?? path) : LAYERS;
  const { parameters, heads } = splitHeads(tensors, layers, path);
  const hash = hashOf(parameters);
  if (card.hash && card.hash !== hash) {
    throw new Error(`${path}: expected weights with hash ${card.hash} (its model card), got ${hash}`);
  }
  const summary = stored ? (card.summary ?? 'no summary') : 'no model card';
  const backbone = backboneAt({ name, layers, parameters, card: summary }, taps, hashOf);
  // the heads read the card's own taps, no more and no fewer
  if (Object.keys(heads).length === 0 || tapNames(layersOf(backbone.architecture)) !== tapNames(layers))
    return backbone;
  const start = hashOf({ ...parameters, ...headsTensors(heads) });
  if (card.startHash && card.startHash !== start)
    throw new Error(`${path}: expected a head that makes hash ${card.startHash} (its model card), got ${start}`);
  return { ...backbone, heads };
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

/** A trunk without heads, read at the named layers; what lies behind the last of them is left out. */
export function backboneAt(
  own: {
    readonly name: string;
    readonly layers: readonly Layer[];
    readonly parameters: Parameters;
    readonly card: string;
  },
  names: readonly string[] | undefined,
  hashOf: HashParameters,
): Backbone {
  const { name, card } = own;
  const known = own.layers.map((l) => l.name);
  const unknown = names?.find((n) => !known.includes(n));
  if (unknown !== undefined)
    throw new Error(`backbone '${name}': expected taps among ${known.join(', ')}, got '${unknown}'`);
  const read = names ? own.layers.map((l) => ({ ...l, tap: names.includes(l.name) })) : own.layers;
  const layers = read.slice(0, read.findLastIndex((l) => l.tap) + 1);
  const parameters = Object.fromEntries(Object.keys(trunkShapes(layers)).map((key) => [key, own.parameters[key]]));
  return { name, architecture: { kind: 'own', layers }, parameters, hash: hashOf(parameters), card, heads: {} };
}
