import { beforeAll, describe, expect, it } from 'vitest';
import { ownTrunkOf } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import type { Model } from '../../../agent/network/model.ts';
import { decodeModel } from '../../../agent/policy/model-file.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { OpenPolicies } from '../../../scenarios/trials/open-policies.ts';
import { drawnPolicy } from '../../support/learner/policies.ts';

const { model } = decodeModel(drawnPolicy(), 'drawn');
const spec = (key: string, of: Model = model): PolicySpec => ({ kind: 'greedy', key, model: of });

let engine: Engine;
const tensors = (): number => engine.tf.memory().numTensors;

beforeAll(async () => {
  engine = await loadEngine();
});

describe('open policies', () => {
  it('keep the latest one, and free the one before', async () => {
    const before = tensors();
    const policies = new OpenPolicies({ tf: engine.tf, openForeign: async () => undefined });
    const first = await policies.open(spec('a'));
    const one = tensors();
    expect(one).toBeGreaterThan(before);
    // the same weights from another message
    expect(await policies.open(spec('a', structuredClone(model)))).toBe(first);
    expect(await policies.open(spec('b'))).not.toBe(first);
    expect(tensors()).toBe(one);
    policies.dispose();
    expect(tensors()).toBe(before);
  });

  it('keep a foreign network while only the head learns, and dispose of it with the last policy', async () => {
    let [opened, disposed] = [0, 0];
    const policies = new OpenPolicies({
      tf: engine.tf,
      openForeign: async (tf) => {
        opened++;
        return { ...ownTrunkOf(tf, model), dispose: () => void disposed++ };
      },
    });
    const foreign = (source: string): Model => ({
      ...model,
      architecture: { kind: 'foreign', source, hash: '0'.repeat(64), taps: [] },
    });
    await policies.open(spec('a', foreign('net')));
    await policies.open(spec('b', foreign('net')));
    expect([opened, disposed]).toEqual([1, 0]);
    await policies.open(spec('c', foreign('other')));
    expect([opened, disposed]).toEqual([2, 1]);
    policies.dispose();
    expect(disposed).toBe(2);
  });
});
