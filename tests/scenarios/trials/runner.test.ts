import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { decodeModel } from '../../../agent/policy/model-file.ts';
import type { PolicySpec } from '../../../agent/policy/open-policy.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import type { SceneJob } from '../../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { drawnPolicy } from '../../support/learner/policies.ts';

const { scenario } = loadScenario('quick');
const { model } = decodeModel(drawnPolicy(), 'drawn');
const explorer = (key: string): PolicySpec => ({
  ...{ kind: 'explore', key, model, scored: true, sameCell: false },
  exploration: { epsilon: 0.2, heuristicShare: 0.5, temperature: 1 },
});
const job = (sceneIndex: number, policy: PolicySpec, more: Partial<SceneJob> = {}): SceneJob => ({
  ...{ scenario, seed: 1, split: 'training', sceneIndex, firstTrial: 2 * sceneIndex, grasps: 2, policy },
  ...{ record: false, picture: false },
  ...more,
});

let engine: Engine;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
});

describe('a runner', () => {
  it('gives the same outputs whether jobs are asked for at once or one by one, whatever policy came before', async () => {
    const jobs = [0, 1, 2].map((i) => job(i, explorer(i === 1 ? 'b' : 'a'), { keep: 'features' }));
    const together = new JobRunner(engine, NODE_HOST);
    const all = await Promise.all(jobs.map((j) => together.run(j)));
    together.dispose();
    for (const [i, one] of jobs.entries()) {
      const alone = new JobRunner(engine, NODE_HOST);
      expect(await alone.run(one)).toEqual(all[i]);
      alone.dispose();
    }
  });

  it('goes on after a job that failed', async () => {
    const runner = new JobRunner(engine, NODE_HOST);
    const broken = { ...scenario, objects: { path: 'nowhere' } } as unknown as typeof scenario;
    const failed = runner.run(job(0, explorer('a'), { scenario: broken }));
    const next = runner.run(job(0, { kind: 'fixed', name: 'random' }));
    await expect(failed).rejects.toThrow('expected the objects of nowhere to be loaded, got none');
    expect(await next).toHaveLength(2);
    runner.dispose();
  });

  it('keeps of a trial what the job asks for, and what it keeps changes no outcome', async () => {
    const runner = new JobRunner(engine, NODE_HOST);
    const policy = explorer('a');
    const plain = await runner.run(job(3, policy));
    expect(plain.map((o) => Object.keys(o))).toEqual([['record'], ['record']]);
    const map = await runner.run(job(3, policy, { keep: 'map' }));
    expect(map.map((o) => o.map?.size)).toEqual([scenario.sensor.heightmap.size, undefined]);
    const shown = await runner.run(job(3, policy, { record: true, picture: true, recordRule: EVERY }));
    expect(shown.map((o) => Object.keys(o).toSorted())).toEqual([
      ['picture', 'record', 'recorded'],
      ['episode', 'picture', 'record', 'recorded'],
    ]);
    expect([map, shown].map((outputs) => outputs.map((o) => o.record))).toEqual([
      plain.map((o) => o.record),
      plain.map((o) => o.record),
    ]);
    runner.dispose();
  });
});

const EVERY = { every: 1, failuresOnly: false };
