import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Engine, loadEngine } from '../../../../agent/engine/engine.ts';
import type { Regime } from '../../../../agent/learner/regimes.ts';
import { layersOf } from '../../../../agent/network/architecture.ts';
import { INPUT_CHANNELS } from '../../../../agent/network/window.ts';
import { graspShapes } from '../../../../agent/policy/action-space.ts';
import { lowerBound } from '../../../../agent/policy/q-map.ts';
import { encodeNpy, npyNumbers } from '../../../../scenarios/export/npy.ts';
import { networkPolicy } from '../../../../scenarios/export/onnx/export.ts';
import { encodeOnnx } from '../../../../scenarios/export/onnx/graph.ts';
import { parseScenario } from '../../../../scenarios/load.ts';
import { rngStream } from '../../../../sim/math/rng.ts';
import { boxesMap, drawnModel, scoredMaps, scoredWindows } from '../../../support/learner/scored-maps.ts';
import { temporaryFolder } from '../../../support/process/cli.ts';
import { missingPackages, pythonJson, without } from '../../../support/process/python.ts';

const ABOUT = { graftVersion: '0', description: 'test', metadata: {} };
const folder = temporaryFolder();
let engine: Engine;

beforeAll(async () => {
  env.wasm.numThreads = 1;
  env.logLevel = 'error';
  engine = await loadEngine();
});

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
};

describe('the graph of a network', () => {
  it.each<[Regime, string, number]>([
    ['pretrained', 'action: { angles: 2 }', 0],
    ['scratch', '{ action: { depths: [0.02, 0.035], openings: [1, 0.6] }, learner: { width: 0.5 } }', 0.7],
    ['random', 'action: { depths: [0.02, 0.035] }', 0],
    ['finetuned', 'action: {}', 0.3],
    ['equivariant', 'action: { openings: [1, 0.6] }', 0],
  ])('of arm %s with %s answers as graft does, by every member and as it ranks', async (arm, yaml, pessimism) => {
    const scenario = parseScenario(yaml, 'test');
    const model = await drawnModel(scenario, arm);
    const { windows, points, logits, count, rows, cols } = scoredWindows(
      engine.tf,
      model,
      { count: 5, rows: 24, cols: 32, points: 7 },
      rngStream(1, 'test/onnx', 0),
    );
    const bytes = encodeOnnx({ ...model, layers: layersOf(model.architecture), pessimism }, ABOUT);
    const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
    const answers = await session.run({
      windows: new Tensor('float32', windows, [count, rows, cols, INPUT_CHANNELS]),
      points: new Tensor('float32', points, [count, points.length / count / 2, 2]),
    });
    await session.release();
    const spread = logits.reduce((most, l) => Math.max(most, Math.abs(l)), 0);
    expect(spread).toBeGreaterThan(0.3);
    expect(largestDifference(answers.members.data as Float32Array, logits)).toBeLessThan(1e-4);
    expect(largestDifference(answers.logits.data as Float32Array, lowerBound(logits, pessimism))).toBeLessThan(1e-4);
  });

  const missing = missingPackages('onnx', 'onnxruntime');
  it.skipIf(missing.length > 0)(
    `is sound to Python's onnx, and onnxruntime gives graft's Q maps of 200 heightmaps${without(missing)}`,
    async () => {
      const { model, network, on } = await networkPolicy('pretrained');
      writeFileSync(join(folder, 'net.onnx'), encodeOnnx(network, ABOUT));
      mkdirSync(join(folder, 'maps'));
      const rng = rngStream(2, 'test/onnx');
      const maps = Array.from({ length: 200 }, () => boxesMap(rng));
      const scored = scoredMaps(engine.tf, model, { ...on.scenario.action, angles: 2 }, maps);
      for (const [i, { windows, points, logits, count, rows, cols }] of scored.entries()) {
        const save = (name: string, values: Float32Array, shape: readonly number[]): void =>
          writeFileSync(join(folder, 'maps', `${i}.${name}.npy`), encodeNpy(npyNumbers(values, shape)));
        save('windows', windows, [count, rows, cols, INPUT_CHANNELS]);
        save('points', points, [count, points.length / count / 2, 2]);
        save('logits', logits, [count, points.length / count / 2, graspShapes(on.scenario.action).length]);
      }
      const code = `
import json, numpy as np, onnx, onnxruntime
onnx.checker.check_model(onnx.load('net.onnx'), full_check=True)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession('net.onnx', options)
worst = 0
for i in range(400):
    windows, points, logits = (np.load(f'maps/{i}.{name}.npy') for name in ('windows', 'points', 'logits'))
    worst = max(worst, float(abs(session.run(['logits'], {'windows': windows, 'points': points})[0] - logits).max()))
print(json.dumps(worst))`;
      expect(await pythonJson<number>(['-c', code], { cwd: folder })).toBeLessThan(1e-4);
    },
  );
});
