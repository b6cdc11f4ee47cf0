/** Shards: source scenes on disk, and of which settings they are. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HeadKind } from '../../../agent/backbones/descriptor.ts';
import type { Pretraining } from '../../../agent/pretrain/pretraining.ts';
import type { SourceScene } from '../../../agent/pretrain/source-data.ts';
import type { SceneSplit } from '../../../sim/scene.ts';
import { writeAtomically, writingTo } from '../../files.ts';
import { InputError } from '../../load.ts';
import { Interrupted } from '../../terminal/interrupted.ts';
import { decodeExact, encodeExact } from '../queue/exact.ts';
import type { SourcePool } from './source-pool.ts';

/** What the scenes of a folder depend on, besides the models that chose grasps when they were made. */
export interface ShardSettings {
  readonly seed: number;
  /** Scenes of a shard. */
  readonly scenes: number;
  /** Grasps tried on each. */
  readonly grasps: number;
  /** Of the objects. */
  readonly families: readonly string[];
  readonly physics: string;
  /** Kind of the hands; jaws if left out. */
  readonly hand?: HeadKind;
}

/**
 * Scenes for pretraining on disk, in shards that are made once and used by every pretraining that is pointed at the folder.
 * The files are a cache in Node's own serialisation: nothing but graft reads them.
 */
export interface ShardStore {
  /**
   * The scenes of a shard: from its file, or drawn and tried now.
   * @param progress is told how many are there.
   * @throws Interrupted if the signal fires meanwhile; InputError if the file is damaged.
   */
  readonly load: (
    split: SceneSplit,
    shard: number,
    model: Pick<Pretraining, 'layers' | 'parameters'> | undefined,
    progress: (done: number) => void,
  ) => Promise<readonly SourceScene[]>;
}

const DESCRIPTION = 'data.json';

/** Grasps tried on each scene of a folder; undefined if there is none yet. Passive tasks can use scenes with any number. */
export function graspsIn(folder: string): number | undefined {
  const path = join(folder, DESCRIPTION);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const [, grasps] = /"grasps": (\d+)/.exec(text) ?? [];
  if (grasps !== undefined) return Number(grasps);
  throw new InputError(`${path}: expected a count of grasps, got ${text.slice(0, 80)}`);
}

/** Scenes of a job. */
const AHEAD = 12;

/** @throws InputError if the folder holds scenes of other settings, or cannot be written. */
export function openShards(folder: string, settings: ShardSettings, pool: SourcePool, signal: AbortSignal): ShardStore {
  const described = join(folder, DESCRIPTION);
  writingTo(folder, () => {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(described)) writeAtomically(described, `${JSON.stringify(settings, null, 2)}\n`);
  });
  const found = readFileSync(described, 'utf8').trim();
  if (found !== JSON.stringify(settings, null, 2))
    throw new InputError(`${described}: expected ${JSON.stringify(settings)}, got ${found.replace(/\s+/g, ' ')}`);
  return {
    load: async (split, shard, model, progress) => {
      const path = join(folder, `${split}-${String(shard).padStart(3, '0')}.bin`);
      if (existsSync(path)) return read(path);
      const scenes: SourceScene[] = [];
      const first = shard * settings.scenes;
      for (let from = 0; from < settings.scenes; from += AHEAD * pool.workers) {
        if (signal.aborted)
          throw new Interrupted('pretraining interrupted while scenes were drawn; the same command goes on');
        const until = Math.min(from + AHEAD * pool.workers, settings.scenes);
        const starts = Array.from({ length: Math.ceil((until - from) / AHEAD) }, (_, i) => from + i * AHEAD);
        const jobs = starts.map((start) => ({
          ...{ seed: settings.seed, hand: settings.hand ?? 'jaws', split, first: first + start },
          count: Math.min(AHEAD, until - start),
          ...{ grasps: settings.grasps, ...(model && { model }) },
        }));
        for (const scene of await pool.run(jobs)) scenes.push(scene);
        progress(scenes.length);
      }
      writeAtomically(path, encodeExact(scenes));
      return scenes;
    },
  };
}

function read(path: string): readonly SourceScene[] {
  try {
    return decodeExact(readFileSync(path)) as SourceScene[];
  } catch (error) {
    throw new InputError(
      `${path}: expected scenes, got a damaged file (remove the folder to make them again): ${String(error)}`,
    );
  }
}
