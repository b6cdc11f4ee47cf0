/** The site that `graft view --build` writes. */
import { existsSync } from 'node:fs';
import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlayPolicy } from '../sim/recording/live-view.ts';
import { builtPages } from './build.ts';
import { POLICY_FILE, policyNote, WEIGHTS_FILE } from './policy-note.ts';

/**
 * Writes a site that any web server can serve, from any path: the play page and the viewer.
 * @param folder must not exist yet.
 * @throws Error if it does.
 */
export async function writeSite(folder: string, policy?: PlayPolicy): Promise<void> {
  if (existsSync(folder)) throw new Error(`${folder}: expected a folder that does not exist yet, got one that does`);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await cp(await builtPages(), partial, { recursive: true });
  if (policy) {
    await writeFile(join(partial, WEIGHTS_FILE), policy.bytes);
    await writeFile(join(partial, POLICY_FILE), policyNote(policy));
  }
  await rename(partial, folder);
}
