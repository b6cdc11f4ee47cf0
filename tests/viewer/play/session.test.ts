import { beforeEach, describe, expect, it } from 'vitest';
import { FIXED_POLICY_NAMES } from '../../../agent/policy/names.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { scenarioNames } from '../../../scenarios/names.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { approachAxis } from '../../../sim/grasp.ts';
import { axisAngle, multiply } from '../../../sim/math/pose.ts';
import { PlaySession } from '../../../viewer/play/session.ts';
import { drawnPolicy } from '../../support/learner/policies.ts';

let session: PlaySession;

beforeEach(() => {
  session = new PlaySession();
});

describe('the session of the play page', () => {
  it('offers the scenarios that ship and the fixed policies, and a trained one once it is loaded', async () => {
    const { scenarios, policies } = await session.choices();
    expect(scenarios.map((s) => s.name)).toEqual(scenarioNames());
    expect(policies).toEqual(FIXED_POLICY_NAMES);
    expect(await session.loadPolicy(drawnPolicy(1), 'model.safetensors')).toContain('wasm backend');
    expect((await session.choices()).policies).toEqual([...FIXED_POLICY_NAMES, 'trained']);
  });

  it('tries the grasp that a policy proposes, and gets what an evaluation gets on the same scene', async () => {
    await session.draw('quick', 3, 2, false);
    const proposed = (await session.propose('random'))!;
    const episode = session.try();
    const { observationHash, result } = episode.proof;
    const { stateHash } = result;
    expect(episode.grasp).toEqual(proposed.grasp);
    const { scenario } = loadScenario('quick');
    const place = { scenario, seed: 3, split: 'evaluation', sceneIndex: 2, firstTrial: 2, grasps: 1 } as const;
    const policy = { kind: 'fixed', name: 'random' } as const;
    const recordRule = { every: 1, failuresOnly: false };
    const runner = new JobRunner(undefined, NODE_HOST);
    const [{ record, recorded }] = await runner.run({ ...place, policy, record: false, picture: false, recordRule });
    expect(record).toMatchObject({ outcome: episode.outcome, stateHash });
    expect(recorded?.proof.observationHash).toBe(observationHash);
    expect(await session.batch('quick', 3, 2, 1, 'random', true)).toEqual([{ record, observationHash }]);
  });

  it('grasps where the user points, at the cell under it, with his angle', async () => {
    const { heightmap } = await session.draw('quick', 0, 0, false);
    const [x, y] = [0.051, -0.033];
    const { grasp, affordance } = session.point(x, y, 0.7, 0.02);
    expect(Math.abs(grasp.position[0] - x)).toBeLessThanOrEqual(heightmap.cell / 2);
    expect(Math.abs(grasp.position[1] - y)).toBeLessThanOrEqual(heightmap.cell / 2);
    expect([grasp.yaw, affordance]).toEqual([expect.closeTo(0.7, 9), null]);
    // far outside the map it stays at its edge
    const half = (heightmap.size * heightmap.cell) / 2;
    expect(session.point(9, 9, 0, 0.02).grasp.position[0]).toBeLessThan(half);
    expect(session.try().grasp.position[0]).toBeLessThan(half);
  });

  it('takes a grasp anywhere, tilted too; one that teaches is the nearest that a learner chooses among', async () => {
    await session.draw('quick', 3, 2, false);
    const { pose: down, grasp } = (await session.propose('antipodal'))!;
    const pose = { ...down, quaternion: multiply(axisAngle([1, 0, 0], 0.3), down.quaternion) };
    expect(session.aim(pose, 0.05)).toMatchObject({ pose, grasp: { opening: 0.05 } });
    const { proof } = session.try();
    expect(proof.grasp).toEqual({ pose, opening: 0.05 });
    expect(session.lesson()).toBeUndefined();
    session.next();
    const { scenario } = loadScenario('quick');
    const taught = session.aim(pose, 0.05, true);
    expect(approachAxis({ pose: taught.pose, opening: 0 })[2]).toBeCloseTo(-1, 12);
    expect(scenario.action.depths).toContain(taught.depth);
    expect(taught.grasp.position[0]).toBeCloseTo(grasp.position[0], 2);
    session.try();
    expect(session.lesson()).toMatchObject({ action: { angle: expect.any(Number) } });
    // no wider than the hand, no lower than the table
    const low = session.aim({ ...down, position: [0, 0, -1] }, 1);
    expect([low.grasp.opening, low.pose.position[2]]).toEqual([
      scenario.gripper.stroke,
      scenario.action.tableClearance,
    ]);
  });

  it('drops one more object, and in clutter removal takes what was held away', async () => {
    const scene = await session.draw('packed', 1, 0, true);
    expect(session.drop().count).toBeGreaterThanOrEqual(scene.count);
    let before = scene.count;
    for (let i = 0; i < 6; i++) {
      await session.propose('oracle');
      const held = session.try().outcome === 'held';
      const { count } = session.next();
      if (held) {
        expect(count).toBeLessThanOrEqual(before);
        return;
      }
      before = count;
    }
    throw new Error('expected the oracle to hold one of six');
  });

  it('lays the scene out again where nothing is taken away', async () => {
    const { poses } = await session.draw('quick', 0, 1, false);
    await session.propose('random');
    session.try();
    expect(session.next().poses).toEqual(poses);
  });

  it('says what is missing: a scene, a grasp, a policy, a scenario', async () => {
    expect(() => session.drop()).toThrow('play: expected a scene to have been drawn, got none');
    await session.draw('quick', 0, 0, false);
    expect(() => session.try()).toThrow('play: expected a grasp to have been chosen, got none');
    await expect(session.propose('trained')).rejects.toThrow(
      'play: expected a trained policy to have been loaded, got none',
    );
    await expect(session.draw('zorg', 0, 0, false)).rejects.toThrow(/scenario: expected one of bin, .*, got 'zorg'/);
    await expect(session.loadPolicy(drawnPolicy(1).slice(0, 5000), 'cut.safetensors')).rejects.toThrow(
      'cut.safetensors: expected',
    );
  });
});

describe('a trained policy', () => {
  const two = (key: 'depths' | 'openings'): string =>
    `action: { ${key === 'depths' ? 'depths: [0.02, 0.035]' : 'depths: [0.035], openings: [0.6, 1]'} }`;

  it.each(['depths', 'openings'] as const)('with two %s is asked on its own scenario', async (key) => {
    await session.loadPolicy(drawnPolicy(2), 'model.safetensors');
    const { name } = session.addScenario(two(key), 'own.yaml');
    await session.draw(name, 0, 0, false);
    expect((await session.propose('trained'))?.grasp.probability).toBeGreaterThan(0);
  });

  it('is refused if it chooses among other shapes than its scenario has', async () => {
    await session.loadPolicy(drawnPolicy(1), 'model.safetensors');
    const { name } = session.addScenario(two('openings'), 'own.yaml');
    await session.draw(name, 0, 0, false);
    await expect(session.propose('trained')).rejects.toThrow(
      "scenario 'own': expected 1 combinations of action.depths and action.openings (the policy's own), got 2",
    );
  });
});
