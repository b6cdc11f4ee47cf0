import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openBackbone } from '../../agent/backbones.ts';
import { type Engine, loadEngine } from '../../agent/engine.ts';
import { openForeign } from '../../agent/foreign.ts';
import { paint } from '../../agent/foreign-trunk.ts';
import { PASSES } from '../../agent/model-card.ts';
import type { Parameter } from '../../agent/parameters.ts';
import type { Trunk } from '../../agent/trunk.ts';
import { cachedTrunk } from '../../agent/trunk-cache.ts';
import { INPUT_CHANNELS } from '../../agent/window.ts';
import { rngStream } from '../../sim/rng.ts';
import {
  INPUT,
  LAYERS,
  layerWeights,
  onnxModel,
  writeCard,
  writeGraphModel,
  writeLayerNetwork,
  writeLayersModel,
} from '../support/networks.ts';

let engine: Engine;
let folder: string;
const SIDE = 16;
/** As agent/ would find it. */
const hasOnnx = ((): boolean => {
  try {
    return Boolean(createRequire(new URL('../../agent/onnx-network.ts', import.meta.url)).resolve('onnxruntime-web'));
  } catch {
    return false;
  }
})();

beforeAll(async () => {
  engine = await loadEngine();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graft-foreign-'));
});

/** Windows of noise, with every channel in its range. */
const windows = (count: number): Float32Array => {
  const rng = rngStream(5, 'test/windows');
  const cells = count * SIDE * SIDE;
  return Float32Array.from({ length: cells * INPUT_CHANNELS }, (_, i) =>
    i % INPUT_CHANNELS === 0 ? rng.range(0, 2) : rng.range(-0.5, 0.5),
  );
};

/** [rows, cols, channels], computed the long way. */
interface Picture {
  readonly side: number;
  readonly channels: number;
  readonly at: (row: number, col: number, channel: number) => number;
}

/** 3 x 3 convolution with 'same' padding of an even picture, from its definition. */
function convolve(
  x: Picture,
  { shape, values }: Parameter,
  bias: Float32Array,
  stride: 1 | 2,
  depthwise = false,
): Picture {
  const [size, , inputs, outputs] = shape;
  const before = stride === 2 ? 0 : (size - 1) / 2;
  const at = (row: number, col: number, c: number): number => {
    let sum = bias[c] ?? 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const [r, k] = [row * stride + i - before, col * stride + j - before];
        if (r < 0 || k < 0 || r >= x.side || k >= x.side) continue;
        if (depthwise) sum += x.at(r, k, c) * values[(i * size + j) * inputs + c];
        else
          for (let n = 0; n < inputs; n++) sum += x.at(r, k, n) * values[((i * size + j) * inputs + n) * outputs + c];
      }
    return sum;
  };
  return { side: x.side / stride, channels: depthwise ? inputs : outputs, at };
}

const mapped = (x: Picture, f: (v: number, row: number, col: number, c: number) => number): Picture => {
  const values = Float32Array.from({ length: x.side * x.side * x.channels }, (_, i) => {
    const [c, cell] = [i % x.channels, Math.floor(i / x.channels)];
    const [row, col] = [Math.floor(cell / x.side), cell % x.side];
    return f(x.at(row, col, c), row, col, c);
  });
  return { ...x, at: (row, col, c) => values[(row * x.side + col) * x.channels + c] };
};

const relu = (x: Picture): Picture => mapped(x, (v) => Math.max(v, 0));

/** The pictures that one window becomes, by pass. */
const pictures = (input: Float32Array): Picture[] =>
  PASSES.map((pass) => {
    const values = paint(pass, input, { ...INPUT, colorOrder: 'RGB' } as Parameters<typeof paint>[2]);
    return { side: SIDE, channels: 3, at: (row, col, c) => values[(row * SIDE + col) * 3 + c] };
  });

/** Compares a tap of the first window with what the long way gives for each pass. */
function expectTap(trunk: Trunk, tap: number, input: Float32Array, reference: (x: Picture) => Picture): void {
  const got = trunk.run(input, 1, SIDE, SIDE).values[tap];
  const expected = pictures(input).map(reference);
  const { side, channels } = expected[0];
  expect(got.length).toBe(side * side * channels * PASSES.length);
  let worst = 0;
  for (let row = 0; row < side; row++)
    for (let col = 0; col < side; col++)
      expected.forEach((picture, p) => {
        for (let c = 0; c < channels; c++) {
          const value = got[((row * side + col) * PASSES.length + p) * channels + c];
          worst = Math.max(worst, Math.abs(value - picture.at(row, col, c)));
        }
      });
  expect(worst).toBeLessThan(1e-4);
}

