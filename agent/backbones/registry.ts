/** Registry of the backbones, own and foreign. A new one is a `graft pretrain` or a model card; a new format: `foreign.ts`. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Engine, loadEngine, type Tf } from '../engine/engine.ts';
import { layersOf } from '../network/architecture.ts';
import type { Model } from '../network/model.ts';
import type { Trunk } from '../network/trunk.ts';
import { findCard, foreignFolder, foreignNames, openForeign } from './foreign.ts';
import { type Backbone, loadBackbone, ownNames, parametersHash } from './own.ts';
import { ownTrunk } from './own-trunk.ts';

/** Every backbone that has a name here. */
export const allBackboneNames = (): string[] => [...new Set([...ownNames(), ...foreignNames()])];

/**
 * Finds and checks a backbone: one of graft's own trunks, or a foreign network, whose file is read and run once.
 * @param nameOrPath as `learner.backbone` in a scenario.
 * @param taps       layers that the head reads, in place of the model card's.
 * @throws Error naming the file, what was expected and what was got, if it is missing, damaged or of the wrong shape.
 */
export async function openBackbone(
  nameOrPath: string,
  taps?: readonly string[],
  engine: () => Promise<Engine> = loadEngine,
): Promise<Backbone> {
  if (!findCard(nameOrPath)) {
    if (!ownNames().includes(nameOrPath) && !existsSync(nameOrPath)) throw noSuchBackbone(nameOrPath);
    return loadBackbone(nameOrPath, taps);
  }
  const { tf } = await engine();
  const trunk = await openForeign(tf, nameOrPath, taps);
  trunk.dispose();
  const { name, hash, card } = trunk;
  // a path stays good when a run is used from another folder
  const source = /[/\\]|\.(json|safetensors)$/.test(nameOrPath) ? resolve(nameOrPath) : nameOrPath;
  const architecture = { kind: 'foreign', source, hash, taps: trunk.taps } as const;
  return { name, architecture, parameters: {}, hash, card, heads: {} };
}

function noSuchBackbone(nameOrPath: string): Error {
  const folder = foreignFolder();
  const searched = folder
    ? `GRAFT_BACKBONES is ${folder}`
    : 'GRAFT_BACKBONES, the folder of foreign networks, is not set';
  return new Error(
    `backbone '${nameOrPath}': expected one of ${allBackboneNames().join(', ')} or the path of a .safetensors file or model card, got no such file (${searched})`,
  );
}

/** The trunk of a model on graft's own network. @throws Error for a foreign one; see {@link foreignTrunkOf}. */
export const ownTrunkOf = (tf: Tf, { architecture, trunk }: Pick<Model, 'architecture' | 'trunk'>): Trunk =>
  ownTrunk(tf, {
    name: 'own',
    hash: parametersHash(trunk),
    card: '',
    layers: layersOf(architecture),
    parameters: trunk,
  });

/**
 * The trunk of a model on a foreign network, from its file.
 * @returns undefined for a model on graft's own.
 * @throws Error as {@link openBackbone}, and if the file is no longer the one that the model was trained on.
 */
export async function foreignTrunkOf(
  tf: Tf,
  { architecture }: Pick<Model, 'architecture'>,
): Promise<Trunk | undefined> {
  if (architecture.kind === 'own') return undefined;
  const { source, hash, taps } = architecture;
  const trunk = await openForeign(
    tf,
    source,
    taps.map((t) => t.name),
  );
  if (trunk.hash === hash && JSON.stringify(trunk.taps) === JSON.stringify(taps)) return trunk;
  trunk.dispose();
  throw new Error(`backbone '${source}': expected the network with hash ${hash} (the policy's own), got ${trunk.hash}`);
}
