/** Site from a run: where it goes, and what of the run goes with it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PlayPolicy } from '../../sim/recording/live-view.ts';
import type { SharedRun } from '../../sim/recording/shared-run.ts';
import { InputError } from '../load.ts';
import { playPolicy, shippedPolicy } from '../run/play-policy.ts';
import { hasRecording, sharedRun } from './shared-run.ts';

interface SiteRequest {
  /** A folder that does not exist yet. */
  readonly out: string;
  /** A finished run whose policy the page offers, and whose recording the site opens with if it has one. */
  readonly run?: string;
  readonly write: (folder: string, policy: PlayPolicy, run?: SharedRun) => Promise<void>;
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
  if (run === undefined) await write(folder, await shippedPolicy());
  else {
    const policy = playPolicy(resolve(run));
    await write(folder, policy, hasRecording(run) ? await sharedRun({ from: run, watch: neverWatched }) : undefined);
  }
  return folder;
}

/** What is recorded is not played again. */
const neverWatched = (): never => {
  throw new Error('site: expected a recording, got none');
};
