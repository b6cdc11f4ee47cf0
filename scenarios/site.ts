import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from './load.ts';
import { loadModel, modelPath } from './run-folder.ts';

/** A trained policy for the play page. */
interface SitePolicy {
  readonly bytes: Uint8Array;
  readonly about: string;
  readonly scenario: string;
}

interface SiteRequest {
  /** A folder that does not exist yet. */
  readonly out: string;
  /** A finished run whose policy the page offers. */
  readonly run?: string;
  readonly write: (folder: string, policy?: SitePolicy) => Promise<void>;
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

function policyOf(run: string): SitePolicy {
  const { model, config } = loadModel(run);
  const { scenarioName, arm, seed } = config;
  if (model.architecture.kind === 'foreign') {
    const { source } = model.architecture;
    throw new InputError(
      `${run}: expected a policy on graft's own trunk, got one on the foreign network '${source}', which does not run in a browser`,
    );
  }
  return {
    bytes: readFileSync(modelPath(run)),
    about: `trained on ${scenarioName}, ${arm} trunk, seed ${seed}`,
    scenario: scenarioName,
  };
}
