import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Model } from '../../agent/network/model.ts';
import { FIXED_POLICY_NAMES, type FixedPolicyName, POLICY_NAMES, UNTRAINED } from '../../agent/policy/names.ts';
import { backboneOf, checkForeign, InputError, loadScenario } from '../load.ts';
import type { Scenario } from '../schema/schema.ts';
import { greedy, modelBeforeTrials } from './greedy.ts';
import type { Chooser } from './job.ts';
import { loadModel } from './run-folder.ts';

const isFixed = (name: string): name is FixedPolicyName => (FIXED_POLICY_NAMES as readonly string[]).includes(name);

/** A policy, and the scenario that it stands for if it has one of its own. */
interface NamedPolicy {
  readonly chooser: Chooser;
  readonly trainedOn?: { readonly name: string; readonly scenario: Scenario };
}

/**
 * The policy by that name, or of that run folder.
 * @param scenario name or path; whose backbone `pretrained` is, by default the default scenario's.
 * @throws InputError if it is neither a known name nor a finished run, or the scenario's backbone has no head for its hand.
 */
export async function namedPolicy(policy: string, scenario = 'tabletop'): Promise<NamedPolicy> {
  if (isFixed(policy)) return { chooser: { kind: 'fixed', name: policy } };
  const folder = resolve(policy);
  if (policy === UNTRAINED && !existsSync(folder)) {
    const own = loadScenario(scenario);
    return { chooser: greedy(await beforeAnyTrial(own.scenario)), trainedOn: own };
  }
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new InputError(`policy '${policy}': expected one of ${POLICY_NAMES.join(', ')} or a run folder, got neither`);
  }
  const { model, config } = loadModel(folder);
  await checkForeign(model);
  return { chooser: greedy(model), trainedOn: { name: config.scenarioName, scenario: config.scenario } };
}

async function beforeAnyTrial(scenario: Scenario): Promise<Model> {
  const learner = { ...scenario.learner, technique: 'head' } as const;
  const backbone = await backboneOf({ ...scenario, learner }, ['pretrained']);
  const model = modelBeforeTrials(scenario, backbone);
  if (model) return model;
  throw new InputError(
    `policy '${UNTRAINED}': expected jaws and a learner.backbone with a head of its own, got ${scenario.gripper.kind} and '${backbone.name}', so there is nothing before the first trial`,
  );
}
