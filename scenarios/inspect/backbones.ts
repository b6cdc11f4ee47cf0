/** Inspection of the backbones: origin, licence, taps and time of each. */
import { findCard, licenceOf, readForeignCard, sourceOf } from '../../agent/backbones/foreign.ts';
import { type Backbone, RANDOM_BACKBONE, WEIGHTS_FOLDER } from '../../agent/backbones/own.ts';
import { allBackboneNames, foreignTrunkOf, openBackbone, ownTrunkOf } from '../../agent/backbones/registry.ts';
import { loadEngine } from '../../agent/engine/engine.ts';
import { architectureTaps } from '../../agent/network/architecture.ts';
import { featureLength } from '../../agent/network/features.ts';
import type { Tap } from '../../agent/network/trunk.ts';
import { INPUT_CHANNELS } from '../../agent/network/window.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { InputError } from '../load.ts';

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
  /** All angles of one heightmap, ms; only if it was asked for. */
  readonly milliseconds?: number;
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

/** What is timed: one heightmap's windows. */
const TIMED = { angles: 12, side: 96 } as const;

/** Milliseconds that a trunk takes for one heightmap: the median over 9 passes, after one to warm up. */
async function timed({ architecture, parameters }: Backbone): Promise<number> {
  const { tf } = await loadEngine();
  const model = { architecture, trunk: parameters };
  const trunk = (await foreignTrunkOf(tf, model)) ?? ownTrunkOf(tf, model);
  const { angles, side } = TIMED;
  const rng = rngStream(0, 'backbones/timed');
  const input = Float32Array.from({ length: angles * side * side * INPUT_CHANNELS }, () => rng.range(-0.5, 0.5));
  const times = Array.from({ length: 10 }, () => {
    const started = performance.now();
    trunk.run(input, angles, side, side);
    return performance.now() - started;
  });
  trunk.dispose();
  return times.slice(1).sort((a, b) => a - b)[4];
}

/**
 * `graft backbones`: every backbone that a scenario can name, opened and checked.
 * @param options.time also measure what a heightmap costs.
 */
export async function listBackbones(options: {
  readonly time?: boolean;
}): Promise<{ backbones: readonly BackboneJson[]; lines: readonly string[] }> {
  const backbones: BackboneJson[] = [];
  for (const name of names()) {
    const about = { name, ...origin(name) };
    try {
      const backbone = await openBackbone(name);
      const { architecture, hash, card } = backbone;
      const taps = architectureTaps(architecture);
      const cost = options.time ? { milliseconds: await timed(backbone) } : {};
      backbones.push({ ...about, ok: true, taps, features: featureLength(taps), hash, card, ...cost });
    } catch (error) {
      backbones.push({ ...about, ok: false, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { backbones, lines: table(backbones) };
}

/** @throws InputError if GRAFT_BACKBONES is no folder. */
function names(): string[] {
  try {
    return allBackboneNames();
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

function table(backbones: readonly BackboneJson[]): string[] {
  const head = ['name', 'source', 'taps: name (stride, channels)', 'features', 'ms', 'hash', 'licence', 'where'];
  const rows = backbones.map(({ name, source, taps, features, milliseconds, hash, licence, path, error }) => [
    name,
    source,
    error ?? taps!.map((t) => `${t.name} (${t.stride}, ${t.channels})`).join('  '),
    String(features ?? '-'),
    milliseconds?.toFixed(0) ?? '-',
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
