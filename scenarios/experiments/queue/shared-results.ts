/** Shared results: a folder that all machines of a queue see, in which each result lies under the hash of what was measured. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writingTo } from '../../files.ts';
import { comparable } from '../comparable.ts';
import type { Measured } from '../transfer/measure.ts';
import { measuredSchema } from '../transfer/raw.ts';

const answer = z.strictObject({
  /** Which machine and process. */
  by: z.string(),
  versions: z.record(z.string(), z.string()),
  measured: measuredSchema,
});

/** What a machine measured of a unit. */
export interface Answer extends Omit<z.infer<typeof answer>, 'measured'> {
  readonly measured: Measured;
}

/** Results by unit. Written whole or not at all; the same again changes nothing, another one lies beside it. */
export interface SharedResults {
  /** @throws StorageError if the folder cannot be written. */
  readonly write: (id: string, answer: Answer) => void;
  /** Every result that differs in more than times; damaged files are passed over, the unit is measured again. */
  readonly read: (id: string) => readonly Answer[];
}

/** @throws InputError if the folder cannot be made. */
export function openSharedResults(folder: string): SharedResults {
  writingTo(folder, () => void mkdirSync(folder, { recursive: true }));
  return {
    write: (id, given) => {
      const place = join(folder, id);
      writingTo(place, () => void mkdirSync(place, { recursive: true }));
      // a machine thought dead may end the same unit at the same moment
      writeAtomically(
        join(place, `${hashOf(given.measured)}.json`),
        JSON.stringify(given),
        `.${hostname()}-${process.pid}`,
      );
    },
    read: (id) => {
      const place = join(folder, id);
      if (!existsSync(place)) return [];
      return readdirSync(place)
        .filter((name) => name.endsWith('.json'))
        .sort()
        .flatMap((name) => whole(join(place, name), name.slice(0, -'.json'.length)) ?? []);
    },
  };
}

function whole(path: string, hash: string): Answer | undefined {
  try {
    const found = answer.parse(JSON.parse(readFileSync(path, 'utf8'))) as Answer;
    return hashOf(found.measured) === hash ? found : undefined;
  } catch {
    return undefined;
  }
}

const hashOf = (measured: Measured): string =>
  createHash('sha256').update(comparable(measured)).digest('hex').slice(0, 32);
