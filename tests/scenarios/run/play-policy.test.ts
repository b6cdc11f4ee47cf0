import { expect, it } from 'vitest';
import { modelHash } from '../../../agent/backbones/own.ts';
import { decodeModel } from '../../../agent/policy/model-file.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { untrainedPolicy } from '../../../scenarios/run/named-policy.ts';
import { shippedPolicy } from '../../../scenarios/run/play-policy.ts';

it('the policy that ships with the play page is the one that `graft evaluate pretrained` asks, before any trial', async () => {
  const { bytes, about, scenario } = await shippedPolicy();
  const { model } = decodeModel(bytes, 'policy.safetensors');
  const untrained = await untrainedPolicy(loadScenario(scenario).scenario);
  expect(modelHash(model)).toBe(untrained.kind === 'greedy' && modelHash(untrained.model));
  expect(about).toBe('pretrained (grasp-wide), before any trial of its own');
});
