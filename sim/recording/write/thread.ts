/** Thread of the recorder: writes one episode after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import type { StoredMetadata } from '../metadata.ts';
import { createRecording } from './mcap-writer.ts';
import type { RecordingEntry } from './messages.ts';

/** What the recorder asks its thread: to write an episode, or to end. */
export type ThreadRequest =
  | { readonly type: 'add'; readonly entry: RecordingEntry }
  | { readonly type: 'close'; readonly result?: Readonly<Record<string, string>> };

/** What the thread answers: an episode is written, all is written, or it can write no more. */
export type ThreadAnswer =
  | { readonly type: 'added' }
  | { readonly type: 'closed'; readonly sizeBytes: number }
  | { readonly type: 'failed'; readonly message: string };

export interface ThreadData {
  readonly path: string;
  readonly metadata: StoredMetadata;
}

const { path, metadata } = workerData as ThreadData;
const port = parentPort!;
const answer = (a: ThreadAnswer): void => port.postMessage(a);
const writer = await createRecording(path, metadata);

async function obey(request: ThreadRequest): Promise<void> {
  if (request.type === 'add') {
    await writer.add(request.entry);
    answer({ type: 'added' });
  } else {
    answer({ type: 'closed', sizeBytes: await writer.close(request.result) });
    port.close();
  }
}

// one request after the other: the file is written by one hand
let before: Promise<void> = Promise.resolve();
port.on('message', (request: ThreadRequest) => {
  before = before
    .then(() => obey(request))
    .catch((error: unknown) => {
      answer({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
      port.close();
    });
});
