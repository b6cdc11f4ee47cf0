/** Site from a run: where it goes, and which policy goes with it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PlayPolicy } from '../../sim/recording/live-view.ts';
import { InputError } from '../load.ts';
import { playPolicy } from '../run/play-policy.ts';

interface SiteRequest {
  /** A folder that does not exist yet. */
  readonly out: string;
  /** A finished run whose policy the page offers. */
  readonly run?: string;
  readonly write: (folder: string, policy?: PlayPolicy) => Promise<void>;
}

/**
 * `graft view --build`: writes a site that any web server can serve: the simulator in a page, and the viewer.
 * @returns the folder, absolute.
 * @throws InputError if the folder exists, or the run has no policy that a browser can run.
 */
export async function buildSite({ out, run, write }: SiteRequest): Promise<string> {
  const folder = resolve(out);
  if (existsSync(folder))
    throw new InputError(`${out}: expected a folder that does not exist yet, got one that does; pass another --build`);
  await write(folder, run === undefined ? undefined : playPolicy(resolve(run)));
  return folder;
}
