/** Recorder: a recording written by a thread, behind a queue that never holds up a run. */
import { Worker } from 'node:worker_threads';
import type { RecordedEpisode } from '../episode.ts';
import { RECENT_TRIALS } from '../format.ts';
import type { StoredMetadata } from '../metadata.ts';
import type { RecordingEntry } from './messages.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './thread.ts';

/** What became of a recording. */
export interface RecordingResult {
  readonly path: string;
  /** Trials in the file. */
  readonly recorded: number;
  /** Trials that were to be recorded and are not in the file. */
  readonly dropped: number;
  readonly sizeBytes: number;
  /** Why nothing more could be written, if so. */
  readonly error?: string;
}

/** A recording that never makes anybody wait: a thread of its own encodes, compresses and writes. */
export interface Recorder {
  /** Counts a finished trial, and hands over its episode if it is to be recorded. Returns at once. */
  add(trial: { readonly held: boolean; readonly log: string; readonly episode?: RecordedEpisode }): void;
  /** Resolves once half of what may wait is written: for whoever has many trials at once. */
  room(): Promise<void>;
  /** Writes what is still waiting, and the index. @param result of the run, for the metadata. */
  close(result?: Readonly<Record<string, string>>): Promise<RecordingResult>;
}

export interface RecorderOptions {
  /** Trials that may wait to be written; a further one is dropped, and counted. */
  readonly queueLength?: number;
}

/** About 60 MB of pictures and poses. */
const QUEUE_LENGTH = 256;

/** Starts a recording in a new file. What goes wrong later ends the recording, not the run, and is told at its end. */
export function startRecorder(
  path: string,
  metadata: StoredMetadata,
  { queueLength = QUEUE_LENGTH }: RecorderOptions = {},
): Recorder {
  const thread = new Worker(new URL('./thread-entry.js', import.meta.url), {
    workerData: { path, metadata } satisfies ThreadData,
  });
  const recent: boolean[] = [];
  let [trials, held, waiting, recorded, dropped, sizeBytes] = [0, 0, 0, 0, 0, 0];
  let error: string | undefined;
  let over = false;
  const waiters: (() => void)[] = [];
  const isRoom = (): boolean => over || error !== undefined || waiting <= queueLength / 2;
  const makeRoom = (): void => {
    if (isRoom()) for (const go of waiters.splice(0)) go();
  };
  let seen: string | undefined;
  const ended = new Promise<void>((resolve) => {
    thread.on('message', (answer: ThreadAnswer) => {
      if (answer.type === 'failed') error ??= answer.message;
      else if (answer.type === 'closed') sizeBytes = answer.sizeBytes;
      else {
        waiting--;
        recorded++;
      }
      makeRoom();
    });
    thread.on('error', (reason) => {
      error ??= reason.message;
    });
    thread.on('exit', () => {
      over = true;
      makeRoom();
      resolve();
    });
  });
  const post = (request: ThreadRequest): void => thread.postMessage(request);
  return {
    add({ held: isHeld, log, episode }) {
      trials++;
      if (isHeld) held++;
      recent.push(isHeld);
      if (recent.length > RECENT_TRIALS) recent.shift();
      if (!episode) return;
      if (error !== undefined || waiting >= queueLength) {
        dropped++;
        return;
      }
      waiting++;
      const counts = { trials, held, recentRate: recent.filter(Boolean).length / recent.length, dropped };
      const { observationHash } = episode.proof;
      const sameView = observationHash === seen;
      seen = observationHash;
      const entry: RecordingEntry = { episode: sameView ? withoutView(episode) : episode, log, counts, sameView };
      post({ type: 'add', entry });
    },
    room: () => (isRoom() ? Promise.resolve() : new Promise((resolve) => void waiters.push(resolve))),
    async close(result) {
      post({ type: 'close', ...(result && { result }) });
      await ended;
      return { path, recorded, dropped: dropped + waiting, sizeBytes, ...(error !== undefined && { error }) };
    },
  };
}

/** An episode without the arrays of what the policy saw, so that they are not copied for nothing. */
function withoutView({ depth: _, ...episode }: RecordedEpisode): RecordedEpisode {
  const { image, heightmap } = episode;
  return {
    ...episode,
    image: { ...image, rgb: new Uint8Array(0) },
    heightmap: { ...heightmap, height: new Float32Array(0) },
  };
}
