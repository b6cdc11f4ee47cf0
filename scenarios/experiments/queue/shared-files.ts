/** Shared files: what is too large for a queue, in a folder that all machines see, each under the hash of its bytes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeAtomically, writingTo } from '../../files.ts';
import { InputError } from '../../load.ts';

const FOLDER = 'files';

/** Files by their SHA-256, hexadecimal. */
export interface SharedFiles {
  /** Writes a file that is not there yet. @returns its hash. @throws StorageError if the folder cannot be written. */
  readonly put: (bytes: Uint8Array) => string;
  /** A whole file; undefined if it is not here, or damaged. */
  readonly find: (hash: string) => Uint8Array | undefined;
  /** As {@link find}. @throws InputError if there is none. */
  readonly get: (hash: string) => Uint8Array;
}

/** SHA-256 of a file, hexadecimal. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** @param shared the folder that all machines see; made when the first file is written. */
export function openSharedFiles(shared: string): SharedFiles {
  const folder = join(shared, FOLDER);
  const find = (hash: string): Uint8Array | undefined => {
    const path = join(folder, hash);
    if (!/^[0-9a-f]{64}$/.test(hash) || !existsSync(path)) return undefined;
    const bytes = readFileSync(path);
    return hashOf(bytes) === hash ? bytes : undefined;
  };
  return {
    find,
    put: (bytes) => {
      const hash = hashOf(bytes);
      if (find(hash)) return hash;
      writingTo(folder, () => void mkdirSync(folder, { recursive: true }));
      writeAtomically(join(folder, hash), bytes, `.${hostname()}-${process.pid}`);
      return hash;
    },
    get: (hash) => {
      const bytes = find(hash);
      if (bytes) return bytes;
      throw new InputError(`${folder}: expected a file with hash ${hash.slice(0, 80)}, got none that is whole`);
    },
  };
}
