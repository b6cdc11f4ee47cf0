/** `import ... from 'graft'`: the library, in Node. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { foreignTrunkOf } from '../agent/backbones/registry.ts';
import { loadEngine } from '../agent/engine/engine.ts';
import { UNTRAINED } from '../agent/policy/names.ts';
import { openPolicy as openSpec, type PolicySpec } from '../agent/policy/open-policy.ts';
import { loadScenario as load, withObjects } from '../scenarios/load.ts';
import { libraryOf } from '../scenarios/objects/read.ts';
import { parseOverride } from '../scenarios/parse/overrides.ts';
import { namedPolicy, untrainedPolicy } from '../scenarios/run/named-policy.ts';
import { loadPhysics } from '../sim/physics.ts';
import { asGraspPolicy, checkActions, type GraspPolicy } from './policy.ts';
import { asScenario, loadedOf, type Scenario } from './scenario.ts';

export { scenarioNames } from '../scenarios/names.ts';
export type { EvaluationJson, TrainingJson } from '../scenarios/run/conclude.ts';
export * from './shared.ts';
export { type TrainingOptions, train } from './train.ts';

/** What a scenario is loaded with. */
export interface ScenarioOptions {
  /** Settings in place of the file's, as `graft tune --set` takes them: `['gripper.stroke=0.06']`. */
  readonly set?: readonly string[];
  /** Folder or file of URDF, OBJ, STL or GLB to draw objects from, in place of the scenario's. */
  readonly objects?: string;
}

/**
 * Loads a scenario, the objects it names, and the physics.
 * @param nameOrPath one of `scenarioNames()`, or the path of a YAML file.
 * @throws UserError naming file, line and key if it cannot be read or does not fit the schema.
 */
export async function loadScenario(nameOrPath: string, options: ScenarioOptions = {}): Promise<Scenario> {
  const { name, scenario } = load(nameOrPath, (options.set ?? []).map(parseOverride));
  const checked = withObjects(scenario, options.objects);
  await loadPhysics();
  return asScenario(name, checked, await libraryOf(checked, () => undefined));
}

/**
 * Opens a policy for a scenario.
 * @param nameOrRun `random`, `depth-pca`, `antipodal`, `oracle`, `pretrained` (the scenario's trunk and head before any trial), or
 *   a run folder or a model.safetensors.
 * @throws UserError if there is no such policy; Error if it is not for the scenario's hand or grasps.
 */
export async function openPolicy(nameOrRun: string, scenario: Scenario): Promise<GraspPolicy> {
  const spec = await specOf(nameOrRun, scenario);
  const tf = spec.kind === 'fixed' ? undefined : (await loadEngine()).tf;
  return asGraspPolicy(await openSpec(spec, { tf, openForeign: foreignTrunkOf }));
}

async function specOf(nameOrRun: string, scenario: Scenario): Promise<PolicySpec> {
  if (nameOrRun === UNTRAINED && !existsSync(resolve(nameOrRun))) return untrainedPolicy(loadedOf(scenario).checked);
  const { policy, shapeCount } = await namedPolicy(nameOrRun);
  if (shapeCount !== undefined) checkActions(shapeCount, scenario);
  return policy;
}
