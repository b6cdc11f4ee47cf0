import { setImmediate as turn } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLane, type Lane } from '../../../scenarios/env/lane.ts';
import { createSeats, type EnvTask, type Rules } from '../../../scenarios/env/seats.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('quick');
const rules: Rules = {
  ...{ scenario, protocol: 'single', observe: ['heightmap'], autoreset: true, envs: 2, split: 'training' },
  seeds: { training: 1, evaluation: 2 },
};
const miss = { position: [0, 0, 0.5], yaw: 0 };
const open: EnvTask = { type: 'open', client: 0, rules };
const begin = (env: number, fields: object = {}): EnvTask => ({ type: 'reset', id: 0, client: 0, env, ...fields });
const grasp = (env: number): EnvTask => ({ type: 'step', id: 0, client: 0, env, grasp: miss });

/** A lane on seats, and what its worker was asked. */
function watched(): { lane: Lane; asked: string[] } {
  const seats = createSeats({ library: undefined, engine: () => Promise.reject(new Error('no engine here')) });
  const asked: string[] = [];
  const lane = createLane((task) => {
    asked.push('env' in task ? `${task.type} ${task.env}` : task.type);
    return seats(task);
  });
  return { lane, asked };
}

/** Turns of the event loop for a lane to prepare what it likes. */
const idle = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await turn();
};

describe('a lane', () => {
  it('answers the same whether scenes were prepared or not', async () => {
    const tasks = [begin(0), grasp(0), grasp(0), begin(0), begin(0, { scene: 40 }), grasp(0), begin(0, { seed: 9 })];
    const [patient, hasty] = [watched(), createSeats({ library: undefined, engine: () => Promise.reject() })];
    await Promise.all([patient.lane(open), hasty(open)]);
    for (const task of tasks) {
      const [{ json }, { json: expected }] = (await Promise.all([patient.lane(task), hasty(task)])) as {
        json: string;
      }[];
      expect(json).toBe(expected);
      await idle();
    }
    expect(patient.asked.filter((type) => type === 'prepare 0').length).toBeGreaterThan(2);
  });

  it('prepares only while nobody waits, one scene for an environment', async () => {
    const { lane, asked } = watched();
    await lane(open);
    await Promise.all([begin(0), begin(1), grasp(0)].map(lane));
    await idle();
    await idle();
    expect(asked).toEqual(['open', 'reset 0', 'reset 1', 'step 0', 'prepare 0', 'prepare 1']);
  });

  it('prepares no more for a client that asks for other scenes, until it takes the next one', async () => {
    const { lane, asked } = watched();
    const ask = async (task: EnvTask) => {
      asked.length = 0;
      await lane(task);
      await idle();
      return asked.includes('prepare 0');
    };
    await lane(open);
    expect(await ask(begin(0, { scene: 7 }))).toBe(true);
    expect(await ask(begin(0, { scene: 70 }))).toBe(false);
    expect(await ask(begin(0, { scene: 7 }))).toBe(false);
    expect(await ask(begin(0, { scene: 9 }))).toBe(true);
  });

  it('forgets a client that left', async () => {
    const { lane, asked } = watched();
    await lane(open);
    await Promise.all([begin(0), { type: 'leave', client: 0 } as const].map(lane));
    await idle();
    expect(asked).toEqual(['open', 'reset 0', 'leave']);
  });
});
