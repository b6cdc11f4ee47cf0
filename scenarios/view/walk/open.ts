/** A benchmark opened to be walked: what a page shows, and recordings made when they are asked for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WalkSource } from '../../../sim/recording/walk.ts';
import { readWalk } from './read.ts';
import { openReplays } from './replays.ts';

/** Whoever opened it closes it: its recordings lie in a folder of their own until then. */
export interface OpenWalk extends WalkSource {
  readonly close: () => Promise<void>;
}

/** Opens a benchmark's folder. @throws InputError as {@link readWalk}. */
export async function openWalk(from: string): Promise<OpenWalk> {
  const { walk, report, ...measured } = await readWalk(from);
  const folder = mkdtempSync(join(tmpdir(), 'graft-walk-'));
  const replays = openReplays({ ...measured, folder });
  return {
    walk: { ...walk, ...(report !== undefined && { report: './report' }) },
    ...(report !== undefined && { report }),
    record: replays.record,
    close: async () => {
      await replays.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
