import { beforeAll, describe, expect, it } from 'vitest';
import { loadBackbone, parametersHash } from '../../../agent/backbones/own.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import { createLearner } from '../../../agent/learner/learner.ts';
import { drawBatch, drawMembers, type Sample, type StoredSample, store } from '../../../agent/learner/replay.ts';
import { LEARNER_DEFAULTS } from '../../../agent/learner/settings.ts';
import { learn } from '../../../agent/learner/update.ts';
import { NODE_HOST } from '../../../scenarios/trials/node-host.ts';
import { JobRunner } from '../../../scenarios/trials/runner.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { triedGrasps } from '../../support/learner/experience.ts';

let engine: Engine;
let runner: JobRunner;

beforeAll(async () => {
  [engine] = await Promise.all([loadEngine(), loadPhysics()]);
  runner = new JobRunner(engine, NODE_HOST);
});

/** A buffer of as many samples, of which every fourth held. */
function buffer(count: number): StoredSample[] {
  const replay: StoredSample[] = [];
  const samples = Array.from({ length: count }, (_, i) => ({ data: Float32Array.of(i), shape: 0, held: i % 4 === 0 }));
  store(replay, samples, 0);
  return replay;
}

describe('a replay buffer', () => {
  it('gives every sample members that depend on its place alone, at least one', () => {
    const replay = buffer(200);
    expect(replay.map((s) => [...s.members])).toEqual(replay.map((_, i) => [...drawMembers(0, i)]));
    expect(replay.every((s) => s.members.includes(1))).toBe(true);
    const share = replay.flatMap((s) => [...s.members]).reduce((a, b) => a + b, 0) / (200 * replay[0].members.length);
    expect(Math.abs(share - 0.8)).toBeLessThan(0.06);
  });

  it('draws uniformly, balanced, or half of its recent failures', () => {
    const replay = buffer(400);
    const drawn = (how: 'uniform' | 'balanced' | 'failures') =>
      drawBatch(replay, 1000, how, rngStream(0, `test/${how}`));
    const heldIn = (how: 'uniform' | 'balanced') => drawn(how).filter((s) => s.held).length / 1000;
    expect(Math.abs(heldIn('uniform') - 0.25)).toBeLessThan(0.05);
    expect(heldIn('balanced')).toBe(0.5);
    // the last 64 failures begin near place 315 of 400
    const recent = drawn('failures').filter((_, i) => i % 2 === 1);
    expect(recent.every((s) => !s.held && s.data[0] > 312)).toBe(true);
  });
});

describe('learning from it', () => {
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