const refused = (nameOrPath: string, message: string | RegExp, taps?: readonly string[]): Promise<void> =>
  expect(openBackbone(nameOrPath, taps)).rejects.toThrow(message);

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
      await refused('tinny', `expected one of passive, random, tiny or the path`);
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

describe('a model card', () => {
  it('is refused if it is no JSON, or says nothing, or too much', async () => {
    const path = join(folder, 'card.json');
    writeFileSync(path, '{ "layers": ');
    await refused(path, /card.json: expected a model card in JSON, got: /);
    await refused(
      writeCard(folder, 'card', {}),
      /card.json: model card: expected exactly one of 'layers', 'tfjs' and 'onnx'/,
    );
    await refused(
      writeCard(folder, 'card', { input: null, layers: LAYERS }),
      /card.json: input: expected object, .*got nothing/,
    );
    await refused(
      writeCard(folder, 'card', { layers: LAYERS, input: { ...INPUT, scale: [1, 0, 1] } }),
      /card.json: input.scale: expected no 0, got \[1,0,1\]/,
    );
    await refused(
      writeCard(folder, 'card', { tfjs: { model: 'm', sha256: 'abc' } }),
      /card.json: tfjs.sha256: expected 64 hexadecimal digits, got "abc"/,
    );
    await refused(
      writeCard(folder, 'card', { layers: LAYERS, passes: ['smell'] }),
      /card.json: passes.0: .*, got "smell"/,
    );
  });
});

describe('a TensorFlow.js model', () => {
  const first =
    ({ first: k, bias }: { first: Parameter; bias: Parameter }) =>
    (x: Picture) =>
      relu(convolve(x, k, bias.values, 2));

  it('of layers is read at any layer, whatever the size of its pictures', async () => {
    const weights = await writeLayersModel(engine.tf, folder);
    const before = engine.tf.memory().numTensors;
    const card = writeCard(folder, 'net', { tfjs: { model: 'model.json' }, taps: ['conv', 'pool'] });
    const trunk = await openForeign(engine.tf, card);
    expect(trunk.taps.map(({ stride, channels }) => [stride, channels])).toEqual([
      [2, 15],
      [4, 15],
    ]);
    expectTap(trunk, 0, windows(1), first(weights));
    trunk.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
    await refused(card, /model.json: expected taps among .*conv, pool, mean, top, got 'conv9'/, ['conv9']);
    await refused(card, /model.json: expected tap 'mean' with a grid that divides the window, got \[5\]/, ['mean']);
    const shard = join(folder, 'group1-shard1of1.bin');
    writeFileSync(shard, readFileSync(shard).subarray(0, 100));
    await refused(card, /model.json: expected a model for pictures that TensorFlow.js can run, got: /);
  });

  it('of a graph is read at any node', async () => {
    const weights = writeGraphModel(folder);
    const before = engine.tf.memory().numTensors;
    const card = writeCard(folder, 'net', { tfjs: { model: 'model.json' }, taps: ['relu'] });
    const trunk = await openForeign(engine.tf, card);
    expectTap(trunk, 0, windows(1), first(weights));
    trunk.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
    await refused(card, /model.json: expected taps among conv, sum, relu, got 'x'/, ['x']);
    writeCard(folder, 'net', { tfjs: { model: 'model.json' } });
    await refused(card, /net.json: expected taps, in the model card or as learner.taps, got none/);
  });

  it('is refused if its files are not what they should be', async () => {
    writeGraphModel(folder);
    const card = (model: string) => writeCard(folder, 'net', { tfjs: { model }, taps: ['relu'] });
    writeFileSync(join(folder, 'other.json'), '{ "modelTopology": {} }');
    await refused(card('other.json'), /other.json: expected a TensorFlow.js model.json with .*, got other JSON/);
    writeFileSync(join(folder, 'broken.json'), '{ "modelTopology"');
    await refused(card('broken.json'), /broken.json: expected a TensorFlow.js model.json with .*, got .*JSON/);
    await refused(card('nosuch.json'), /nosuch.json: expected a file that can be read, got: ENOENT/);
    rmSync(join(folder, 'b.bin'));
    await refused(card('model.json'), /b.bin: expected a file that can be read, got: ENOENT/);
  });
});

