/** Network from an ONNX file, through onnxruntime-web. */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type ImageNetwork, measureTaps } from './foreign-trunk.ts';

/** The optional package that runs ONNX files. */
const RUNTIME = 'onnxruntime-web';

/** How long a forward pass may take before the runtime counts as dead. */
const TIMEOUT_MS = 120_000;

interface Output {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** A protobuf varint. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return [...bytes, left];
}

/** A length-delimited protobuf field. */
const field = (number: number, bytes: readonly number[]): number[] => [
  ...varint(number * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];

/**
 * An ONNX model that also gives out the named values inside it. Protobuf merges a message that occurs twice, so a second
 * `graph` (field 7) with nothing but outputs (field 12, name in field 1) adds to the first.
 */
export function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const outputs = names.flatMap((name) => field(12, field(1, [...new TextEncoder().encode(name)])));
  const extra = field(7, outputs);
  const out = new Uint8Array(model.length + extra.length);
  out.set(model);
  out.set(extra, model.length);
  return out;
}

/**
 * A network from an ONNX file, run by the optional package onnxruntime-web, single-threaded and therefore deterministic.
 * @param tapNames names of values (outputs of nodes) in the graph.
 * @param layout   of its input and its taps.
 * @throws Error if the package is not installed, if it cannot run the model, or a tap is missing or keeps no regular grid.
 */
export async function onnxNetwork(
  model: Uint8Array,
  tapNames: readonly string[],
  layout: 'NCHW' | 'NHWC',
  where: string,
): Promise<ImageNetwork> {
  const { run, dispose } = await startThread(model, tapNames, where);
  const first = layout === 'NCHW';
  const forward = (images: Float32Array, count: number, rows: number, cols: number): Output[] => {
    const dims = first ? [count, 3, rows, cols] : [count, rows, cols, 3];
    const outputs = run(first ? transposed(images, count, rows * cols, 3) : images, dims);
    return outputs.map(({ values, dims: [n, ...rest] }) => {
      if (!first || rest.length !== 3) return { values, dims: [n, ...rest] };
      const [channels, h, w] = rest;
      return { values: transposed(values, n, channels, h * w), dims: [n, h, w, channels] };
    });
  };
  try {
    const taps = measureTaps(tapNames, where, (side) =>
      forward(new Float32Array(side * side * 3), 1, side, side).map((o) => [...o.dims]),
    );
    return { taps, forward: (...args) => forward(...args).map((o) => o.values), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** [count, a, b] -> [count, b, a]. */
function transposed(values: Float32Array, count: number, a: number, b: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let n = 0, base = 0; n < count; n++, base += a * b) {
    for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) out[base + j * a + i] = values[base + i * b + j];
  }
  return out;
}

/** The runtime on a thread, called like a function: the caller sleeps until it has answered. */
async function startThread(
  model: Uint8Array,
  names: readonly string[],
  where: string,
): Promise<{ run: (values: Float32Array, dims: readonly number[]) => readonly Output[]; dispose: () => void }> {
  await needRuntime(where);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const { port1: port, port2 } = new MessageChannel();
  const thread = new Worker(new URL('./onnx-thread.js', import.meta.url), {
    workerData: { package: RUNTIME, model: withOutputs(model, names), names, flag, port: port2 },
    transferList: [port2],
  });
  thread.unref();
  port.unref();
  const run = (values: Float32Array, dims: readonly number[]): readonly Output[] => {
    Atomics.store(flag, 0, 0);
    port.postMessage({ values, dims });
    Atomics.wait(flag, 0, 0, TIMEOUT_MS);
    const answer: { error?: string; outputs?: readonly Output[] } = receiveMessageOnPort(port)?.message ?? {};
    if (answer.outputs) return answer.outputs;
    throw new Error(
      `${where}: expected an ONNX model for pictures of any size with values ${names.join(', ')}, got: ${answer.error ?? 'no answer'}`,
    );
  };
  return {
    run,
    dispose: () => {
      port.close();
      void thread.terminate();
    },
  };
}

/** @throws Error with what to install. */
async function needRuntime(where: string): Promise<void> {
  try {
    await import(RUNTIME);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0].replace(/ imported from .*/, '') : String(error);
    throw new Error(
      `${where}: expected the optional package ${RUNTIME}, which runs ONNX files, got none (${why}); npm install ${RUNTIME}`,
    );
  }
}
