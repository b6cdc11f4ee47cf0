import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone, parametersHash } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { backboneOf, parseScenario } from '../../../scenarios/load.ts';
import { evaluate } from '../../../scenarios/run/evaluate.ts';
import { type TrainOutcome, train } from '../../../scenarios/run/train.ts';
import type { Scenario } from '../../../scenarios/schema/schema.ts';
import type { TrialRecord } from '../../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { localPool } from '../../support/learner/experience.ts';

let engine: Engine;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
});

/** Half the usual angles: what a head begins with is no matter of them. */
function scenarioWith(learner: string, rest = ''): Scenario {
  const { action, ...others } = parseScenario(
    `training: { trials: 16, scenesPerRound: 4, epsilon: 0 }\nlearner: { backbone: grasp-passive, ${learner} }\n${rest}`,
    'test',
  );
  return { ...others, action: { ...action, angles: 6 } };
}

async function trained(scenario: Scenario, trials = scenario.training.trials): Promise<TrainOutcome> {
  const { arm } = scenario.learner;
  const pool = localPool(new JobRunner(engine, NODE_HOST));
  const backbone = await backboneOf(scenario, [arm]);
  try {
    return await train({ engine, pool, scenario, arm, seed: 4, trials, backbone });
  } finally {
    await pool.close();
  }
}

/** With the scenario's own settings and an initialised head: trained once. */
let initialised: TrainOutcome;

beforeAll(async () => {
  initialised = await trained(scenarioWith('head: initialised'));
});

const predicted = ({ records }: { readonly records: readonly TrialRecord[] }): number =>
  records.filter((r) => r.probability !== null).length;

describe('an initialised head', () => {
  it('chooses from the first trial on; a fresh one begins with random grasps', async () => {
    expect(predicted(initialised)).toBe(16);
    expect(predicted(await trained(scenarioWith('head: fresh')))).toBe(0);
  });

  it.each([
    ['action: { depths: [0.02, 0.035] }', 2],
    ['action: { openings: [0.6, 1] }', 8],
    ['gripper: { stroke: 0.06 }', 4],
  ])('serves other hands and shapes of grasps (%s)', async (rest, shapes) => {
    const { model, records } = await trained(scenarioWith('head: initialised', rest));
    expect(predicted({ records })).toBe(16);
    expect(records.filter((r) => r.outcome === 'held').length).toBeGreaterThan(8);
    expect(model.head['head/logit/kernel'].shape[0]).toBe(shapes);
  });

  it('holds most unseen objects after next to no trials', async () => {
    const scenario = scenarioWith('head: initialised');
    const { model, weightsHash } = initialised;
    const pool = localPool(new JobRunner(engine, NODE_HOST));
    const policy = { kind: 'greedy', key: weightsHash, model } as const;
    const { summary } = await evaluate(pool, { scenario, seed: 0, trials: 24, policy });
    await pool.close();
    expect(summary.success.rate).toBeGreaterThan(0.8);
  });

  it.each([
    ['head', 'learningRate: 0.01'],
    ['l2-sp', 'technique: l2-sp, arm: finetuned, endToEnd: { learningRate: 0.01, batchSize: 4, updatesPerTrial: 1 }'],
  ])('is held to where it began, as strongly as told, by technique %s', async (_, learner) => {
    const began = (await trained(scenarioWith('head: initialised, updatesPerTrial: 0'), 2)).model.head;
    const distance = async (anchor: number): Promise<number> => {
      const { model } = await trained(scenarioWith(`head: initialised, ${learner}, headAnchor: ${anchor}`));
      return Object.entries(model.head).reduce(
        (sum, [name, { values }]) => sum + values.reduce((s, v, i) => s + (v - began[name].values[i]) ** 2, 0),
        0,
      );
    };
    const [free, held] = [await distance(0), await distance(100)];
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(0.1 * free);
  });

  it('leaves the trunk as it was', () => {
    expect(initialised.updates).toBeGreaterThan(0);
    expect(parametersHash(initialised.model.trunk)).toBe(loadBackbone('grasp-passive').hash);
  });

  it.each([
    ['head: initialised, backbone: passive', /got 'passive', which has no head/],
    ['head: initialised, taps: [conv6]', /read at its own taps, got 'grasp-passive', which has no head/],
    [
      'head: initialised, arm: scratch',
      /arm 'scratch': expected learner.head 'auto' or 'fresh', for its trunk is random/,
    ],
    [
      'head: initialised }\ngripper: { preset: cup-12',
      /expected .* gripper of kind 'suction', .*which has heads for jaws alone/,
    ],
  ])('is refused before any trial with %s', async (learner, message) => {
    const scenario = parseScenario(
      `learner: { ${learner.includes('backbone') ? '' : 'backbone: grasp-passive, '}${learner} }`,
      'test',
    );
    await expect(backboneOf(scenario, [scenario.learner.arm])).rejects.toThrow(message);
  });
});
