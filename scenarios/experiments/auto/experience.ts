/** Experience: trials that all candidates share, and the file of their heightmaps. */
import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { fromLog } from '../../../agent/policy/action.ts';
import type { Tried } from '../../../agent/policy/prediction.ts';
import type { Heightmap, HeightmapSettings } from '../../../sim/camera/heightmap.ts';
import { append } from '../../files.ts';
import { InputError } from '../../load.ts';
import type { TrialOutput, TrialRecord } from '../../trials/job.ts';

/** A trial that any candidate can learn from: what was seen, what was done, what came of it. */
export type SharedTrial = Tried & Pick<TrialRecord, 'trial' | 'scene'> & { readonly held: boolean };

const FILE = 'experience.bin';

/** Heights (float32), colours (a byte a channel, as the camera gave them) and what was observed (a byte). */
const bytesOf = ({ size }: HeightmapSettings): number => size * size * (4 + 3 + 1);

/** A heightmap in as few bytes as bring back every bit. */
export function packMap({ size, height, colour, observed }: Heightmap): Uint8Array {
  const cells = size * size;
  const packed = new Uint8Array(cells * 8);
  packed.set(new Uint8Array(Float32Array.from(height).buffer), 0);
  for (let i = 0; i < cells * 3; i++) packed[cells * 4 + i] = Math.round(colour[i] * 255);
  packed.set(observed, cells * 7);
  return packed;
}

/** The heightmap that was packed. */
export function unpackMap(packed: Uint8Array, { size, cell }: HeightmapSettings): Heightmap {
  const cells = size * size;
  // a copy, because a Buffer's slice would be a view of something larger
  const bytes = Uint8Array.from(packed);
  return {
    size,
    cell,
    height: new Float32Array(bytes.buffer, 0, cells),
    colour: Float32Array.from(bytes.subarray(cells * 4, cells * 7), (byte) => byte / 255),
    observed: bytes.slice(cells * 7),
  };
}

/** Adds the heightmaps of some jobs' scenes to the file, in order. @param jobs outputs, a list a scene. */
export function appendMaps(folder: string, jobs: readonly (readonly TrialOutput[])[]): void {
  for (const [{ map }] of jobs) if (map) append(join(folder, FILE), packMap(map));
}

/**
 * The heightmaps of the first `scenes` scenes; cuts off what lies behind them.
 * @throws InputError if there are fewer.
 */
export function readMaps(folder: string, scenes: number, settings: HeightmapSettings): Heightmap[] {
  const path = join(folder, FILE);
  const bytes = existsSync(path) ? readFileSync(path) : new Uint8Array(0);
  const each = bytesOf(settings);
  if (bytes.length < scenes * each)
    throw new InputError(`${path}: expected ${scenes} heightmaps of ${each} bytes, got ${bytes.length} bytes`);
  if (bytes.length > scenes * each) truncateSync(path, scenes * each);
  return Array.from({ length: scenes }, (_, i) => unpackMap(bytes.subarray(i * each, (i + 1) * each), settings));
}

/** Takes the file away, once every candidate has learned from it. */
export const removeMaps = (folder: string): void => rmSync(join(folder, FILE), { force: true });

/** What can be learned of some jobs: trials that diverged, or found nothing to grasp, teach nothing. */
export function sharedTrials(jobs: readonly (readonly TrialOutput[])[]): SharedTrial[] {
  return jobs.flatMap((outputs) => {
    const map = outputs[0]?.map;
    return map ? outputs.flatMap(({ record }) => sharedTrial(record, map)) : [];
  });
}

/** One logged trial on its scene, if it teaches anything. */
export function sharedTrial({ trial, scene, action, outcome }: TrialRecord, map: Heightmap): SharedTrial[] {
  return action && outcome !== 'invalid'
    ? [{ trial, scene, map, action: fromLog(action), held: outcome === 'held' }]
    : [];
}
