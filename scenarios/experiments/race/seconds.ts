/** Seconds of a race: what its arms have taken, kept for a race that is gone on with. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../files.ts';
import { startSaveClock } from '../../run/saving/clock.ts';
import type { PreparedRace } from './entrants.ts';

/** Wall-clock seconds of the turns of each arm. */
interface Seconds {
  /** Of earlier processes; none of a heuristic, which begins anew. */
  readonly before: readonly number[];
  /** Keeps those of all processes, now and then or now. */
  save(seconds: readonly number[], now?: boolean): void;
}

/** @param resume whether there may be any of an earlier process; without them they count from now. */
export function openSeconds({ folder, entrants }: Pick<PreparedRace, 'folder' | 'entrants'>, resume: boolean): Seconds {
  const path = join(folder, 'seconds.json');
  const known = resume && existsSync(path) ? parsed(readFileSync(path, 'utf8')) : {};
  const clock = startSaveClock();
  return {
    before: entrants.map(({ name, run }) => (run ? (known[name] ?? 0) : 0)),
    save: (seconds, now = false) => {
      if (!now && !clock.due()) return;
      const all = Object.fromEntries(entrants.map(({ name }, i) => [name, seconds[i]]));
      clock.save(() => writeAtomically(path, `${JSON.stringify(all)}\n`));
    },
  };
}

/** By arm; none if the file is damaged: no result depends on them. */
function parsed(text: string): Readonly<Record<string, number>> {
  try {
    const value: unknown = JSON.parse(text);
    return Object.fromEntries(Object.entries(value ?? {}).filter(([, seconds]) => seconds >= 0));
  } catch {
    return {};
  }
}
