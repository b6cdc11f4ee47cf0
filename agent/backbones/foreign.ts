/** Foreign networks by name or model card: layer lists, TensorFlow.js models, ONNX files. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Tf } from '../engine/engine.ts';
import { decodeTensors } from '../network/safetensors.ts';
import type { Trunk } from '../network/trunk.ts';
import { type ForeignCard, foreignCard, parseCard } from './card.ts';
import { fetchFiles } from './fetch.ts';
import { foreignTrunk, type ImageNetwork } from './foreign-trunk.ts';
import { layerNetwork } from './layer-network.ts';
import { onnxNetwork } from './onnx-network.ts';
import { ownNames } from './own.ts';
import { type TfjsJson, tfjsNetwork } from './tfjs-network.ts';

/** Folder of foreign networks: the environment variable GRAFT_BACKBONES, if it is set. */
export const foreignFolder = (): string | undefined =>
  process.env.GRAFT_BACKBONES ? resolve(process.env.GRAFT_BACKBONES) : undefined;

/**
 * The model card of a foreign network: a name in {@link foreignFolder}, the path of a card, or of a .safetensors file with its
 * card beside it.
 * @returns its path; undefined if the name stands for no foreign network. Graft's own names are graft's own.
 * @throws Error for an ONNX file without a card.
 */
export function findCard(nameOrPath: string): string | undefined {
  if (nameOrPath.endsWith('.onnx'))
    throw new Error(
      `${nameOrPath}: expected the path of a model card (.json) that names the ONNX file, its input and its taps, got the file itself`,
    );
  if (ownNames().includes(nameOrPath)) return undefined;
  const folder = foreignFolder();
  const candidates = [
    ...(folder && /^[\w.-]+$/.test(nameOrPath) ? [join(folder, `${nameOrPath}.json`)] : []),
    ...(nameOrPath.endsWith('.json') ? [resolve(nameOrPath)] : []),
    ...(nameOrPath.endsWith('.safetensors') ? [resolve(nameOrPath.replace(/safetensors$/, 'json'))] : []),
  ];
  return candidates.find((path) => existsSync(path));
}

/** Names of the networks in {@link foreignFolder}: its .json files that look like model cards. */
export function foreignNames(): string[] {
  const folder = foreignFolder();
  if (!folder) return [];
  if (!existsSync(folder))
    throw new Error(`GRAFT_BACKBONES: expected a folder of model cards, got ${folder}, which is none`);
  return readdirSync(folder)
    .filter((f) => f.endsWith('.json') && /"(layers|tfjs|onnx)"\s*:\s*[[{]/.test(readFileSync(join(folder, f), 'utf8')))
    .map((f) => f.slice(0, -'.json'.length))
    .sort();
}

/** Which kind of file a network comes from. */
export const sourceOf = ({ tfjs, onnx }: ForeignCard): 'safetensors' | 'tfjs' | 'onnx' =>
  tfjs ? 'tfjs' : onnx ? 'onnx' : 'safetensors';

export const licenceOf = ({ license }: ForeignCard): string =>
  (typeof license === 'string' ? license : license?.spdx) ?? 'not stated';

/** Reads a model card. @throws Error naming the file and the key that does not fit. */
export const readForeignCard = (path: string): ForeignCard => parseCard(foreignCard, readFileSync(path, 'utf8'), path);

/** Strides that are read unless the card or the scenario says otherwise: where the picture is still a picture. */
const DEFAULT_STRIDES = [4, 8, 16] as const;

/**
 * Opens a foreign network as a trunk.
 * @param nameOrPath as {@link findCard} knows it.
 * @param tapNames   in place of the card's.
 * @throws Error naming the file, what was expected and what was got.
 */
export async function openForeign(tf: Tf, nameOrPath: string, tapNames?: readonly string[]): Promise<Trunk> {
  const path = findCard(nameOrPath);
  if (!path) throw new Error(`backbone '${nameOrPath}': expected its model card, got no such file`);
  const card = readForeignCard(path);
  const { network, sha256 } = await openNetwork(tf, card, path, tapNames ?? card.taps);
  const { layers, input, passes } = card;
  const hash = createHash('sha256')
    .update(JSON.stringify([sha256, layers, input, passes]))
    .digest('hex');
  const name = nameOrPath.replace(/^.*\/|\.(json|safetensors)$/g, '');
  const summary = card.summary ?? card.architecture ?? card.name ?? 'no summary';
  const line = `${summary} (${licenceOf(card)}), ${sourceOf(card)}; read at ${network.taps.map((t) => `${t.name} (stride ${t.stride})`).join(', ')}`;
  return foreignTrunk({ name, hash, card: line }, card, network);
}

async function openNetwork(
  tf: Tf,
  card: ForeignCard,
  path: string,
  taps: readonly string[] | undefined,
): Promise<{ network: ImageNetwork; sha256: string }> {
  const { layers, tfjs, onnx } = card;
  const base = dirname(path);
  if (layers) {
    const file = path.replace(/json$/, 'safetensors');
    const { files, sha256 } = await fetchFiles(file, base, card.sha256?.safetensors);
    const { parameters } = decodeTensors(files[0], file);
    return { network: layerNetwork(tf, layers, parameters, taps ?? DEFAULT_STRIDES, file), sha256 };
  }
  if (!taps) throw new Error(`${path}: expected taps, in the model card or as learner.taps, got none`);
  if (onnx) {
    const { files, sha256 } = await fetchFiles(onnx.model, base, onnx.sha256);
    return { network: await onnxNetwork(files[0], taps, card.input.layout ?? 'NCHW', onnx.model), sha256 };
  }
  const { model, sha256: expected } = tfjs!;
  const { files, sha256 } = await fetchFiles(model, base, expected, (first, where) =>
    tfjsJson(first, where).weightsManifest.flatMap((group) => group.paths),
  );
  return {
    network: await tfjsNetwork(tf, { json: tfjsJson(files[0], model), weights: files.slice(1) }, taps, model),
    sha256,
  };
}

/** @throws Error naming the file if it is no model.json. */
function tfjsJson(bytes: Uint8Array, where: string): TfjsJson {
  const fail = (got: string): never => {
    throw new Error(`${where}: expected a TensorFlow.js model.json with modelTopology and weightsManifest, got ${got}`);
  };
  let value: TfjsJson;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  const { modelTopology, weightsManifest } = value ?? {};
  const sound =
    typeof modelTopology === 'object' &&
    Array.isArray(weightsManifest) &&
    weightsManifest.every((g) => Array.isArray(g?.paths) && Array.isArray(g?.weights));
  return sound ? value : fail('other JSON');
}
