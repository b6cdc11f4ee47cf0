import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadEngine } from '../../../agent/engine/engine.ts';

const engineUrl = new URL('../../../agent/engine/engine.ts', import.meta.url).href;
const root = new URL('../../..', import.meta.url);

/** Prints the engine's name and the gradients of a small convolution, computed on the engine GRAFT_ENGINE names. */
const gradientScript = `
  const { loadEngine } = await import('${engineUrl}');
  const { tf, name, description } = await loadEngine();
  const x = tf.randomNormal([2, 9, 8, 5], 0, 1, 'float32', 1);
  const filter = tf.randomNormal([3, 3, 5, 6], 0, 1, 'float32', 2);
  const loss = (x, filter) => tf.sum(tf.square(tf.relu(tf.conv2d(x, filter, 2, 'same'))));
  const gradients = tf.grads(loss)([x, filter]).map((gradient) => [...gradient.dataSync()]);
  console.log(JSON.stringify({ name, description, gradients }));
`;

type Report = { name: string; description: string; gradients: number[][] };

function runOn(engine: string) {
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', gradientScript], {
    cwd: root,
    env: { ...process.env, GRAFT_ENGINE: engine },
    encoding: 'utf8',
  });
}

function nativeResolves(): boolean {
  try {
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-node');
    return true;
  } catch {
    return false;
  }
}

const native = nativeResolves() ? runOn('native') : undefined;
const nativeLoads = native?.status === 0;

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  const scale = Math.max(...wanted.map(Math.abs));
  expect(got.length).toBe(wanted.length);
  expect(Math.max(...got.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThan(1e-4 * scale);
}

describe('the engine', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('rejects an unknown GRAFT_ENGINE, naming the valid ones', async () => {
    vi.stubEnv('GRAFT_ENGINE', 'gpu');
    const message = "expected one of auto, native, wasm, cpu, got 'gpu', in environment variable GRAFT_ENGINE";
    await expect(loadEngine()).rejects.toThrow(message);
  });

  it('loads once, leaves no process-wide error handlers behind and says what runs', async () => {
    const handlers = () => process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    const before = handlers();
    const engine = await loadEngine({ prefer: 'wasm' });
    expect(await loadEngine({ prefer: 'wasm' })).toBe(engine);
    expect(handlers()).toBe(before);
    expect(engine.name).toBe('wasm');
    expect(engine.tf.getBackend()).toBe('wasm');
    expect(engine.description).toMatch(/^tfjs 4\.\d+\.\d+, wasm backend \(SIMD, 1 thread\), graft training kernels$/);
  });

  it('rejects a second backend in the same process', async () => {
    await loadEngine({ prefer: 'wasm' });
    await expect(loadEngine({ prefer: 'cpu' })).rejects.toThrow("a request for 'cpu' after 'wasm'");
  });

  it('does not greet, also when the cpu backend is used', async () => {
    const { tf } = await loadEngine({ prefer: 'wasm' });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await tf.setBackend('cpu');
    expect([...tf.add(tf.tensor1d([1, 2]), 1).dataSync()]).toEqual([2, 3]);
    await tf.setBackend('wasm');
    expect(warn).not.toHaveBeenCalled();
  });

  it('runs in a worker thread', async () => {
    const code = `
      import('tsx/esm/api')
        .then(({ register }) => register() && import('${engineUrl}'))
        .then(({ loadEngine }) => loadEngine({ prefer: 'wasm' }))
        .then(({ tf, name }) => require('node:worker_threads').parentPort.postMessage([name, ...tf.tensor1d([1, 2]).dataSync()]));`;
    const worker = new Worker(code, { eval: true });
    const message = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    expect(message).toEqual(['wasm', 1, 2]);
  });

  it('obeys GRAFT_ENGINE, and its wasm and cpu backends compute the same gradients', () => {
    const [wasm, cpu] = ['wasm', 'cpu'].map((name) => JSON.parse(runOn(name).stdout) as Report);
    expect([wasm.name, cpu.name]).toEqual(['wasm', 'cpu']);
    wasm.gradients.forEach((gradient, i) => {
      expectClose(gradient, cpu.gradients[i]);
    });
  });

  it.skipIf(nativeLoads)('says why the native engine does not load when it was asked for', () => {
    const { status, stderr } = native ?? runOn('native');
    expect(status).toBe(1);
    expect(stderr).toContain('engine: expected @tensorflow/tfjs-node to load, got: ');
  });

  it.skipIf(!nativeLoads)('computes the same gradients natively and on wasm', () => {
    const report = JSON.parse(native?.stdout ?? '') as Report;
    const wasm = JSON.parse(runOn('wasm').stdout) as Report;
    expect(report.name).toBe('native');
    report.gradients.forEach((gradient, i) => {
      expectClose(gradient, wasm.gradients[i]);
    });
  });
});
