import { architectureTaps } from '../agent/architecture.ts';
import { allBackboneNames, openBackbone } from '../agent/backbones.ts';
import { featureLength } from '../agent/features.ts';
import { findCard, licenceOf, readForeignCard, sourceOf } from '../agent/foreign.ts';
import { RANDOM_BACKBONE, WEIGHTS_FOLDER } from '../agent/registry.ts';
import type { Tap } from '../agent/trunk.ts';

/** One line of `graft backbones`. */
export interface BackboneJson {
  readonly name: string;
  readonly source: 'graft' | 'drawn' | 'safetensors' | 'tfjs' | 'onnx';
  readonly licence: string;
  /** File of the weights or of the model card; null for what is drawn. */
  readonly path: string | null;
  readonly ok: boolean;
  /** Why it cannot be used. */
  readonly error?: string;
  readonly taps?: readonly Tap[];
  /** Length of a grasp's feature vector. */
  readonly features?: number;
  readonly hash?: string;
  readonly card?: string;
}

function origin(name: string): Pick<BackboneJson, 'source' | 'licence' | 'path'> {
  if (name === RANDOM_BACKBONE) return { source: 'drawn', licence: '-', path: null };
  const path = findCard(name);
  if (!path) return { source: 'graft', licence: 'MIT', path: `${WEIGHTS_FOLDER}${name}.safetensors` };
  try {
    const card = readForeignCard(path);
    return { source: sourceOf(card), licence: licenceOf(card), path };
  } catch {
    // what is wrong with the card is said by opening it
    return { source: 'safetensors', licence: 'not stated', path };
  }
}

/** `graft backbones`: every backbone that a scenario can name, opened and checked. */
export async function listBackbones(): Promise<{ backbones: readonly BackboneJson[]; lines: readonly string[] }> {
  const backbones: BackboneJson[] = [];
  for (const name of allBackboneNames()) {
    const about = { name, ...origin(name) };
    try {
      const { architecture, hash, card } = await openBackbone(name);
      const taps = architectureTaps(architecture);
      backbones.push({ ...about, ok: true, taps, features: featureLength(taps), hash, card });
    } catch (error) {
      backbones.push({ ...about, ok: false, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { backbones, lines: table(backbones) };
}

function table(backbones: readonly BackboneJson[]): string[] {
  const head = ['name', 'source', 'taps: name (stride, channels)', 'features', 'hash', 'licence', 'where'];
  const rows = backbones.map(({ name, source, taps, features, hash, licence, path, error }) => [
    name,
    source,
    error ?? taps!.map((t) => `${t.name} (${t.stride}, ${t.channels})`).join('  '),
    String(features ?? '-'),
    hash?.slice(0, 12) ?? '-',
    licence,
    path ?? '-',
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((r) => r[i].length)));
  return [head, ...rows].map((r) =>
    r
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
}
