import { copyFileSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { RUN_VERSION } from '../../../agent/policy/model-file.ts';
import { backboneOf, parseScenario } from '../../../scenarios/load.ts';
import { createRunFolder, readTrials } from '../../../scenarios/run/run-folder.ts';
import { type TrainOptions, type TrainOutcome, train } from '../../../scenarios/run/train.ts';
import { Interrupted } from '../../../scenarios/terminal/interrupted.ts';
import { handCounts } from '../../../scenarios/training/by-hand.ts';
import { liveSettings, withChanged } from '../../../scenarios/training/live-settings.ts';
import { Steering } from '../../../scenarios/training/steering.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import type { TrialPool } from '../../../scenarios/workers/pool.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import type { RunSteering } from '../../../sim/recording/steering.ts';
import { localPool, rememberingPool } from '../../support/learner/experience.ts';
import { temporaryFolder } from '../../support/process/cli.ts';

const folder = temporaryFolder();
let engine: Engine;
let pool: TrialPool;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  const local = rememberingPool(localPool(new JobRunner(engine, NODE_HOST)));
  // as threads do, it lets in who asks for something meanwhile
  const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 1));
  pool = { ...local, run: (jobs) => pause().then(() => local.run(jobs)) };
});
afterAll(() => pool.close());

const TRIALS = 28;
const scenario = parseScenario(
  `training: { trials: ${TRIALS}, scenesPerRound: 4, graspsPerScene: 2, warmupTrials: 8 }
action: { angles: 4, depths: [0.035, 0.05] }
learner: { arm: scratch, width: 0.5, endToEnd: { batchSize: 4, updatesPerTrial: 0.5 } }`,
  'test',
);

/** Trains in a run folder. @param person is shown the training whenever it changes. */
async function trained(
  name: string,
  person?: (steering: RunSteering, trials: number) => void,
  more: Partial<TrainOptions> = {},
): Promise<TrainOutcome> {
  const { arm } = scenario.learner;
  const backbone = await backboneOf(scenario, [arm]);
  const run = join(folder, name);
  if (!more.resume)
    createRunFolder(run, {
      ...{ version: RUN_VERSION, scenarioName: 'test', scenario, seed: 3, arm },
      ...{ backbone: backbone.name, backboneHash: backbone.hash, engine: engine.name, physics: '' },
    });
  let trials = 0;
  return train({
    ...{ engine, pool, scenario, arm, seed: 3, trials: TRIALS, backbone, folder: run },
    onTrial: ({ record }) => {
      trials = record.trial + 1;
    },
    ...(person && {
      // as from a socket, never within the training's own work
      onSteering: (steering) => void setImmediate(() => steering && person(steering, trials)),
    }),
    ...more,
  });
}

const hashes = ({ weightsHash, logHash }: TrainOutcome) => ({ weightsHash, logHash });

/** Two changes and two grasps: one between rounds, one in the middle of a round. */
function meddle(onHold: () => void = () => undefined): (steering: RunSteering, trials: number) => void {
  let at = 0;
  return (steering, trials) => {
    const { paused, waiting } = steering.state;
    if (at === 0 && !paused) {
      at = 1;
      steering.ask({ do: 'pause' });
    } else if (at === 1 && waiting) {
      at = 2;
      steering.ask({ do: 'set', values: { 'training.epsilon': 0.5, 'sensor.noise.pixel': 0.003 } });
      steering.ask({ do: 'step' });
    } else if (at >= 2 && at < 5 && waiting) {
      at++;
      steering.ask({ do: 'step' });
    } else if (at === 5 && waiting) {
      at = 6;
      steering.ask({ do: 'grasp', trial: trials - 1, cell: 48 * 96 + 50, angle: 1, shape: 1 });
      steering.ask({ do: 'grasp', trial: 0, cell: 40 * 96 + 44, angle: 3, shape: 0 });
    } else if (at === 6 && waiting && steering.state.grasps === 2) {
      at = 7;
      onHold();
      steering.ask({ do: 'set', values: { 'training.epsilon': scenario.training.epsilon } });
      steering.ask({ do: 'resume' });
    }
  };
}

