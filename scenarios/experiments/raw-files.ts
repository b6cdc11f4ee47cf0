/** Files of raw results: what is too large for JSON, beside a raw store, each named with its hash by the result it belongs to. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writingTo } from '../files.ts';
import { InputError } from '../load.ts';
import { hashOf } from './queue/shared-files.ts';
import { openRawStore, type RawStore } from './raw-store.ts';

/** A file's name is no path: what a result says must not reach out of its folder. */
const fileName = z.string().refine((name) => name === basename(name) && /^\w[\w.-]*$/.test(name), {
  error: 'expected the name of a file',
});

/** Hashes of a result's files, by name. */
export const fileHashes = z.record(fileName, z.string());
export type FileHashes = z.infer<typeof fileHashes>;

const naming = z.looseObject({ files: fileHashes });

/** What files a raw result names, if it is such a one. */
export const filesOf = (result: unknown): FileHashes => naming.safeParse(result).data?.files ?? {};

/** Writes files whole, in front of the result that names them. @returns their hashes. */
export function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array>>): FileHashes {
  writingTo(folder, () => void mkdirSync(folder, { recursive: true }));
  for (const [name, bytes] of Object.entries(files)) writeAtomically(join(folder, name), bytes);
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, hashOf(bytes)]));
}

/** A file of a result. @throws InputError if it is not here, or another one. */
export function readWhole(folder: string, name: string, hash: string): Uint8Array {
  const path = join(folder, name);
  const bytes = existsSync(path) ? readFileSync(path) : undefined;
  if (bytes && hashOf(bytes) === hash) return bytes;
  throw new InputError(`${path}: expected the file with hash ${hash}, got ${bytes ? 'another' : 'none'}`);
}

/** A raw store whose results are there only if their files are: what was lost or damaged is measured again. */
export function storeWithFiles(folder: string): Pick<RawStore, 'find' | 'keep'> {
  const store = openRawStore(folder);
  const isWhole = (result: unknown): boolean =>
    Object.entries(filesOf(result)).every(([name, hash]) => {
      try {
        return readWhole(folder, name, hash).length > 0;
      } catch {
        return false;
      }
    });
  return {
    ...store,
    find: (name) => {
      const found = store.find(name);
      return found && isWhole(parsed(found.parse)) ? found : undefined;
    },
  };
}

function parsed(parse: () => unknown): unknown {
  try {
    return parse();
  } catch {
    // whoever uses the result says what is wrong
    return undefined;
  }
}
