// Runs one ONNX model for a caller that waits: the runtime answers in promises only, so it works on a thread of its own.
import { workerData } from 'node:worker_threads';

const { package: name, model, names, flag, port } = workerData;
const runtime = await import(name);
runtime.env.wasm.numThreads = 1;
runtime.env.logLevel = 'error';

/** Answers, then wakes the caller. */
const answer = (message) => {
  port.postMessage(message);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
};

const session = runtime.InferenceSession.create(model, { executionProviders: ['wasm'], logSeverityLevel: 3 });
// what went wrong is told to whoever asks first
session.catch(() => undefined);

port.on('message', async ({ values, dims }) => {
  try {
    const ready = await session;
    const feeds = { [ready.inputNames[0]]: new runtime.Tensor('float32', values, dims) };
    const results = await ready.run(feeds, names);
    answer({ outputs: names.map((name) => ({ values: results[name].data, dims: results[name].dims })) });
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) });
  }
});
