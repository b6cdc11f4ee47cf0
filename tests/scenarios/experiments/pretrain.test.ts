import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadBackbone, startHash } from '../../../agent/backbones/own.ts';
import { loadEngine } from '../../../agent/engine/engine.ts';
import { decodeTensors, encodeTensors } from '../../../agent/network/safetensors.ts';
import { createPretraining } from '../../../agent/pretrain/pretraining.ts';
import { TRUNK_SIZES } from '../../../agent/pretrain/trunk-sizes.ts';
import { PRETRAIN_DEFAULTS } from '../../../scenarios/experiments/pretrain/defaults.ts';
import { pretrainKind, scenesIn, shareModel } from '../../../scenarios/experiments/pretrain/kind.ts';
import { runPretraining } from '../../../scenarios/experiments/pretrain/pretraining.ts';
import type { PretrainRequest } from '../../../scenarios/experiments/pretrain/request.ts';
import { openShards } from '../../../scenarios/experiments/pretrain/shards.ts';
import { createSourcePool, type SourcePool } from '../../../scenarios/experiments/pretrain/source-pool.ts';
import { openSharedFiles } from '../../../scenarios/experiments/queue/shared-files.ts';
import { InputError } from '../../../scenarios/load.ts';
import { SOURCE_FAMILIES } from '../../../sim/objects/families.ts';
import { loadPhysics } from '../../../sim/physics.ts';
import { bitsOf } from '../../support/source-scenes.ts';

// a pretraining measures its features and its answers on dozens of batches, whatever it was asked for
beforeAll(() => void vi.spyOn(PRETRAIN_DEFAULTS, 'batchSize', 'get').mockReturnValue(6));
afterAll(() => vi.restoreAllMocks());

describe('shards of scenes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'graft-shards-'));
  // more than one worker takes at once
  const shards = { seed: 3, scenes: 13, grasps: 1, families: SOURCE_FAMILIES, physics: 'test' };
  const pools: SourcePool[] = [];
  afterAll(() => Promise.all(pools.map((p) => p.close())));
  /** The pool of so many workers: the same for everyone who asks. */
  const poolOf = (workers: number): SourcePool => {
    const pool = pools.find((p) => p.workers === workers) ?? createSourcePool(workers);
    if (!pools.includes(pool)) pools.push(pool);
    return pool;
  };
  const open = (where: string, workers: number) =>
    openShards(where, shards, poolOf(workers), new AbortController().signal);

  it('are the same from any number of workers, and are read again, not drawn again', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    const one = await open(a, 1).load('training', 1, undefined, () => undefined);
    const two = await open(b, 2).load('training', 1, undefined, () => undefined);
    expect(one).toHaveLength(13);
    expect(bitsOf(two)).toBe(bitsOf(one));
    expect(readFileSync(join(b, 'training-001.bin')).equals(readFileSync(join(a, 'training-001.bin')))).toBe(true);
    let drawn = 0;
    const again = await open(a, 1).load('training', 1, undefined, () => drawn++);
    expect(bitsOf(again)).toBe(bitsOf(one));
    expect(drawn).toBe(0);
  }, 600_000);

  it('are the same as a machine at a queue draws them, with weights that it is told by their hash', async () => {
    const [engine] = await Promise.all([loadEngine(), loadPhysics()]);
    const { layers, parameters } = createPretraining({
      ...{ source: 'grasp', hand: 'jaws', frozen: false, layers: TRUNK_SIZES.small, seed: 1 },
      ...{ batchSize: 6, questions: 1, learningRate: 1e-3, weightDecay: 0, steps: 1 },
    });
    const job = { seed: 3, hand: 'jaws', split: 'training', first: 5, count: 2, grasps: 2 } as const;
    const here = await poolOf(1).run([{ ...job, model: { layers, parameters } }]);
    const files = openSharedFiles(join(folder, 'shared'));
    const unit = { ...job, weights: shareModel({ layers, parameters }, files) };
    const units = await pretrainKind.open({}, files);
    const noTrials = async () => Promise.reject(new Error('expected no trials'));
    const tools = { engine, pool: { workers: 1, run: noTrials, close: noTrials }, onStep: () => undefined };
    const found = await pretrainKind.measure(unit, units.settingOf(unit), tools);
    expect(found.measured).toEqual({ scenes: 2 });
    expect(bitsOf(scenesIn(found.files))).toBe(bitsOf(here));
    const { weights: _, ...without } = unit;
    expect(units.keyOf(without)).not.toBe(units.keyOf(unit));
    expect(() => units.settingOf({ ...unit, weights: '0'.repeat(64) })).toThrow(/got none that is whole/);
  }, 600_000);

  it('of other settings, or damaged, are refused', async () => {
    const where = join(folder, 'c');
    const store = open(where, 1);
    expect(() => openShards(where, { ...shards, seed: 4 }, poolOf(1), new AbortController().signal)).toThrow(
      /data.json: expected .*"seed":4.*, got .*"seed": 3/,
    );
    writeFileSync(join(where, 'training-000.bin'), 'no scenes');
    await expect(store.load('training', 0, undefined, () => undefined)).rejects.toThrow(
      /training-000.bin: expected scenes, got a damaged file \(remove the folder to make them again\)/,
    );
  });
});

