/** Bridge to an external policy: asks, and waits for the answer as for a function's. */
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { ExternalSpec } from '../../agent/policy/open-policy.ts';
import type { Heard, Question, ThreadData } from './thread.ts';

/** A way to ask. Whoever opened it closes it. */
export interface Bridge {
  /** What came of a question; `silent` if nothing came in time, and then an answer is none any more. */
  readonly ask: (question: Question, timeoutMs: number) => Heard | { readonly kind: 'silent' };
  readonly close: () => void;
}

/**
 * Opens a bridge: a thread of its own holds the program or the socket, so that the thread that asks can stand still. A policy is a
 * function wherever trials are run.
 */
export function openBridge(address: ExternalSpec['address']): Bridge {
  const { port1, port2 } = new MessageChannel();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const workerData: ThreadData = { address, port: port2, bell };
  const thread = new Worker(new URL('./thread-entry.js', import.meta.url), { workerData, transferList: [port2] });
  // what ends the thread is told of by its silence
  thread.on('error', () => undefined);
  thread.unref();
  return {
    ask: (question, timeoutMs) => {
      port1.postMessage(question);
      const end = performance.now() + timeoutMs;
      for (;;) {
        const rung = Atomics.load(bell, 0);
        const heard = receiveMessageOnPort(port1)?.message as Heard | undefined;
        if (heard?.id === question.id) return heard;
        // what came too late is of no interest
        if (heard) continue;
        const left = end - performance.now();
        if (left <= 0) return { kind: 'silent' };
        Atomics.wait(bell, 0, rung, left);
      }
    },
    close: () => {
      port1.postMessage('close');
      port1.unref();
    },
  };
}
