import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone } from '../../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../../agent/engine/engine.ts';
import { architectureTaps, OWN_ARCHITECTURE } from '../../../../agent/network/architecture.ts';
import { featureLength } from '../../../../agent/network/features.ts';
import { initHead } from '../../../../agent/network/head.ts';
import { identityStandardization } from '../../../../agent/network/standardization.ts';
import type { PolicySpec } from '../../../../agent/policy/open-policy.ts';
import { loadScenario } from '../../../../scenarios/load.ts';
import type { Scenario } from '../../../../scenarios/schema/schema.ts';
import type { TrialRecord } from '../../../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../../scenarios/trials/runner.ts';
import { rngStream } from '../../../../sim/math/rng.ts';
import { loadPhysics } from '../../../../sim/physics.ts';

let engine: Engine;
let runner: JobRunner;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  runner = new JobRunner(engine, NODE_HOST);
});

/** A policy that knows nothing, exploring: by its scores or at random. */
const explorer = (scored: boolean, heuristicShare: number, sameCell: boolean): PolicySpec => {
  const length = featureLength(architectureTaps(OWN_ARCHITECTURE));
  const head = initHead(length, 1, rngStream(0, 'test/head'));
  const rng = rngStream(1, 'test/logits');
  head['head/logit/kernel'].values.forEach((_, i, all) => {
    all[i] = 0.05 * rng.normal();
  });
  return {
    ...{ kind: 'explore', key: `test/${scored}`, scored, sameCell },
    exploration: { epsilon: scored ? 0 : 1, heuristicShare, temperature: 1 },
    model: {
      ...{ architecture: OWN_ARCHITECTURE, trunk: loadBackbone('passive').parameters, head },
      standardization: identityStandardization(length),
    },
  };
};

function explored(policy: PolicySpec, scenes: number, grasps: number, scenario: Scenario): Promise<TrialRecord[][]> {
  const place = {
    scenario,
    seed: 5,
    split: 'training',
    grasps,
    policy,
    record: false,
    picture: false,
  } as const;
  const jobs = Array.from({ length: scenes }, (_, i) => ({ ...place, sceneIndex: i, firstTrial: grasps * i }));
  return Promise.all(jobs.map(async (job) => (await runner.run(job)).map((o) => o.record)));
}

describe('grasps at one cell', () => {
  const { scenario } = loadScenario('quick');

  it.each([true, false])('share their cell and differ in angle (scored: %s)', async (scored) => {
    for (const records of await explored(explorer(scored, 0, true), 4, 5, scenario)) {
      expect(new Set(records.map((r) => r.action?.cell)).size).toBe(1);
      expect(new Set(records.map((r) => r.action?.angle)).size).toBeGreaterThan(1);
    }
    const apart = await explored(explorer(scored, 0, false), 4, 5, scenario);
    expect(apart.some((records) => new Set(records.map((r) => r.action?.cell)).size > 1)).toBe(true);
  });
});

describe('heuristic exploration', () => {
  it('holds more often than random grasps do', async () => {
    const { scenario } = loadScenario('quick');
    const held = async (share: number): Promise<number> =>
      (await explored(explorer(false, share, false), 40, 2, scenario)).flat().filter((r) => r.outcome === 'held')
        .length;
    expect(await held(1)).toBeGreaterThan((await held(0)) + 10);
  });
});
