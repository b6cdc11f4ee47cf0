import { rmSync, writeFileSync } from 'node:fs';

/** Writes a file whole, again and again in no time: some file systems wait for the disk where a file is written over. */
export function writeAnew(path: string, content: string | Uint8Array): void {
  rmSync(path, { force: true });
  writeFileSync(path, content);
}
