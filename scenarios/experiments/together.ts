/** Files written together: thousands of small ones wait for the disk once, not one after another. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolder, unwritable } from '../files.ts';

/** Files that wait for the disk at once. */
const GROUP = 256;

interface Waiting {
  readonly path: string;
  readonly data: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * What writes whole files or nothing, as `writeAtomically` does: a file's promise is kept once it is on the disk itself. What is asked
 * for while a group is written is the next group. A file must not be asked for twice at once.
 * @returns its promise is broken by a StorageError.
 */
export function openTogether(): (path: string, data: string) => Promise<void> {
  let waiting: Waiting[] = [];
  let writing = false;
  const writeAll = async (): Promise<void> => {
    writing = true;
    // whoever asks in the same turn comes along
    await undefined;
    while (waiting.length > 0) {
      const group = waiting.slice(0, GROUP);
      waiting = waiting.slice(GROUP);
      await writeGroup(group);
    }
    writing = false;
  };
  return (path, data) =>
    new Promise((resolve, reject) => {
      waiting.push({ path, data, resolve, reject });
      if (!writing) void writeAll();
    });
}

async function writeGroup(group: readonly Waiting[]): Promise<void> {
  const written = await Promise.allSettled(group.map(writeOne));
  const folders = new Map<string, unknown>();
  for (const folder of new Set(group.map(({ path }) => dirname(path)))) {
    try {
      flushFolder(folder);
    } catch (error) {
      folders.set(folder, error);
    }
  }
  for (const [i, { path, resolve, reject }] of group.entries()) {
    const each = written[i];
    const error = each.status === 'rejected' ? each.reason : folders.get(dirname(path));
    if (error === undefined) resolve();
    else reject(unwritable(path, error));
  }
}

async function writeOne({ path, data }: Waiting): Promise<void> {
  const partial = `${path}.partial`;
  const file = await open(partial, 'w');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}
