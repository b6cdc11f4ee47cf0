/** Named policy: from a name, a run folder or a model to the plain data that jobs carry and `openPolicy` opens. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Backbone, parametersHash } from '../../agent/backbones/own.ts';
import { createLearner, currentModel } from '../../agent/learner/learner.ts';
import type { Model } from '../../agent/network/model.ts';
import { checkShapeCount, graspShapes } from '../../agent/policy/action-space.ts';
import { decodeModel } from '../../agent/policy/model-file.ts';
import { isFixedPolicy, POLICY_NAMES, UNTRAINED } from '../../agent/policy/names.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { sound } from '../files.ts';
import { backboneOf, checkForeign, InputError, loadScenario, withObjects } from '../load.ts';
import type { Scenario } from '../schema/schema.ts';
import { learnerPlan } from '../training/learner-plan.ts';
import { loadModel } from './run-folder.ts';

/** Always the grasp that the model holds most likely. */
export const greedy = (model: Model): PolicySpec => ({
  kind: 'greedy',
  key: parametersHash({ ...model.trunk, ...model.head }),
  model,
});

/** A policy, and the scenario that it stands for if it has one of its own. */
interface NamedPolicy {
  readonly policy: PolicySpec;
  readonly trainedOn?: { readonly name: string; readonly scenario: Scenario };
  /** Grasp shapes that a learned policy chooses among: those of its scenario. */
  readonly shapeCount?: number;
}

/**
 * The policy by that name, of that run folder, or in that file of weights.
 * @param scenario name or path; whose backbone `pretrained` is, by default the default scenario's.
 * @throws InputError if it is neither a known name, a finished run nor a sound file of weights, or the scenario's backbone has no head for its hand.
 */
export async function namedPolicy(name: string, scenario = 'tabletop'): Promise<NamedPolicy> {
  if (isFixedPolicy(name)) return { policy: { kind: 'fixed', name } };
  const folder = resolve(name);
  if (name === UNTRAINED && !existsSync(folder)) {
    const own = loadScenario(scenario);
    return learnedOn(await untrainedPolicy(own.scenario), own);
  }
  if (folder.endsWith('.safetensors') && existsSync(folder)) return storedPolicy(folder);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new InputError(
      `policy '${name}': expected one of ${POLICY_NAMES.join(', ')}, a run folder or a model.safetensors, got neither`,
    );
  }
  const { model, config } = loadModel(folder);
  await checkForeign(model);
  return learnedOn(greedy(model), { name: config.scenarioName, scenario: config.scenario });
}

/**
 * A policy and the scenario that it is to play on.
 * @param scenario name or path; the policy's own, or the default one, if left out.
 * @param objects  folder or file, in place of the scenario's own.
 * @throws InputError as {@link namedPolicy}, or if the policy chooses among other grasps than the scenario's.
 */
export async function policyOnScenario(
  named: string,
  scenario: string | undefined,
  objects: string | undefined,
): Promise<{ readonly policy: PolicySpec; readonly name: string; readonly scenario: Scenario }> {
  const { policy, trainedOn, shapeCount } = await namedPolicy(named, scenario);
  const base = scenario === undefined ? (trainedOn ?? loadScenario('tabletop')) : loadScenario(scenario);
  const on = withObjects(base.scenario, objects);
  if (shapeCount !== undefined) sound(() => checkShapeCount(shapeCount, on.action, base.name));
  return { policy, name: base.name, scenario: on };
}

const learnedOn = (policy: PolicySpec, trainedOn: NonNullable<NamedPolicy['trainedOn']>): NamedPolicy => ({
  policy,
  trainedOn,
  shapeCount: graspShapes(trainedOn.scenario.action).length,
});

/** A policy without its run, as the play page saves it. @throws InputError if the file is no trained policy. */
async function storedPolicy(file: string): Promise<NamedPolicy> {
  const { model, shapeCount } = sound(() => decodeModel(readFileSync(file), file));
  await checkForeign(model);
  return { policy: greedy(model), shapeCount };
}

/**
 * The policy of a scenario's pretrained trunk and head, before any trial.
 * @throws InputError if its backbone has no head for its hand.
 */
export async function untrainedPolicy(scenario: Scenario): Promise<PolicySpec> {
  const learner = { ...scenario.learner, technique: 'head' } as const;
  const backbone = await backboneOf({ ...scenario, learner }, ['pretrained']);
  const model = modelBeforeTrials(scenario, backbone);
  if (model) return greedy(model);
  throw new InputError(
    `policy '${UNTRAINED}': expected a learner.backbone with a head for a gripper of kind '${scenario.gripper.kind}', got '${backbone.name}', so there is nothing before the first trial`,
  );
}

/**
 * A pretrained trunk with its own head for the scenario's hand, before any trial.
 * @returns undefined if the trunk has no head for such a hand.
 */
export function modelBeforeTrials(scenario: Scenario, backbone: Backbone): Model | undefined {
  const learner = { ...scenario.learner, technique: 'head' } as const;
  return currentModel(createLearner(learnerPlan({ ...scenario, learner }, 'pretrained', backbone, 0)));
}
