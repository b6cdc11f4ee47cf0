/** `import ... from 'graft/browser'`: the library, in a page or its worker. Nothing here knows files or Node. */
import { loadEngine } from '../agent/engine/engine.ts';
import { decodeModel } from '../agent/policy/model-file.ts';
import type { FixedPolicyName } from '../agent/policy/names.ts';
import { openPolicy as openSpec } from '../agent/policy/open-policy.ts';
import { parseOverride } from '../scenarios/parse/overrides.ts';
import { parseScenario as parse } from '../scenarios/parse/parse.ts';
import { loadPhysics } from '../sim/physics.ts';
import { asGraspPolicy, checkActions, type GraspPolicy } from './policy.ts';
import { asScenario, type Scenario } from './scenario.ts';

export type { FixedPolicyName } from '../agent/policy/names.ts';
export * from './shared.ts';

/**
 * Reads a scenario and loads the physics. Objects come from the families: there are no files.
 * @param text YAML; an empty text is every default.
 * @param set  settings in place of the text's: `['gripper.stroke=0.06']`.
 * @throws UserError naming line and key if it does not fit the schema.
 */
export async function parseScenario(text: string, name = 'scenario', set: readonly string[] = []): Promise<Scenario> {
  const checked = parse(text, name, set.map(parseOverride));
  await loadPhysics();
  return asScenario(name, checked);
}

/** A policy that was trained: the `model.safetensors` of a run. */
export interface TrainedPolicy {
  readonly model: Uint8Array;
  /** URL of the folder with `tfjs-backend-wasm-simd.wasm`, with its slash; default: beside this module. */
  readonly wasmFolder?: string;
}

/**
 * Opens a policy for a scenario.
 * @throws Error if the file is damaged, stands on a foreign network, or is not for the scenario's grasps.
 */
export async function openPolicy(which: FixedPolicyName | TrainedPolicy, scenario: Scenario): Promise<GraspPolicy> {
  if (typeof which === 'string')
    return asGraspPolicy(await openSpec({ kind: 'fixed', name: which }, { tf: undefined, openForeign }));
  const { model, shapeCount } = decodeModel(which.model, 'model');
  checkActions(shapeCount, scenario);
  const { tf } = await loadEngine({ wasmFolder: which.wasmFolder ?? new URL('./', import.meta.url).href });
  return asGraspPolicy(await openSpec({ kind: 'greedy', key: 'model', model }, { tf, openForeign }));
}

const openForeign: Parameters<typeof openSpec>[1]['openForeign'] = async (_, { architecture }) => {
  if (architecture.kind === 'own') return undefined;
  throw new Error(`policy: expected one on graft's own trunk, got the foreign network '${architecture.source}'`);
};
