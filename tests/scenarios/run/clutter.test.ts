import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { graspTally } from '../../../scenarios/experiments/transfer/raw.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { rateOverSeeds } from '../../../scenarios/report/bootstrap-intervals.ts';
import { evaluateClutter } from '../../../scenarios/run/clutter.ts';
import type { TrialOutput } from '../../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import type { RecordRule } from '../../../scenarios/trials/record-rule.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { sceneAndView, sceneSettings, trialSettings } from '../../../scenarios/trials/scene.ts';
import type { TrialPool } from '../../../scenarios/workers/pool.ts';
import { topDownGrasp } from '../../../sim/grasp.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { meshBounds } from '../../../sim/objects/mesh.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { sampleScene, sceneAfter } from '../../../sim/scene.ts';
import { runTrial } from '../../../sim/trial.ts';

const { scenario } = loadScenario('packed');
let runner: JobRunner;
/** One worker, in this thread. */
const pool: TrialPool = {
  workers: 1,
  run: (jobs) => Promise.all(jobs.map((job) => runner.run(job))),
  close: async () => undefined,
};

beforeAll(async () => {
  await loadPhysics();
  runner = new JobRunner(await loadEngine(), NODE_HOST);
});
afterAll(() => runner.dispose());

describe('packed scenes', () => {
  it('stand side by side: no two objects overlap from above, all at rest inside the workspace', () => {
    for (let i = 0; i < 5; i++) {
      const { objects } = sampleScene(
        sceneSettings(scenario, scenario.evaluation.families),
        scenario.physics,
        1,
        'evaluation',
        i,
      );
      expect(objects).toHaveLength(5);
      const bounds = objects.map(({ model, pose }) => meshBounds(model.mesh, pose));
      for (const [a, one] of bounds.entries()) {
        expect(one.min[2]).toBeGreaterThan(-0.002);
        for (const other of bounds.slice(a + 1)) {
          const apart = [0, 1].some((k) => one.min[k] > other.max[k] - 0.004 || other.min[k] > one.max[k] - 0.004);
          expect(apart).toBe(true);
        }
      }
    }
  });
});

describe('the clutter protocol', () => {
  it('takes the held object away and leaves the others where they came to rest', () => {
    const { scene } = sceneAndView(scenario, 1, 'evaluation', 0);
    const [x, y, z] = scene.objects[0].pose.position;
    const settings = trialSettings(scenario);
    const result = runTrial(scene, topDownGrasp([x, y, Math.max(z - 0.01, 0.004)], 0.4, 0.08), settings);
    const held = { ...result, outcome: 'held' as const, target: 2 };
    const rest = scene.objects.map(({ pose }) => pose);
    const after = sceneAfter(scene, { ...held, finalPoses: rest }, 0.17, scenario.physics);
    expect(after.objects.map((o) => o.model.family)).toEqual(
      scene.objects.filter((_, i) => i !== 2).map((o) => o.model.family),
    );
    after.objects.forEach(({ pose }, i) => {
      const before = scene.objects.filter((_, k) => k !== 2)[i].pose.position;
      expect(Math.hypot(pose.position[0] - before[0], pose.position[1] - before[1])).toBeLessThan(0.01);
    });
    const fallen = rest.map((pose, i) => (i === 0 ? { ...pose, position: [0.4, 0, 0.05] as const } : pose));
    expect(sceneAfter(scene, { ...held, finalPoses: fallen }, 0.17, scenario.physics).objects).toHaveLength(3);
  });

  it('ends a round when the table is clear or after two failures in a row, and counts by its definitions', async () => {
    const result = await evaluateClutter(pool, {
      scenario,
      seeds: [3],
      rounds: 4,
      policy: { kind: 'fixed', name: 'antipodal' },
    });
    const scenes = [...new Set(result.records.map((r) => r.scene))];
    let held = 0;
    for (const scene of scenes) {
      const outcomes = result.records.filter((r) => r.scene === scene).map((r) => r.outcome === 'held');
      const cleared = outcomes.filter(Boolean).length;
      held += cleared;
      const twoFailures = outcomes.length >= 2 && !outcomes.at(-1) && !outcomes.at(-2);
      // a round may also end early when the last objects rolled off the table: then nothing failed twice
      if (cleared < 5 && outcomes.length >= 2)
        expect(twoFailures || outcomes.at(-1) === true || outcomes.at(-2) === true).toBe(true);
      for (let i = 1; i < outcomes.length - 1; i++) expect(outcomes[i] || outcomes[i - 1]).toBe(true);
    }
    expect(result.gsr.rate).toBeCloseTo(held / result.records.length, 9);
    // the grasps of a round are drawn together
    const rounds = scenes.map((scene) =>
      result.records.filter((r) => r.scene === scene).map((r) => (r.outcome === 'held' ? '1' : '0')),
    );
    const tally = graspTally(rounds.map((round) => round.join('')));
    expect(result.gsr).toEqual(rateOverSeeds([tally], ([rate]) => rate, rngStream(0, 'clutter/bootstrap')));
    expect(result.dr.rate).toBeCloseTo(held / (4 * 5), 9);
  });

  it('records whole rounds, by their number or for a failure, numbers the trials over all, and changes no result', async () => {
    const policy = { kind: 'fixed', name: 'antipodal' } as const;
    const play = async (recordRule?: RecordRule) => {
      const outputs: TrialOutput[] = [];
      const asked = { scenario, seeds: [3, 4], rounds: 2, policy, onTrial: (o: TrialOutput) => void outputs.push(o) };
      const { records } = await evaluateClutter(pool, { ...asked, ...(recordRule && { recordRule }) });
      return { outputs, records };
    };
    const plain = await play();
    const all = await play({ every: 1, failuresOnly: false });
    expect(all.records).toEqual(plain.records);
    expect(plain.outputs.every((o) => o.recorded === undefined)).toBe(true);
    expect(all.outputs.map((o) => o.record.trial)).toEqual(all.outputs.map((_, i) => i));
    for (const { recorded, record } of all.outputs)
      expect(recorded).toMatchObject({ trial: record.trial, inRound: record.inRound, outcome: record.outcome });
    expect([...new Set(all.outputs.map((o) => o.record.inRound!.round))]).toEqual([0, 1, 2, 3]);
    const kept = (outputs: readonly TrialOutput[]) => outputs.map((o) => o.recorded !== undefined);
    const second = await play({ every: 2, failuresOnly: false });
    expect(kept(second.outputs)).toEqual(second.outputs.map((o) => o.record.inRound!.round % 2 === 0));
    const failures = await play({ every: 1, failuresOnly: true });
    const failed = new Set(failures.records.filter((r) => r.outcome !== 'held').map((r) => r.inRound!.round));
    expect(kept(failures.outputs)).toEqual(failures.outputs.map((o) => failed.has(o.record.inRound!.round)));
  });

  it('is the same again', async () => {
    const run = () =>
      evaluateClutter(pool, { scenario, seeds: [3], rounds: 2, policy: { kind: 'fixed', name: 'depth-pca' } });
    expect((await run()).records).toEqual((await run()).records);
  });
});