describe('a network from a URL', () => {
  let server: Server;
  let url: string;
  let served: string;
  let requests: string[];
  const cache = process.env.GRAFT_CACHE;

  beforeAll(async () => {
    served = mkdtempSync(join(tmpdir(), 'graft-served-'));
    writeGraphModel(served);
    server = createServer((request, response) => {
      const path = join(served, request.url!);
      requests.push(request.url!);
      response.statusCode = existsSync(path) ? 200 : 404;
      response.end(existsSync(path) ? readFileSync(path) : 'no such file');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    if (cache === undefined) delete process.env.GRAFT_CACHE;
    else process.env.GRAFT_CACHE = cache;
  });
  beforeEach(() => {
    requests = [];
    process.env.GRAFT_CACHE = join(folder, 'cache');
  });
  const checksum = (): string => {
    const hash = createHash('sha256');
    for (const file of ['model.json', 'a.bin', 'b.bin']) hash.update(readFileSync(join(served, file)));
    return hash.digest('hex');
  };
  const card = (tfjs: object) => writeCard(folder, 'net', { tfjs, taps: ['relu'] });

  it('is downloaded once, and again only if what was kept is damaged', async () => {
    const path = card({ model: `${url}/model.json`, sha256: checksum() });
    const { hash } = await openBackbone(path);
    expect(requests).toEqual(['/model.json', '/a.bin', '/b.bin']);
    expect((await openBackbone(path)).hash).toBe(hash);
    expect(requests.length).toBe(3);
    const local = mkdtempSync(join(folder, 'local-'));
    for (const file of ['model.json', 'a.bin', 'b.bin']) copyFileSync(join(served, file), join(local, file));
    expect((await openBackbone(card({ model: join(local, 'model.json') }))).hash).toBe(hash);
    writeFileSync(join(folder, 'cache', checksum(), '1'), 'damaged');
    card({ model: `${url}/model.json`, sha256: checksum() });
    expect((await openBackbone(path)).hash).toBe(hash);
    expect(requests.length).toBe(6);
  });

  it('is refused without a checksum, with another, and where there is none', async () => {
    await refused(
      card({ model: `${url}/model.json` }),
      `${url}/model.json: expected a sha256 for a network from a URL`,
    );
    expect(requests).toEqual([]);
    const other = 'a'.repeat(64);
    await refused(
      card({ model: `${url}/model.json`, sha256: other }),
      new RegExp(`${url}/model.json: expected sha256 ${other} \\(its model card\\), got ${checksum()} of \\d+ bytes`),
    );
    expect(existsSync(join(folder, 'cache', other))).toBe(false);
    await refused(
      card({ model: `${url}/nosuch.json`, sha256: other }),
      `${url}/nosuch.json: expected a download, got: 404 Not Found`,
    );
    await refused(card({ model: 'http://127.0.0.1:1/model.json', sha256: other }), /expected a download, got: .+/);
  });
});

describe('an ONNX file', () => {
  const write = (): { card: string; first: Parameter; bias: Parameter } => {
    const { model, ...weights } = onnxModel();
    writeFileSync(join(folder, 'net.onnx'), model);
    return { card: writeCard(folder, 'net', { onnx: { model: 'net.onnx' }, taps: ['inner'] }), ...weights };
  };

  it('needs a card', () =>
    refused('net.onnx', /net.onnx: expected the path of a model card \(.json\) that names the ONNX file/));

  it.skipIf(hasOnnx)('is refused without the optional package, with what to install', () =>
    refused(
      write().card,
      /net.onnx: expected the optional package onnxruntime-web, .* got none \(.+\); npm install onnxruntime-web$/,
    ),
  );

  it.skipIf(!hasOnnx)('is read at any value inside it', async () => {
    const { card, first, bias } = write();
    const trunk = await openForeign(engine.tf, card);
    expect(trunk.taps).toEqual([{ name: 'inner', stride: 2, channels: 15, shift: 0 }]);
    const input = windows(1);
    expectTap(trunk, 0, input, (x) => relu(convolve(x, first, bias.values, 2)));
    expect(trunk.run(input, 1, SIDE, SIDE)).toEqual(trunk.run(input, 1, SIDE, SIDE));
    trunk.dispose();
    await refused(card, /net.onnx: expected an ONNX model for pictures of any size with values nosuch, got: /, [
      'nosuch',
    ]);
  });

  it.skipIf(!hasOnnx)('is refused cut off', async () => {
    const { card } = write();
    const path = join(folder, 'net.onnx');
    writeFileSync(path, readFileSync(path).subarray(0, 300));
    await refused(card, /net.onnx: expected an ONNX model for pictures of any size .*, got: /);
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
