/** Play policy: the trained policy of a run as the play page takes it. */
import { readFileSync } from 'node:fs';
import type { LiveView, PlayPolicy } from '../../sim/recording/live-view.ts';
import { InputError } from '../load.ts';
import { loadModel, modelPath, type RunConfig } from './run-folder.ts';

/** The policy of a finished run for the play page. @throws InputError if a browser cannot run it. */
export function playPolicy(run: string): PlayPolicy {
  const { model, config } = loadModel(run);
  if (model.architecture.kind === 'foreign') {
    const { source } = model.architecture;
    throw new InputError(
      `${run}: expected a policy on graft's own trunk, got one on the foreign network '${source}', which does not run in a browser`,
    );
  }
  return read(run, config);
}

/** Offers the policy of a finished run to the play page, if a browser can run it. */
export function offerPolicy(view: LiveView, run: string): void {
  const { model, config } = loadModel(run);
  if (model.architecture.kind !== 'foreign') view.servePolicy(read(run, config));
}

const read = (run: string, { scenarioName, arm, seed }: RunConfig): PlayPolicy => ({
  bytes: readFileSync(modelPath(run)),
  about: `trained on ${scenarioName}, ${arm} trunk, seed ${seed}`,
  scenario: scenarioName,
});
