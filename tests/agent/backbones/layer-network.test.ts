import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openForeign } from '../../../agent/backbones/foreign.ts';
import { openBackbone } from '../../../agent/backbones/registry.ts';
import { cachedTrunk } from '../../../agent/backbones/trunk-cache.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import type { Trunk } from '../../../agent/network/trunk.ts';
import { INPUT_CHANNELS } from '../../../agent/network/window.ts';
import { INPUT, LAYERS, layerWeights, writeLayerNetwork } from '../../support/learner/networks.ts';
import { convolve, expectTap, mapped, type Picture, refused, relu, SIDE, windows } from '../../support/reference.ts';

let engine: Engine;
let folder: string;

beforeAll(async () => {
  engine = await loadEngine();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-layers-'));
});

describe('a layer list', () => {
  const { k1, b1, k2, b2, k3 } = layerWeights();
  const stem = (x: Picture): Picture => mapped(convolve(x, k1, b1.values, 2), (v) => Math.min(Math.max(v, 0), 6));
  const sum = (x: Picture): Picture => {
    const first = stem(x);
    const point = convolve(relu(convolve(first, k2, b2.values, 1, true)), k3, new Float32Array(4), 1);
    return mapped(point, (v, row, col, c) => v + first.at(row, col, c));
  };
  const pool = (x: Picture): Picture => {
    const from = sum(x);
    const largest = (row: number, col: number, c: number): number => {
      let most = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++)
          if (2 * row + i < from.side && 2 * col + j < from.side)
            most = Math.max(most, from.at(2 * row + i, 2 * col + j, c));
      return most;
    };
    return mapped({ ...from, side: from.side / 2, at: () => 0 }, (_, row, col, c) => largest(row, col, c));
  };

  it('computes what its layers say, for each pass', async () => {
    const trunk = await openForeign(engine.tf, writeLayerNetwork(folder, 'tiny'));
    const input = windows(1);
    expectTap(trunk, 0, input, sum);
    expectTap(trunk, 1, input, pool);
    expect(trunk.taps).toEqual([
      { name: 'sum', stride: 2, channels: 12, shift: 0.5 },
      { name: 'pool', stride: 4, channels: 12, shift: 1.5 },
    ]);
    trunk.dispose();
  });

  it('gives the same whatever else is in the batch, and leaks no tensor', async () => {
    const before = engine.tf.memory().numTensors;
    const trunk = await openForeign(engine.tf, writeLayerNetwork(folder, 'tiny'));
    const many = windows(8);
    const last = many.subarray(7 * SIDE * SIDE * INPUT_CHANNELS);
    const together = trunk.run(many, 8, SIDE, SIDE).values.map((v) => v.slice((v.length / 8) * 7));
    expect(trunk.run(last, 1, SIDE, SIDE).values).toEqual(together);
    expect(trunk.run(many, 8, SIDE, SIDE)).toEqual(trunk.run(many, 8, SIDE, SIDE));
    trunk.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('is read where its taps are centred: a spike shows at the place that the shift names', async () => {
    const trunk = await openForeign(engine.tf, writeLayerNetwork(folder, 'tiny', { passes: ['height'] }), ['stem']);
    const [tap] = trunk.taps;
    const flat = new Float32Array(SIDE * SIDE * INPUT_CHANNELS);
    const spiked = flat.slice();
    // output (3, 4) of the stem is centred on this cell
    const centre = (i: number): number => (i + 0.5) * tap.stride + tap.shift - 0.5;
    spiked[(centre(3) * SIDE + centre(4)) * INPUT_CHANNELS] = 1;
    const [a, b] = [flat, spiked].map((input) => trunk.run(input, 1, SIDE, SIDE).values[0]);
    const changed = Array.from(a, (v, i) => (v === b[i] ? [] : [Math.floor(i / tap.channels)])).flat();
    expect([...new Set(changed)]).toEqual([3 * (SIDE / 2) + 4]);
    trunk.dispose();
  });

  it('is read at the last sums of each of three strides unless its card says where', async () => {
    const card = writeLayerNetwork(folder, 'tiny', { taps: null });
    await refused(
      card,
      /tiny.safetensors: expected taps in the model card or a layer at stride 8 to read, got neither/,
    );
  });

  it('is found by name in GRAFT_BACKBONES, by its card and by its weights', async () => {
    const card = writeLayerNetwork(folder, 'tiny');
    const before = process.env.GRAFT_BACKBONES;
    try {
      delete process.env.GRAFT_BACKBONES;
      await refused('tiny', /expected one of .*passive.*random.* \(GRAFT_BACKBONES, the folder of .*, is not set\)/);
      process.env.GRAFT_BACKBONES = folder;
      const [name, path, weights] = await Promise.all(
        ['tiny', card, card.replace('.json', '.safetensors')].map((which) => openBackbone(which)),
      );
      expect(new Set([name.hash, path.hash, weights.hash]).size).toBe(1);
      expect(name.card).toContain('CC0-1.0');
      await refused('tinny', `expected one of grasp, grasp-passive, grasp-wide, passive, random, tiny or the path`);
    } finally {
      if (before === undefined) delete process.env.GRAFT_BACKBONES;
      else process.env.GRAFT_BACKBONES = before;
    }
  });

  it('has another hash with other weights, preparation or passes', async () => {
    const hash = async (card: object, weights = layerWeights()): Promise<string> =>
      (await openBackbone(writeLayerNetwork(folder, 'tiny', card, weights))).hash;
    const changed = layerWeights();
    changed.k1.values[5] += 1;
    const hashes = [
      await hash({}),
      await hash({}, changed),
      await hash({ input: { ...INPUT, mean: [1, 2, 3] } }),
      await hash({ passes: ['colour'] }),
    ];
    expect(new Set(hashes).size).toBe(4);
    expect(await hash({})).toBe(hashes[0]);
  });

  it('is refused with a tap that is none', async () => {
    const card = writeLayerNetwork(folder, 'tiny');
    const known = /tiny.safetensors: expected taps among stem, deep, point, sum, pool, both, got /;
    await refused(card, known, ['block99']);
    await refused(card, known, ['classifier']);
    await refused(card, known, ['image']);
  });

  it('is refused cut off, missing, or with another checksum', async () => {
    const card = writeLayerNetwork(folder, 'tiny');
    const weights = join(folder, 'tiny.safetensors');
    const whole = readFileSync(weights);
    writeFileSync(weights, whole.subarray(0, whole.length - 40));
    await refused(card, /tiny.safetensors: expected tensor .* within \d+ bytes of data, got offsets/);
    const sha = createHash('sha256').update(whole).digest('hex');
    writeLayerNetwork(folder, 'tiny', { sha256: { safetensors: sha } });
    await openBackbone(card);
    writeFileSync(weights, whole.subarray(0, whole.length - 40));
    await refused(
      card,
      new RegExp(`tiny.safetensors: expected sha256 ${sha} .*, got [0-9a-f]{64} of ${whole.length - 40} b`),
    );
    rmSync(weights);
    await refused(card, /tiny.safetensors: expected a file that can be read, got: ENOENT/);
  });

  it('is refused with weights that are missing or of another shape', async () => {
    const { k2: _, ...rest } = layerWeights();
    await refused(
      writeLayerNetwork(folder, 'tiny', {}, rest),
      /expected tensor 'k2' of shape \[n, n, 4, 1\] for layer 'deep', got none/,
    );
    const wrong = { ...layerWeights(), b1: { shape: [3], values: new Float32Array(3) } };
    await refused(
      writeLayerNetwork(folder, 'tiny', {}, wrong),
      /expected tensor 'b1' of shape \[4\] for layer 'stem', got \[3\]/,
    );
  });

  it('is refused with layers that do not fit together', async () => {
    const layers = (change: (l: (typeof LAYERS)[number]) => object) => ({ layers: LAYERS.map(change) });
    const write = (name: string, change: object) =>
      writeLayerNetwork(
        folder,
        'tiny',
        layers((l) => (l.name === name ? { ...l, ...change } : l)),
      );
    await refused(write('point', { input: 'sum' }), /input of layer 'point' among earlier layers, got 'sum'/);
    await refused(write('sum', { inputs: ['image', 'point'] }), /inputs of layer 'sum' to match .*, got stride 2/);
    await refused(write('deep', { name: 'stem' }), /unique names, got 'stem' twice/);
    await refused(write('stem', { padding: 'valid' }), /tiny.json: layers.0.padding: .*"same", got "valid"/);
    await refused(write('stem', { op: 'conv3d' }), /tiny.json: layers.0.op: .*, got "conv3d"/);
    await refused(write('stem', { activation: 'swish' }), /tiny.json: layers.0.activation: .*, got "swish"/);
  });
});

describe('the cache of outputs', () => {
  it('gives what was computed for the same windows, and forgets the oldest', () => {
    let runs = 0;
    const taps = [{ name: 'a', stride: 1, channels: 1, shift: 0 }];
    const run: Trunk['run'] = (input, count, rows, cols) => {
      runs++;
      return { rows, cols, values: [Float32Array.of(input[0], count)] };
    };
    const trunk: Trunk = { name: 'x', hash: 'h', card: '', taps, crop: { rows: 1, cols: 1 }, run, dispose: () => {} };
    const cached = cachedTrunk(trunk, 16);
    const ask = (v: number): number => cached.run(Float32Array.of(v, 2), 1, 1, 2).values[0][0];
    expect([ask(1), ask(2), ask(1), ask(2)]).toEqual([1, 2, 1, 2]);
    expect(runs).toBe(2);
    ask(3); // pushes out 1
    expect([ask(2), ask(3)]).toEqual([2, 3]);
    expect(runs).toBe(3);
    ask(1);
    expect(runs).toBe(4);
    cached.run(Float32Array.of(1, 2), 1, 2, 1); // other windows with the same content
    expect(runs).toBe(5);
  });
});
