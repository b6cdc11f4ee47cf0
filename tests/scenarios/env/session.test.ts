import { beforeAll, describe, expect, it } from 'vitest';
import { createSeats } from '../../../scenarios/env/seats.ts';
import { createSession, type Ground } from '../../../scenarios/env/session.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { decodeArray } from '../../../scenarios/messages/arrays.ts';
import { sceneAndView } from '../../../scenarios/trials/scene.ts';
import { loadPhysics } from '../../../sim/physics.ts';

beforeAll(loadPhysics);

const { scenario } = loadScenario('quick');
const seats = () => createSeats({ library: undefined, engine: () => Promise.reject(new Error('no engine here')) });

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into as JSON
type Answer = Record<string, any>;

/** A client that talks to a session in this thread. */
function client(lanes = 1) {
  const ground: Ground = {
    ...{ name: 'quick', scenario, protocol: 'single', split: 'evaluation', seeds: { training: 1, evaluation: 2 } },
    lanes: Array.from({ length: lanes }, seats),
  };
  const answers = new Map<unknown, (answer: Answer) => void>();
  let closed = false;
  const heard = (json: string): void => {
    expect(json).not.toContain('\n');
    const answer: Answer = JSON.parse(json);
    answers.get(answer.id)?.(answer);
  };
  const session = createSession(ground, 0, heard, () => {
    closed = true;
  });
  let next = 0;
  return {
    session,
    closed: () => closed,
    send: (text: string, id?: unknown) =>
      new Promise<Answer>((resolve) => {
        answers.set(id, resolve);
        session.receive(text);
      }),
    ask(type: string, fields: object = {}): Promise<Answer> {
      const id = next++;
      return this.send(JSON.stringify({ id, type, ...fields }), id);
    },
  };
}

const miss = { position: [0, 0, 0.5], yaw: 0 };

describe('a session', () => {
  it('greets with the spaces, the hand and what was agreed on', async () => {
    const hello = await client().ask('hello', { version: 1, envs: 3, observe: ['depth', 'depth'] });
    expect(hello).toMatchObject({
      ...{ type: 'hello', version: 1, scenario: 'quick', envs: 3, observe: ['depth'], protocol: 'single' },
      spaces: { heightmap: { size: 96, cell: 0.004 }, action: { cells: 9216, angles: 12 }, hand: { stroke: 0.08 } },
    });
  });

  it('sends exactly what the camera sees of the scene that was asked for', async () => {
    const to = client();
    await to.ask('hello', { version: 1, observe: ['colour', 'depth', 'heightmap', 'heightmapColour'] });
    const { observation } = await to.ask('reset', { seed: 9, split: 'training', scene: 4 });
    const { frame, heightmap } = sceneAndView(scenario, 9, 'training', 4).observation;
    expect(observation).toMatchObject({ seed: 9, split: 'training', scene: 4, attempt: 0 });
    expect(observation.camera.T_world_camera).toEqual(frame.camera.pose);
    const same = (a: Float32Array | Uint8Array, b: ArrayLike<number>) =>
      a.length === b.length && a.every((x, i) => x === b[i]);
    expect(same(decodeArray(observation.depth), frame.depth)).toBe(true);
    expect(same(decodeArray(observation.colour), frame.colour)).toBe(true);
    expect(same(decodeArray(observation.heightmap), heightmap.height)).toBe(true);
    expect(observation.colour.shape).toEqual([128, 128, 3]);
    const colour = Float32Array.from(decodeArray(observation.heightmapColour), (c) => c / 255);
    expect(same(colour, heightmap.colour)).toBe(true);
  });

  it('goes through the scenes of a seed: each environment its own, one after the other', async () => {
    const to = client(2);
    await to.ask('hello', { version: 1, envs: 2, observe: [], autoreset: true });
    const where = async (answer: Promise<Answer>) => {
      const { seed, split, scene } = (await answer).observation;
      return [seed, split, scene];
    };
    expect(await where(to.ask('reset', { env: 1 }))).toEqual([2, 'evaluation', 1]);
    expect(await where(to.ask('reset', { env: 1 }))).toEqual([2, 'evaluation', 3]);
    expect(await where(to.ask('step', { env: 1, grasp: miss }))).toEqual([2, 'evaluation', 5]);
    expect(await where(to.ask('reset', { env: 1, seed: 8 }))).toEqual([8, 'evaluation', 1]);
    expect(await where(to.ask('reset', { env: 1, split: 'training' }))).toEqual([1, 'training', 1]);
    expect(await where(to.ask('reset', { env: 0, scene: 40 }))).toEqual([2, 'evaluation', 40]);
  });

  it('answers a step with its outcome and record, and then waits for a reset', async () => {
    const to = client();
    await to.ask('hello', { version: 1, observe: [] });
    await to.ask('reset');
    expect(await to.ask('step', { grasp: miss })).toMatchObject({
      ...{ type: 'step', env: 0, outcome: 'missed', held: false, reward: 0, done: true, observation: null },
      record: { scene: 0, position: [0, 0, 0.5], outcome: 'missed' },
    });
    const { type, error } = await to.ask('step', { grasp: miss });
    expect({ type, error }).toEqual({
      type: 'error',
      error: 'step: expected env 0 to be reset first, got no scene that waits for a grasp',
    });
  });

  it('holds what its own proposal holds', async () => {
    const to = client();
    await to.ask('hello', { version: 1, observe: [] });
    const outcomes = [];
    for (let k = 0; k < 6; k++) {
      await to.ask('reset');
      const { grasp } = await to.ask('propose', { policy: 'antipodal' });
      outcomes.push((await to.ask('step', { grasp })).outcome);
    }
    expect(outcomes).toContain('held');
  });

  it('refuses what it cannot do, and goes on', async () => {
    const to = client();
    const refused = async (answer: Promise<Answer>) => (await answer).error;
    expect(await refused(to.ask('reset'))).toBe('message.type: expected hello first, got reset');
    await to.ask('hello', { version: 1, observe: [] });
    expect(await refused(to.ask('hello', { version: 1 }))).toBe(
      'hello: expected as the first message, got a second one',
    );
    expect(await refused(to.ask('reset', { env: 1 }))).toBe('reset.env: expected one of 1 environments, got 1');
    expect(await refused(to.send('garbage'))).toBe('message: expected one JSON object, got "garbage"');
    await to.ask('reset');
    expect(await refused(to.ask('step'))).toBe('grasp: expected object, got nothing');
    expect(await to.ask('step', { grasp: null })).toMatchObject({ outcome: 'missed', done: true });
  });

  it('refuses more requests than may wait', async () => {
    const to = client();
    await to.ask('hello', { version: 1, observe: [] });
    await to.ask('reset');
    const asked = Array.from({ length: 1100 }, () => to.ask('step', { grasp: null }));
    const errors = (await Promise.all(asked)).map(({ error }) => error);
    expect(errors.filter((error) => error?.includes('at most 1024 requests')).length).toBeGreaterThanOrEqual(76);
  });

  it('ends when it is asked to, after what was asked before', async () => {
    const to = client();
    await to.ask('hello', { version: 1, observe: [] });
    const before = to.ask('reset');
    expect(await to.ask('close')).toMatchObject({ type: 'close' });
    expect(to.closed()).toBe(true);
    expect(await before).toMatchObject({ type: 'reset' });
    await to.session.close();
  });
});
