import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone, parametersHash } from '../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../agent/engine/engine.ts';
import { createLearner } from '../../agent/learner/learner.ts';
import type { Sample } from '../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../agent/learner/settings.ts';
import { learn } from '../../agent/learner/update.ts';
import { architectureTaps, OWN_ARCHITECTURE } from '../../agent/network/architecture.ts';
import { featureLength } from '../../agent/network/features.ts';
import { initHead } from '../../agent/network/head.ts';
import { identityStandardization } from '../../agent/network/standardization.ts';
import { ACTION_DEFAULTS, graspOf, graspShapes } from '../../agent/policy/action-space.ts';
import type { PolicySpec } from '../../agent/policy/policy.ts';
import { lowerBound, qMapAt, smoothedQMap } from '../../agent/policy/q-map.ts';
import { loadScenario, parseScenario } from '../../scenarios/load.ts';
import type { Scenario } from '../../scenarios/schema/schema.ts';
import type { TrialRecord } from '../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../scenarios/trials/runner.ts';
import { sceneAndView } from '../../scenarios/trials/scene.ts';
import { rngStream } from '../../sim/math/rng.ts';
import { loadPhysics } from '../../sim/physics.ts';
import { triedGrasps } from '../support/experience.ts';

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
    keep: 'features',
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

  it('are scored as they were among all cells', () => {
    // [angles = 2, cells = 3, shapes = 2]
    const logits = Float32Array.from({ length: 12 }, (_, i) => i);
    expect(qMapAt({ cells: [10, 20, 30], logits }, 20, 2)).toEqual({
      cells: [20],
      logits: new Float32Array([2, 3, 8, 9]),
    });
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

describe('openings', () => {
  const scenario = parseScenario('action: { depths: [0.02, 0.03], openings: [0.5, 1] }', 'test');

  it('make shapes with the depths, depths first', () => {
    expect(graspShapes(scenario.action)).toEqual([
      { depth: 0.02, opening: 0.5 },
      { depth: 0.03, opening: 0.5 },
      { depth: 0.02, opening: 1 },
      { depth: 0.03, opening: 1 },
    ]);
  });

  it('are shares of the stroke, and lower grasps are deeper', () => {
    const map = sceneAndView(scenario, 1, 'training', 0).observation.heightmap;
    const cell = map.height.indexOf(Math.max(...map.height));
    const grasps = [0, 1, 2, 3].map((shape) => graspOf(map, { cell, angle: 0, shape }, 0.08, scenario.action));
    expect(grasps.map((g) => g.opening)).toEqual([0.04, 0.04, 0.08, 0.08]);
    expect(grasps[0].pose.position[2]).toBeGreaterThanOrEqual(grasps[1].pose.position[2]);
  });
});

describe('replay', () => {
  const trained = async (samples: readonly Sample[], replay: 'uniform' | 'balanced' | 'failures'): Promise<string> => {
    const settings = { ...LEARNER_DEFAULTS, replay };
    const state = createLearner({
      regime: 'pretrained',
      shapeCount: 1,
      settings,
      start: loadBackbone('passive'),
      seed: 2,
    });
    await learn(engine.tf, state, settings, samples, 2);
    return parametersHash(state.head);
  };

  it('draws batches in its own way by each name', async () => {
    const samples = await triedGrasps(runner, 8, 'features');
    const hashes = [
      await trained(samples, 'uniform'),
      await trained(samples, 'balanced'),
      await trained(samples, 'failures'),
    ];
    expect(new Set(hashes).size).toBe(3);
  });

  it('goes on when everything held', async () => {
    const all = (await triedGrasps(runner, 8, 'features')).map((s) => ({ ...s, held: true }));
    for (const replay of ['balanced', 'failures'] as const)
      expect(await trained(all, replay)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('greedy scores', () => {
  it('are the members’ mean, less their disagreement when pessimistic', () => {
    const logits = new Float32Array([1, 3, 1, 3, 2, 2, 2, 2]);
    expect([...lowerBound(logits, 0)]).toEqual([2, 2]);
    expect([...lowerBound(logits, 0.5)]).toEqual([1.5, 2]);
  });

  it('take in the next cells and angles, as far as these were scored', () => {
    const action = { ...ACTION_DEFAULTS, angles: 3, smoothing: 0.5 };
    // a row of two cells on a map of 10; [angles = 3, cells = 2, shapes = 1]
    const logits = new Float32Array([6, 0, 0, 0, 0, 0]);
    const { logits: out } = smoothedQMap({ size: 10 }, { cells: [44, 45], logits }, action);
    // itself: half of 6; its neighbour: a third of half of 6; the two other angles of its cell: likewise
    expect([...out]).toEqual([3, 1, 1, 0, 1, 0]);
  });
});
