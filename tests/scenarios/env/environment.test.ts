import { beforeAll, describe, expect, it } from 'vitest';
import { openPolicy } from '../../../agent/policy/open-policy.ts';
import { choiceStream, type Game, reset, type State, step } from '../../../scenarios/env/environment.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { graspMessage } from '../../../scenarios/messages/grasp.ts';
import type { SceneJob, TrialRecord } from '../../../scenarios/trials/job.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { propose } from '../../../scenarios/trials/trial.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const policy = { kind: 'fixed', name: 'antipodal' } as const;

/** The grasp of the policy, as a client sends it. */
async function graspIn(game: Game, state: State): Promise<unknown> {
  const open = await openPolicy(policy, { tf: undefined, openForeign: NODE_HOST.openForeign });
  const proposal = propose(game.scenario, state.view, open, choiceStream(game, state));
  return proposal ? JSON.parse(JSON.stringify(graspMessage(proposal))) : null;
}

async function play(game: Game, place: { seed: number; split: 'training' | 'evaluation'; scene: number }) {
  const records: TrialRecord[] = [];
  for (let state: State | undefined = reset(game, place); state; ) {
    const { record, next }: ReturnType<typeof step> = step(game, state, await graspIn(game, state));
    if (record) records.push(record);
    state = next;
  }
  return records;
}

const evaluated = async (game: Game, seed: number, sceneIndex: number): Promise<TrialRecord[]> => {
  const job: SceneJob = {
    ...{ scenario: game.scenario, seed, split: 'evaluation', sceneIndex, firstTrial: sceneIndex, grasps: 1, policy },
    ...{ record: false, picture: false, ...(game.protocol === 'clutter' && { clutter: { round: 0 } }) },
  };
  return (await new JobRunner(undefined, NODE_HOST).run(job)).map(({ record }) => record);
};

describe('an environment', () => {
  const single: Game = { scenario: loadScenario('quick').scenario, protocol: 'single', library: undefined };
  const clutter: Game = { scenario: loadScenario('packed').scenario, protocol: 'clutter', library: undefined };
  const place = { seed: 5, split: 'evaluation', scene: 3 } as const;

  it('plays the very trials of an evaluation', async () => {
    expect(await play(single, place)).toEqual(await evaluated(single, 5, 3));
  });

  it('plays the very rounds of an evaluation, grasp by grasp', async () => {
    const [played, expected] = [await play(clutter, place), await evaluated(clutter, 5, 3)];
    expect(played.length).toBeGreaterThan(1);
    const states = (records: readonly TrialRecord[]) =>
      records.map(({ outcome, stateHash }) => ({ outcome, stateHash }));
    expect(states(played)).toEqual(states(expected));
  });

  it('plays a training scene that is none of the evaluation', () => {
    const families = single.scenario.training.families;
    const { view } = reset(single, { ...place, split: 'training' });
    expect(families).toContain(view.scene.objects[0].model.family);
  });

  it('keeps its state where a grasp is refused', () => {
    const state = reset(single, place);
    expect(() => step(single, state, { position: [0, 0, 5], yaw: 0 })).toThrow(/^grasp\.position\.2: expected/);
    expect(step(single, state, { position: [0, 0, 0.3], yaw: 0 }).record?.outcome).toBe('missed');
  });

  it('takes null for nothing to grasp: a miss of a single grasp, the end of a round', () => {
    expect(step(single, reset(single, place), null)).toMatchObject({ record: { outcome: 'missed' }, next: undefined });
    expect(step(clutter, reset(clutter, place), null)).toEqual({ record: null, next: undefined });
  });

  it('ends a round after two failures in a row', () => {
    const air = { position: [0, 0, 0.5], yaw: 0 };
    const { next } = step(clutter, reset(clutter, place), air);
    expect(next).toMatchObject({ attempt: 1, failures: 1 });
    expect(step(clutter, next!, air)).toMatchObject({ record: { outcome: 'missed' }, next: undefined });
  });
});
