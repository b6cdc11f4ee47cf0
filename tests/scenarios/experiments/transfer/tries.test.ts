import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine } from '../../../../agent/engine/engine.ts';
import { decodeModel } from '../../../../agent/policy/model-file.ts';
import type { PolicySpec } from '../../../../agent/policy/open-policy.ts';
import { graspIn, stateOf, triesOf, triesSchema } from '../../../../scenarios/experiments/transfer/tries.ts';
import { loadScenario } from '../../../../scenarios/load.ts';
import type { SceneJob } from '../../../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../../scenarios/trials/runner.ts';
import { OUTCOMES } from '../../../../sim/outcome.ts';
import { loadPhysics } from '../../../../sim/physics.ts';
import { endsOf } from '../../../../sim/recording/walk.ts';
import { drawnPolicy } from '../../../support/learner/policies.ts';

const { scenario } = loadScenario('quick');
const job = (sceneIndex: number, policy: PolicySpec): SceneJob => ({
  ...{ scenario, seed: 1, split: 'evaluation', sceneIndex, firstTrial: sceneIndex, grasps: 1, policy },
  ...{ record: false, picture: false },
});

let engine: Engine;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
});

describe('the tries that a benchmark keeps', () => {
  const { model } = decodeModel(drawnPolicy(), 'drawn');
  it.each<PolicySpec>([
    { kind: 'greedy', key: 'drawn', model },
    { kind: 'fixed', name: 'depth-pca' },
    { kind: 'fixed', name: 'antipodal' },
  ])('are tried again without weights and end in the same state ($kind $name)', async (policy) => {
    const runner = new JobRunner(engine, NODE_HOST);
    const outputs = [];
    for (let scene = 0; scene < 2; scene++) outputs.push(...(await runner.run(job(scene, policy))));
    runner.dispose();
    const tries = triesSchema.parse(JSON.parse(JSON.stringify(triesOf(outputs))));
    expect(endsOf({ trials: 0, ends: tries.ends })).toEqual(outputs.map(({ record }) => record.outcome));
    // no engine: there are no weights to be had
    const again = new JobRunner(undefined, NODE_HOST);
    for (const [scene, { record }] of outputs.entries()) {
      const given = graspIn(tries, scene)!;
      const [{ record: repeated }] = await again.run(job(scene, { kind: 'given', name: 'somebody', given }));
      expect(repeated.stateHash).toBe(record.stateHash);
      expect(repeated.position).toEqual(record.position);
      expect(record.stateHash.startsWith(stateOf(tries, scene))).toBe(true);
    }
    again.dispose();
  });

  it('tell every outcome apart', () => {
    const record = { stateHash: '0123456789abcdef', action: null, probability: null };
    const tries = triesOf(OUTCOMES.map((outcome) => ({ record: { ...record, outcome } as never })));
    expect(endsOf({ trials: 0, ends: tries.ends })).toEqual(OUTCOMES);
    expect(graspIn(tries, 0)).toBeUndefined();
  });
});
