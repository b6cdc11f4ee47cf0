/** Loading of scenarios: the file, and the objects and the trunk that it names. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Backbone } from '../agent/backbones/own.ts';
import { checkHead } from '../agent/backbones/pretrained-head.ts';
import { foreignTrunkOf, openBackbone } from '../agent/backbones/registry.ts';
import { loadEngine } from '../agent/engine/engine.ts';
import { checkRegime, type Regime, techniqueOf } from '../agent/learner/regimes.ts';
import { techniqueNamed } from '../agent/learner/techniques/registry.ts';
import type { Model } from '../agent/network/model.ts';
import { kindOf } from '../sim/hand/settings.ts';
import { SCENARIO_FOLDER, scenarioNames } from './names.ts';
import type { Override } from './parse/overrides.ts';
import { InputError, parseScenario } from './parse/parse.ts';
import { objectsAt } from './schema/objects.ts';
import type { Scenario } from './schema/schema.ts';

export { InputError, parseScenario } from './parse/parse.ts';

/** A scenario and where it came from. */
export interface LoadedScenario {
  readonly name: string;
  readonly scenario: Scenario;
}

/**
 * Loads a scenario by name or path.
 * @param overrides settings in place of the file's.
 * @throws InputError naming file, line and key, or the override, if it cannot be read or does not fit the schema.
 */
export function loadScenario(nameOrPath: string, overrides: readonly Override[] = []): LoadedScenario {
  const shipped = join(SCENARIO_FOLDER, `${nameOrPath}.yaml`);
  const path = /^[\w-]+$/.test(nameOrPath) && existsSync(shipped) ? shipped : resolve(nameOrPath);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `scenario '${nameOrPath}': expected one of ${scenarioNames().join(', ')} or the path of a YAML file, got: ${why}`,
    );
  }
  const scenario = parseScenario(text, path, overrides);
  const { objects } = scenario;
  return {
    name: basename(path).replace(/\.ya?ml$/, ''),
    scenario: objects ? { ...scenario, objects: { ...objects, path: resolve(dirname(path), objects.path) } } : scenario,
  };
}

/** The scenario with the objects of another folder (`--objects`), under its own settings if it has any. */
export const withObjects = (scenario: Scenario, path: string | undefined): Scenario =>
  path === undefined
    ? scenario
    : { ...scenario, objects: { ...(scenario.objects ?? objectsAt('.')), path: resolve(path) } };

/**
 * The trunk that a scenario names.
 * @throws InputError if there is none, if it is damaged, or if one of the arms cannot start from it.
 */
export async function backboneOf({ learner, gripper }: Scenario, arms: readonly Regime[]): Promise<Backbone> {
  try {
    const backbone = await openBackbone(learner.backbone, learner.taps);
    for (const arm of arms) checkRegime(arm, backbone, learner);
    if (learner.prior && kindOf(gripper) !== 'jaws')
      throw new Error(
        `learner.prior: expected a gripper of kind 'jaws', whose edges it judges, got '${kindOf(gripper)}'`,
      );
    const stays = arms.some((arm) => techniqueNamed(techniqueOf(arm, learner)).still);
    if (stays) checkHead(backbone, gripper, `learner.technique '${learner.technique}'`);
    else if (learner.head === 'initialised') checkHead(backbone, gripper);
    return backbone;
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}

/** The scenario with the layers that are read of a foreign network, which its model card may have chosen, written down. */
export const withTaps = (scenario: Scenario, { architecture }: Backbone): Scenario =>
  architecture.kind === 'own'
    ? scenario
    : { ...scenario, learner: { ...scenario.learner, taps: architecture.taps.map((t) => t.name) } };

/** Makes sure that the foreign network of a policy is here and the same. @throws InputError if it is not. */
export async function checkForeign(model: Model): Promise<void> {
  if (model.architecture.kind === 'own') return;
  try {
    (await foreignTrunkOf((await loadEngine()).tf, model))?.dispose();
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}
