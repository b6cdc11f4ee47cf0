/** MCAP writer: the file of a recording, message by message. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { compress, isLoaded } from '@foxglove/wasm-zstd';
import { type IWritable, McapWriter } from '@mcap/core';
import type { RecordedEpisode } from '../episode.ts';
import {
  MARKS_NAME,
  MARKS_TYPE,
  METADATA_NAME,
  PAUSE_NS,
  RESULT_NAME,
  type RecordedMessage,
  type SchemaName,
  TOPICS,
  type Topic,
} from '../format.ts';
import { marksText, type TrialMark } from '../marks.ts';
import type { StoredMetadata } from '../metadata.ts';
import { durationNs, messagesOf, type RecordingEntry } from './messages.ts';
import { sceneKey } from './scene.ts';
import { schemaBytes } from './schemas.ts';

/** Uncompressed bytes of a chunk: what a crash may cost, and how far back a repeated picture is found again. */
export const CHUNK_BYTES = 1024 * 1024;
/** zstd: level 6 takes twice as long and saves a seventh, 19 takes seventeen times as long and saves a quarter. */
const ZSTD_LEVEL = 1;

/** Writes only at the end. */
class AppendOnly implements IWritable {
  readonly #fd: number;
  #position = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    this.#position += bytes.length;
  }

  position(): bigint {
    return BigInt(this.#position);
  }
}

/** A recording that is being written: MCAP, append-only, in compressed chunks. Await every call. */
export interface RecordingWriter {
  add(entry: RecordingEntry): Promise<void>;
  /** Writes the index. @param result goes into a last metadata record, if any. @returns the file's size, bytes. */
  close(result?: Readonly<Record<string, string>>): Promise<number>;
}

/**
 * Starts a recording in a new file.
 * @param metadata goes first, so that even a file that was cut off says what it is.
 * @param chunkBytes uncompressed.
 * @throws Error if the file exists or cannot be written.
 */
export async function createRecording(
  path: string,
  metadata: StoredMetadata,
  chunkBytes = CHUNK_BYTES,
): Promise<RecordingWriter> {
  const file = await createFile(path, metadata, chunkBytes);
  const marks: TrialMark[] = [];
  let [time, shown] = [0, ''];
  return {
    async add(entry) {
      const { episode } = entry;
      const key = sceneKey(episode);
      for (const message of messagesOf(entry, time, key !== shown)) await file.put(message);
      shown = key;
      marks.push(markOf(episode, time));
      time += durationNs(episode) + PAUSE_NS;
    },
    close: (result) => file.end(marks, result),
  };
}

/** The file of a recording, message by message. Await every call. */
interface RecordingOutput {
  put(message: RecordedMessage): Promise<void>;
  /** Writes the list of trials and the index. @returns the file's size, bytes. */
  end(marks: readonly TrialMark[], result?: Readonly<Record<string, string>>): Promise<number>;
}

/** Starts the file of a recording: as {@link createRecording}. */
export async function createFile(
  path: string,
  metadata: StoredMetadata,
  chunkBytes = CHUNK_BYTES,
  zstdLevel = ZSTD_LEVEL,
): Promise<RecordingOutput> {
  await isLoaded;
  const fd = openSync(path, 'wx');
  const file = new AppendOnly(fd);
  const mcap = new McapWriter({
    writable: file,
    chunkSize: chunkBytes,
    compressChunk: (bytes) => ({ compression: 'zstd', compressedData: compress(bytes, zstdLevel) }),
  });
  await mcap.start({ profile: '', library: `graft ${metadata.graft ?? ''}`.trim() });
  await mcap.addMetadata({ name: METADATA_NAME, metadata: new Map(Object.entries(metadata)) });
  const channels = await registerChannels(mcap);
  let sequence = 0;
  return {
    async put({ topic, time, data }) {
      const logTime = BigInt(time);
      await mcap.addMessage({
        channelId: channels.get(topic)!,
        sequence: sequence++,
        logTime,
        publishTime: logTime,
        data,
      });
    },
    async end(marks, result) {
      if (result) await mcap.addMetadata({ name: RESULT_NAME, metadata: new Map(Object.entries(result)) });
      await mcap.addAttachment({
        ...{ name: MARKS_NAME, mediaType: MARKS_TYPE, logTime: 0n, createTime: 0n },
        data: compress(Buffer.from(marksText(marks)), ZSTD_LEVEL),
      });
      await mcap.end();
      fdatasyncSync(fd);
      closeSync(fd);
      return Number(file.position());
    },
  };
}

function markOf(episode: RecordedEpisode, start: number): TrialMark {
  const { trial, split, outcome, grasp, objects, inRound, proof } = episode;
  return {
    ...{
      start,
      end: start + durationNs(episode),
      trial,
      scene: proof.scene,
      split,
      outcome,
      probability: grasp.probability,
    },
    families: objects.map((o) => o.family),
    ...(inRound && { inRound }),
  };
}

async function registerChannels(mcap: McapWriter): Promise<ReadonlyMap<Topic, number>> {
  const schemas = new Map<SchemaName, number>();
  const channels = new Map<Topic, number>();
  for (const [topic, name] of Object.entries(TOPICS) as [Topic, SchemaName][]) {
    const known = schemas.get(name);
    const schemaId = known ?? (await mcap.registerSchema({ name, encoding: 'protobuf', data: schemaBytes(name) }));
    schemas.set(name, schemaId);
    channels.set(
      topic,
      await mcap.registerChannel({ topic, schemaId, messageEncoding: 'protobuf', metadata: new Map() }),
    );
  }
  return channels;
}
