/** Files that graft writes and reads: whole or not at all, and what is wrong with them told as the user's to mend. */
import { renameSync, writeFileSync } from 'node:fs';
import { InputError } from './parse/parse.ts';

/** Writes a whole file or nothing: a crash leaves the old one. */
export function writeAtomically(path: string, data: string | Uint8Array): void {
  writeFileSync(`${path}.partial`, data);
  renameSync(`${path}.partial`, path);
}

/** Does what writes into a folder. @throws InputError that names the folder if it cannot. */
export function writingTo(folder: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new InputError(
      `${folder}: expected a folder that can be written, got: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Runs a check of a file's content; what it finds is the user's to mend. @throws InputError with the check's message. */
export function sound<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}
