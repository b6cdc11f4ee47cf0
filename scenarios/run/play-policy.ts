/** Play policy: the trained policy of a run as the play page takes it. */
import { existsSync, readFileSync } from 'node:fs';
import { graspShapes } from '../../agent/policy/action-space.ts';
import { encodeModel } from '../../agent/policy/model-file.ts';
import type { LiveView, PlayPolicy } from '../../sim/recording/live-view.ts';
import { backboneOf, InputError, loadScenario } from '../load.ts';
import { modelBeforeTrials } from './named-policy.ts';
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

/** The policy of a run for the play page; undefined if the run is not finished, or a browser cannot run it. */
export function playPolicyIfAny(run: string): PlayPolicy | undefined {
  if (!existsSync(modelPath(run))) return undefined;
  const { model, config } = loadModel(run);
  return model.architecture.kind === 'foreign' ? undefined : read(run, config);
}

/** Offers the policy of a finished run to the play page, if a browser can run it. */
export function offerPolicy(view: LiveView, run: string): void {
  const policy = playPolicyIfAny(run);
  if (policy) view.servePolicy(policy);
}

/** The policy that ships with graft, before any trial of its own: what the play page offers where no run does. */
export async function shippedPolicy(): Promise<PlayPolicy> {
  const { name, scenario } = loadScenario('tabletop');
  const backbone = await backboneOf(scenario, ['pretrained']);
  const model = modelBeforeTrials(scenario, backbone);
  if (!model)
    throw new InputError(`play: expected a backbone with a head for ${scenario.gripper.kind}, got '${backbone.name}'`);
  return {
    bytes: encodeModel(model, graspShapes(scenario.action).length),
    about: `pretrained (${backbone.name}), before any trial of its own`,
    scenario: name,
  };
}

const read = (run: string, { scenarioName, arm, seed }: RunConfig): PlayPolicy => ({
  bytes: readFileSync(modelPath(run)),
  about: `trained on ${scenarioName}, ${arm} trunk, seed ${seed}`,
  scenario: scenarioName,
});
