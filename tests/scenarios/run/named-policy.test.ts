import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBackbone, parametersHash } from '../../../agent/backbones/own.ts';
import { createLearner, untrained } from '../../../agent/learner/learner.ts';
import { RUN_VERSION } from '../../../agent/policy/model-file.ts';
import { FIXED_POLICY_NAMES, POLICY_NAMES } from '../../../agent/policy/names.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { greedy, namedPolicy } from '../../../scenarios/run/named-policy.ts';
import { createRunFolder, saveModel } from '../../../scenarios/run/run-folder.ts';
import { learnerPlan } from '../../../scenarios/training/learner-plan.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

describe('a policy by name', () => {
  it.each(FIXED_POLICY_NAMES)('%s is plain data, of no scenario', async (name) => {
    expect(await namedPolicy(name)).toEqual({ policy: { kind: 'fixed', name } });
  });

  it('is what a scenario starts with before any trial', async () => {
    const { policy, trainedOn } = await namedPolicy('pretrained', 'quick');
    expect(trainedOn?.name).toBe('quick');
    expect(policy).toMatchObject({ kind: 'greedy', key: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const cup = join(temporaryFolder(), 'cup.yaml');
    writeFileSync(cup, 'gripper: { preset: cup-12 }\nlearner: { backbone: grasp-passive }\n');
    await expect(namedPolicy('pretrained', cup)).rejects.toThrow(
      /a head for a gripper of kind 'suction', got 'grasp-passive'/,
    );
  });

  it('is that of a run folder, on the scenario that it was trained on', async () => {
    const { name: scenarioName, scenario } = loadScenario('quick');
    const backbone = loadBackbone('passive');
    const plan = learnerPlan(scenario, 'pretrained', backbone, 3);
    const folder = join(temporaryFolder(), 'run');
    createRunFolder(folder, {
      version: RUN_VERSION,
      ...{ scenarioName, scenario, seed: 3, arm: 'pretrained', backbone: 'passive', backboneHash: backbone.hash },
      ...{ engine: 'wasm', physics: 'test' },
    });
    const model = untrained(createLearner(plan));
    saveModel(folder, model, plan.shapeCount);
    const { policy, trainedOn } = await namedPolicy(folder);
    expect(trainedOn).toEqual({ name: 'quick', scenario });
    expect(policy).toMatchObject({ kind: 'greedy', key: parametersHash({ ...model.trunk, ...model.head }) });
    expect(policy).toEqual(greedy(model));
    // its weights alone, as the play page saves them: of no scenario
    expect(await namedPolicy(join(folder, 'model.safetensors'))).toEqual({ policy, shapeCount: plan.shapeCount });
  });

  it('is refused if its weights are damaged', async () => {
    const file = join(temporaryFolder(), 'cut.safetensors');
    writeFileSync(file, 'cut');
    await expect(namedPolicy(file)).rejects.toThrow(`${file}: expected a safetensors file of at least 8 bytes`);
  });

  it('is refused if it is neither', async () => {
    await expect(namedPolicy('nobody')).rejects.toThrow(
      `policy 'nobody': expected one of ${POLICY_NAMES.join(', ')}, a run folder or a model.safetensors, got neither`,
    );
  });
});
