/** Files that graft writes and reads: whole or not at all, and what is wrong with them told as the user's to mend. */
import { appendFileSync, closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../sim/user-error.ts';
import { InputError } from './parse/parse.ts';

/** A file that cannot be written while something runs: a full disk, a folder that is gone. What was saved before is whole. */
export class StorageError extends UserError {
  override readonly exitCode = 1;
}

/**
 * Writes a whole file or nothing, to the disk itself: a crash leaves the old one.
 * @param writer tells apart those who may write the same file at once.
 * @throws StorageError if it cannot.
 */
export function writeAtomically(path: string, data: string | Uint8Array, writer = ''): void {
  const partial = `${path}${writer}.partial`;
  storing(path, () => {
    writeFileSync(partial, data);
    flush(partial);
    renameSync(partial, path);
    flushFolder(dirname(path));
  });
}

/** Appends to a file. @throws StorageError if it cannot; some of it may have been written then. */
export const append = (path: string, data: string | Uint8Array): void =>
  storing(path, () => appendFileSync(path, data));

/** Brings what was written to a file to the disk itself. */
export function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Brings renames in a folder to the disk itself, where folders can be opened for that: Windows has no such thing. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } catch (error) {
    // some network file systems have it neither
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    closeSync(opened);
  }
}

function storing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** What is said of a file that could not be written. */
export const unwritable = (path: string, error: unknown): StorageError =>
  new StorageError(`${path}: expected a file that can be written, got: ${(error as Error).message}`);

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
