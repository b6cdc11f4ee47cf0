import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openForeign } from '../../../agent/backbones/foreign.ts';
import { openBackbone } from '../../../agent/backbones/registry.ts';
import { type Engine, loadEngine } from '../../../agent/engine/engine.ts';
import type { Parameter } from '../../../agent/network/parameters.ts';
import {
  INPUT,
  LAYERS,
  onnxModel,
  writeCard,
  writeGraphModel,
  writeLayersModel,
} from '../../support/learner/networks.ts';
import { convolve, expectTap, type Picture, refused, relu, SIDE, windows } from '../../support/reference.ts';

let engine: Engine;
let folder: string;
/** As agent/ would find it. */
const hasOnnx = ((): boolean => {
  try {
    return Boolean(
      createRequire(new URL('../../../agent/backbones/onnx-network.ts', import.meta.url)).resolve('onnxruntime-web'),
    );
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
    const path = join(folder, 'model.json');
    const whole = readFileSync(path, 'utf8');
    for (const [from, to, message] of [
      ['pool', 'nowhere', /layer '.*': expected inbound layers of this model, got 'nowhere'/],
      ['pool', 'top', /layer '.*': expected inbound layers of this model, got layers that wait for one another/],
    ] as const) {
      const json = JSON.parse(whole);
      const { layers } = json.modelTopology.config;
      const reader = layers.find((l: { inbound_nodes: unknown[][][] }) => l.inbound_nodes[0]?.[0]?.[0] === from);
      reader.inbound_nodes[0][0][0] = to;
      writeFileSync(path, JSON.stringify(json));
      await refused(card, message);
    }
    writeFileSync(path, whole);
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
