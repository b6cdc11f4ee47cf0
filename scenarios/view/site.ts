import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LiveView, PlayPolicy } from '../../sim/recording/live-view.ts';
import { InputError } from '../load.ts';
import { loadModel, modelPath, type RunConfig } from '../run/run-folder.ts';

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
  await write(folder, run === undefined ? undefined : policyOf(resolve(run)));
  return folder;
}

function policyOf(run: string): PlayPolicy {
  const { model, config } = loadModel(run);
  if (model.architecture.kind === 'foreign') {
    const { source } = model.architecture;
    throw new InputError(
      `${run}: expected a policy on graft's own trunk, got one on the foreign network '${source}', which does not run in a browser`,
    );
  }
  return playPolicy(run, config);
}

/** Offers the policy of a finished run to the play page, if a browser can run it. */
export function offerPolicy(view: LiveView, run: string): void {
  const { model, config } = loadModel(run);
  if (model.architecture.kind !== 'foreign') view.servePolicy(playPolicy(run, config));
}

const playPolicy = (run: string, { scenarioName, arm, seed }: RunConfig): PlayPolicy => ({
  bytes: readFileSync(modelPath(run)),
  about: `trained on ${scenarioName}, ${arm} trunk, seed ${seed}`,
  scenario: scenarioName,
});