describe('a pretraining', () => {
  const folder = mkdtempSync(join(tmpdir(), 'graft-pretrain-'));
  const pretrained = (name: string, more: Partial<PretrainRequest> = {}) => {
    const stop = new AbortController();
    return runPretraining({
      ...{
        name: 'tiny',
        hand: 'jaws',
        source: 'grasp+passive',
        size: 'small',
        rounds: 3,
        scenes: 2,
        grasps: 2,
        steps: 3,
        seed: 5,
      },
      ...{ data: join(folder, `${name}-data`), out: join(folder, `${name}.safetensors`), workers: 1 },
      ...{ force: false, quiet: true, command: 'test', signal: stop.signal },
      ...more,
    });
  };
  const bytes = (name: string): Buffer => readFileSync(join(folder, `${name}.safetensors`));
  const stepOf = (checkpoint: string): number =>
    Number(decodeTensors(readFileSync(checkpoint), checkpoint).metadata.step);
  /** A signal that fires once a checkpoint with steps in it is written. */
  const afterSteps = (checkpoint: string): AbortSignal => {
    const stop = new AbortController();
    const watch = setInterval(() => {
      if (!existsSync(checkpoint) || stepOf(checkpoint) === 0) return;
      stop.abort();
      clearInterval(watch);
    }, 5);
    return stop.signal;
  };

  it('goes on after an interruption to the same weights, and its checkpoint is its own', async () => {
    const whole = await pretrained('whole');
    const checkpoint = join(folder, 'cut.safetensors.checkpoint');
    await expect(pretrained('cut', { signal: afterSteps(checkpoint) })).rejects.toThrow(/interrupted/);
    expect(existsSync(join(folder, 'cut.safetensors'))).toBe(false);
    const saved = readFileSync(checkpoint);
    expect(stepOf(checkpoint)).toBe(3);
    // the interrupted round may have drawn its scenes to the end: what goes on draws them itself
    rmSync(join(folder, 'cut-data', 'training-002.bin'), { force: true });
    await expect(pretrained('cut', { rounds: 1, steps: 9 })).rejects.toThrow(/got one of other settings/);
    for (const length of [0, 5000, saved.length - 1]) {
      writeFileSync(checkpoint, saved.subarray(0, length));
      await expect(pretrained('cut')).rejects.toThrow(InputError);
    }
    writeFileSync(checkpoint, saved);
    // killed between weights and card
    writeFileSync(join(folder, 'cut.safetensors'), bytes('whole'));
    const resumed = await pretrained('cut');
    expect(bytes('cut').equals(bytes('whole'))).toBe(true);
    expect(resumed).toMatchObject({
      hash: whole.hash,
      startHash: whole.startHash,
      loss: whole.loss,
      grasps: whole.grasps,
    });
    expect(existsSync(checkpoint)).toBe(false);
    await expect(pretrained('cut')).rejects.toThrow(/does not exist yet, got one that does; pass --force/);
  }, 240_000);

  it('of a head for cups writes it beside the one for jaws, with what it was learned from', async () => {
    const from = join(folder, 'whole.safetensors');
    await expect(pretrained('cups', { hand: 'suction' })).rejects.toThrow(
      /--hand suction: expected --from, .*, got none/,
    );
    await expect(pretrained('cups', { hand: 'suction', from: 'passive' })).rejects.toThrow(
      /--from: backbone 'passive': expected one that was pretrained on grasps/,
    );
    const made = await pretrained('cups', { hand: 'suction', from });
    const [base, both] = [loadBackbone(from), loadBackbone(join(folder, 'cups.safetensors'))];
    expect(both.hash).toBe(base.hash);
    expect(Object.keys(both.heads)).toEqual(['jaws', 'suction']);
    expect(both.heads.jaws).toEqual(base.heads.jaws);
    expect(startHash(both)).toBe(made.startHash);
    expect(startHash(both)).not.toBe(startHash(base));
    const card = JSON.parse(readFileSync(join(folder, 'cups.model.json'), 'utf8'));
    expect(card).toMatchObject({ hash: base.hash, startHash: made.startHash, source: 'grasp+passive' });
    expect(card.heads.suction).toMatchObject({ grasps: made.grasps, steps: 9, scenes: 6, loss: made.loss });
  }, 600_000);

  it('is refused weights whose head was changed behind their card', async () => {
    const path = join(folder, 'whole.safetensors');
    const { parameters, metadata } = decodeTensors(bytes('whole'), path);
    parameters['head/logit/bias'].values[0] += 1;
    writeFileSync(path, encodeTensors({ parameters, metadata }));
    expect(() => loadBackbone(path)).toThrow(/expected a head that makes hash [0-9a-f]{64} \(its model card\)/);
  });
});
