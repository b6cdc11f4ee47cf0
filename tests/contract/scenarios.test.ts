import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { backboneNames, loadBackbone, parametersHash } from '../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../agent/engine/engine.ts';
import { REGIME_NAMES, REGIMES } from '../../agent/learner/regimes.ts';
import { FIXED_POLICY_NAMES } from '../../agent/policy/names.ts';
import type { PolicySpec } from '../../agent/policy/open-policy.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { scenarioNames } from '../../scenarios/names.ts';
import { train } from '../../scenarios/run/train.ts';
import type { Scenario } from '../../scenarios/schema/schema.ts';
import type { SceneJob, TrialOutput } from '../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { OUTCOMES } from '../../sim/outcome.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { localPool } from '../support/learner/experience.ts';

let engine: Engine;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
});

const job = (scenario: Scenario, sceneIndex: number, policy: PolicySpec): SceneJob => ({
  ...{ scenario, seed: 11, split: 'evaluation', sceneIndex, firstTrial: sceneIndex, grasps: 1, policy },
  ...{ record: false, picture: false },
});

function expectSound({ record }: TrialOutput, scenario: Scenario): void {
  expect(OUTCOMES).toContain(record.outcome);
  expect(record.outcome).not.toBe('invalid');
  expect(record.families).toHaveLength(scenario.scene.objectCount);
  for (const family of record.families) expect(scenario.evaluation.families).toContain(family);
  for (const value of [...(record.position ?? []), record.yaw, record.gap, record.rise])
    expect(value).toSatisfy(Number.isFinite);
  expect(record.stateHash).toMatch(/^[0-9a-f]{16}$/);
}

/** A scenario whose updates are few and on small batches, and whose policies look at few angles: what is asked here needs no more. */
const cheap = ({ learner, action, training, ...rest }: Scenario): Scenario => ({
  ...rest,
  training: { ...training, scenesPerRound: 2, graspsPerScene: 4 },
  action: { ...action, angles: 4 },
  learner: {
    ...learner,
    batchSize: 16,
    updatesPerTrial: 0.5,
    endToEnd: { ...learner.endToEnd, batchSize: 4, updatesPerTrial: 0.25 },
  },
});

describe.each(scenarioNames())('scenario %s', (name) => {
  const { scenario } = loadScenario(name);

  it.each(FIXED_POLICY_NAMES)('runs evaluation trials of %s', async (policy) => {
    const runner = new JobRunner(engine, NODE_HOST);
    // some 60 trials each are what the fair oracle takes
    for (const scene of policy === 'fair-oracle' ? [0] : [0, 1]) {
      const [output, ...more] = await runner.run(job(scenario, scene, { kind: 'fixed', name: policy }));
      expectSound(output, scenario);
      expect(more).toEqual([]);
    }
    runner.dispose();
  });

  it('names a backbone that ships', () => {
    expect(backboneNames()).toContain(scenario.learner.backbone);
  });
});

describe.each(backboneNames())('backbone %s', (name) => {
  const { scenario } = loadScenario('quick');
  const brief = cheap({ ...scenario, training: { ...scenario.training, warmupTrials: 16 } });

  // a trunk that is drawn is not the backbone's: those arms are asked once
  const arms = REGIME_NAMES.filter((arm) => name === scenario.learner.backbone || REGIMES[arm].trunk === 'pretrained');
  it.each(arms)('trains as %s, and changes only if it is meant to', async (arm) => {
    const backbone = loadBackbone(name);
    const pool = localPool(new JobRunner(engine, NODE_HOST));
    // an update comes only after the features have been standardised
    const options = { engine, pool, scenario: brief, arm, seed: 0, trials: 20, backbone };
    const { model, records, updates, backboneHash } = await train(options);
    await pool.close();
    expect(records.some((r) => r.probability !== null)).toBe(true);
    expect(updates).toBeGreaterThan(0);
    expect(parametersHash(backbone.parameters)).toBe(backbone.hash);
    expect(backboneHash).toBe(parametersHash(model.trunk));
    expect(backboneHash === backbone.hash).toBe(arm === 'pretrained');
  });
});

describe('memory', () => {
  /** Trials with a learned policy, which use every part: physics, camera, features, head. */
  async function trials(count: number): Promise<void> {
    const scenario = cheap(loadScenario('quick').scenario);
    const backbone = loadBackbone('grasp-passive');
    const pool = localPool(new JobRunner(engine, NODE_HOST));
    const { updates } = await train({ engine, pool, scenario, arm: 'pretrained', seed: 1, trials: count, backbone });
    expect(updates).toBeGreaterThan(0);
    await pool.close();
  }

  it('stays flat over 150 trials after a warm-up of 50', async () => {
    await trials(50);
    const [before, tensors, resident] = [reachable(), engine.tf.memory().numTensors, process.memoryUsage().rss];
    for (let run = 0; run < 3; run++) await trials(50);
    expect(engine.tf.memory().numTensors).toBe(tensors);
    expect(reachable() - before).toBeLessThan(MIB);
    expect(process.memoryUsage().rss - resident).toBeLessThan(60 * MIB);
  });
});

const MIB = 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that the process still holds on to: objects and buffers. One collection frees what only finalizers let go no sooner than the next. */
function reachable(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
