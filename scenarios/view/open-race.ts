/** A race opened to be looked at: what a page shows, and a recording of each arm. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedRace } from '../../sim/recording/race.ts';
import { sharedRace } from './shared-race.ts';
import type { SharedRunRequest } from './shared-run.ts';

/** Whoever opened it closes it: its recordings lie in a folder of their own until then. */
export interface OpenRace extends RecordedRace {
  readonly notes: readonly string[];
  readonly close: () => void;
}

/** Opens a race's folder; arms that were not recorded are replayed. @throws InputError as {@link sharedRace}. */
export async function openRace(request: Omit<SharedRunRequest, 'trials'>): Promise<OpenRace> {
  const race = await sharedRace({ ...request, whole: true });
  const folder = mkdtempSync(join(tmpdir(), 'graft-race-'));
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  const recordings = new Map<string, string>();
  try {
    for (const { name, record } of race.arms) {
      const path = join(folder, `${name}.mcap`);
      await record(path);
      recordings.set(name, path);
    }
    return { race, recordings, notes: race.notes, close };
  } catch (error) {
    close();
    throw error;
  }
}