describe('a training that is steered', () => {
  it('stands still and goes trial by trial without a bit coming out otherwise', async () => {
    const plain = await trained('plain');
    let stood: Promise<void> | undefined;
    let steps = 0;
    const stepped = await trained('stepped', (steering, trials) => {
      const { paused, waiting } = steering.state;
      if (!paused && steps === 0) steering.ask({ do: 'pause' });
      else if (waiting && trials < 13) {
        steps++;
        steering.ask({ do: 'step' });
      } else if (waiting && !stood) {
        stood = new Promise((done) => setTimeout(done, 300)).then(() => {
          expect(readTrials(join(folder, 'stepped'))).toHaveLength(trials);
          steering.ask({ do: 'resume' });
        });
      }
    });
    await stood;
    expect(steps).toBeGreaterThanOrEqual(5);
    expect(hashes(stepped)).toEqual(hashes(plain));
  });

  it('logs changes and grasps at the trial where they took effect, and after a crash does the same again', async () => {
    const run = join(folder, 'meddled');
    const kept = join(folder, 'kept.safetensors');
    const whole = await trained(
      'meddled',
      meddle(() => copyFileSync(join(run, 'checkpoint.safetensors'), kept)),
    );
    const { records } = whole;
    expect(handCounts(records)).toEqual({ changes: 2, grasps: 2 });
    const first = records.findIndex(({ changed }) => changed);
    expect(records[first].changed).toEqual({ 'training.epsilon': 0.5, 'sensor.noise.pixel': 0.003 });
    expect(records.at(-1)?.changed).toEqual({ 'sensor.noise.pixel': 0.003 });
    const own = records.filter(({ by }) => by === 'person');
    expect(own.map(({ action }) => action)).toEqual([
      { cell: 48 * 96 + 50, angle: 1, depth: 1 },
      { cell: 40 * 96 + 44, angle: 3, depth: 0 },
    ]);
    // stepped into the middle of a round, which ended there
    expect(own[0].trial).toBe(first + 4);
    expect(own[0].scene).toBe(records[own[0].trial - 1].scene);
    const scenes = records.filter(({ by }) => !by).map(({ scene }) => scene);
    for (const scene of new Set(scenes)) expect(scenes.filter((s) => s === scene).length).toBeLessThanOrEqual(2);

    const crashed = join(folder, 'crashed');
    cpSync(run, crashed, { recursive: true });
    for (const file of ['model.safetensors', 'checkpoint-before.safetensors']) rmSync(join(crashed, file));
    copyFileSync(kept, join(crashed, 'checkpoint.safetensors'));
    const resumed = await trained('crashed', undefined, { resume: true });
    expect(hashes(resumed)).toEqual(hashes(whole));
    expect(readFileSync(join(crashed, 'trials.jsonl'))).toEqual(readFileSync(join(run, 'trials.jsonl')));
  });

  it('ends when it is interrupted while it stands still, and goes on with what was changed', async () => {
    const stop = new AbortController();
    const meddled = meddle();
    const person = (steering: RunSteering, trials: number): void => {
      meddled(steering, trials);
      if (steering.state.grasps === 1) stop.abort();
    };
    await expect(trained('stopped', person, { signal: stop.signal })).rejects.toThrow(Interrupted);
    const before = readTrials(join(folder, 'stopped'));
    expect(before.length).toBeLessThan(TRIALS);
    const { records } = await trained('stopped', undefined, { resume: true });
    expect(records.slice(0, before.length)).toEqual(before);
    expect(records).toHaveLength(TRIALS);
    expect(records.at(-1)?.changed).toEqual(before.at(-1)?.changed);
    expect(before.at(-1)?.changed).toBeDefined();
  });

  it.each([
    [{ do: 'set', values: { 'training.epsilon': 2 } }, 'training.epsilon: expected a number from 0 to 1, got 2'],
    [
      { do: 'set', values: { 'training.epsilon': Number.NaN } },
      'training.epsilon: expected a number from 0 to 1, got NaN',
    ],
    [{ do: 'set', values: { 'physics.stepHz': 100 } }, /^physics\.stepHz: expected one of training\.epsilon, /],
    [{ do: 'set', values: { __proto__x: 1 } }, /expected one of/],
    [
      { do: 'grasp', trial: 0, cell: 5000, angle: 0, shape: 0 },
      'grasp: expected a training that is paused, got one that runs',
    ],
  ] as const)('refuses %j in one sentence', (request, reason) => {
    const steering = new Steering({ scenario, records: [] });
    expect(() => steering.ask(request)).toThrow(reason);
    expect(steering.state.settings.every(({ value, own }) => value === own)).toBe(true);
  });

  it.each([
    [{ trial: 7, cell: 5000, angle: 0, shape: 0 }, /expected a training trial on a scene as it was drawn, got 7/],
    [{ trial: 0, cell: 95, angle: 0, shape: 0 }, /expected a cell inside 96 x 96/],
    [{ trial: 0, cell: 5000, angle: 4, shape: 0 }, /an angle below 4/],
    [{ trial: 0, cell: 5000, angle: 0, shape: 2 }, /a shape below 2, got 5000, 0 and 2/],
  ])('refuses a grasp at %j', async (grasp, reason) => {
    const records = readTrials(join(folder, 'plain')).slice(0, 1);
    const steering = new Steering({ scenario, records });
    steering.ask({ do: 'pause' });
    expect(() => steering.ask({ do: 'grasp', ...grasp })).toThrow(reason);
    for (let i = 0; i < 8; i++) steering.ask({ do: 'grasp', trial: 0, cell: 5000, angle: 0, shape: 0 });
    expect(() => steering.ask({ do: 'grasp', trial: 0, cell: 5000, angle: 0, shape: 0 })).toThrow(/at most 8/);
    steering.end();
    expect(() => steering.ask({ do: 'resume' })).toThrow(
      'steering: expected a training that runs, got one that is over',
    );
  });
});

it('live settings are numbers of the schema, with the range of the own kind of noise', () => {
  const stereo = parseScenario('sensor: { noise: { model: stereo } }', 'test');
  const settings = liveSettings(stereo);
  expect(settings.map(({ key }) => key)).toEqual([
    ...['training.epsilon', 'training.temperature', 'training.heuristicShare', 'sensor.eyeJitter'],
    ...['sensor.calibrationError', 'sensor.noise.axial', 'sensor.noise.edgeDropout', 'sensor.noise.holes'],
    'sensor.noise.holeRadiusPx',
  ]);
  expect(settings.find(({ key }) => key === 'sensor.noise.holes')).toMatchObject({
    ...{ own: 6, low: 0, high: 200, whole: true },
  });
  expect(settings.every(({ about, key }) => about !== '' || key === 'sensor.noise.holes' || key.endsWith('Px'))).toBe(
    true,
  );
  for (const { key, low, high } of settings)
    for (const value of [low, high]) expect(() => withChanged(stereo, { [key]: value })).not.toThrow();
});
