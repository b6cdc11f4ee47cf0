import type { McapTypes } from '@mcap/core';
import { METADATA_NAME, RECORDING_VERSION, TOPICS, type Topic, VIEW_TOPICS } from './format.ts';
import { type Ending, loadDecompressor, RecordingError, readRecords } from './records.ts';
import { decodeMessage, type Fields } from './write/schemas.ts';

/** A trial's messages, not yet decoded. */
interface RecordedTrial {
  /** The decoded messages of one topic, in the order of their times. @throws RecordingError if one is damaged. */
  messages(topic: Topic): Fields[];
}

/** A recording that was opened. */
export interface Recording {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The whole trials, one after the other; returns how the file ended. */
  trials(): Generator<RecordedTrial, Ending>;
}

/** More than any trial has; a file that goes on and on without ending one is hostile. */
const TRIAL_BYTES = 64 * 1024 * 1024;

/**
 * Opens a recording; its trials are read when they are asked for.
 * @throws RecordingError if the file is not one of this version.
 */
export async function openRecording(path: string): Promise<Recording> {
  await loadDecompressor();
  const metadata = readMetadata(path);
  if (metadata.version !== String(RECORDING_VERSION)) {
    throw new RecordingError(
      `${path}: expected a recording of version ${RECORDING_VERSION}, got ${metadata.version ?? 'none'}`,
    );
  }
  return { path, metadata, trials: () => readTrials(path) };
}

/** The metadata record, which comes before the first message. */
function readMetadata(path: string): Readonly<Record<string, string>> {
  const topics: string[] = [];
  const records = readRecords(path);
  try {
    for (let next = records.next(); ; next = records.next()) {
      if (next.done) throw notOurs(path, topics, next.value);
      const record = next.value;
      if (record.type === 'Metadata' && record.name === METADATA_NAME) return Object.fromEntries(record.metadata);
      if (record.type === 'Channel' && topics.length < 5) topics.push(record.topic);
      if (record.type === 'Message') throw notOurs(path, topics, { kind: 'whole' });
    }
  } finally {
    records.return({ kind: 'whole' });
  }
}

function notOurs(path: string, topics: readonly string[], ending: Ending): RecordingError {
  if (ending.kind === 'cut')
    return new RecordingError(`${path}: expected a recording, got one that was cut off before its first trial`);
  if (ending.kind === 'damaged')
    return new RecordingError(
      `${path}: expected a recording, got a damaged one, byte ${ending.offset}: ${ending.message}`,
    );
  const found = topics.length > 0 ? ` (topics ${topics.join(', ')})` : '';
  return new RecordingError(`${path}: expected a recording of graft, got an MCAP file of something else${found}`);
}

const isTopic = (topic: string): topic is Topic => Object.hasOwn(TOPICS, topic);

function* readTrials(path: string): Generator<RecordedTrial, Ending> {
  const schemas = new Map<number, McapTypes.TypedMcapRecords['Schema']>();
  const channels = new Map<number, Topic>();
  let trial = new Trial(path);
  const records = readRecords(path);
  try {
    for (let next = records.next(); ; next = records.next()) {
      if (next.done) return next.value;
      const record = next.value;
      if (record.type === 'Schema') schemas.set(record.id, record);
      else if (record.type === 'Channel' && isTopic(record.topic))
        channels.set(record.id, checkedTopic(path, record.topic, record.messageEncoding, schemas.get(record.schemaId)));
      const topic = record.type === 'Message' ? channels.get(record.channelId) : undefined;
      if (record.type !== 'Message' || topic === undefined) continue;
      trial.add(topic, record.data);
      if (topic !== '/trial') continue;
      yield trial;
      trial = new Trial(path, trial);
    }
  } finally {
    records.return({ kind: 'whole' });
  }
}

function checkedTopic(
  path: string,
  topic: Topic,
  encoding: string,
  schema: McapTypes.TypedMcapRecords['Schema'] | undefined,
): Topic {
  const [wanted, got] = [TOPICS[topic], schema?.name ?? 'none'];
  if (got === wanted && encoding === 'protobuf' && schema?.encoding === 'protobuf') return topic;
  throw new RecordingError(
    `${path}: expected topic ${topic} with schema ${wanted} in protobuf, got ${got} in ${encoding || 'no encoding'}`,
  );
}

class Trial implements RecordedTrial {
  readonly #path: string;
  readonly #messages = new Map<Topic, Uint8Array[]>();
  /** What was seen at the trial before: as long as nothing else is said, still what is seen. */
  readonly #before: ReadonlyMap<Topic, Uint8Array[]>;
  #bytes = 0;

  constructor(path: string, before?: Trial) {
    this.#path = path;
    this.#before = new Map(VIEW_TOPICS.map((topic) => [topic, before ? before.#raw(topic) : []]));
  }

  #raw(topic: Topic): Uint8Array[] {
    return this.#messages.get(topic) ?? this.#before.get(topic) ?? [];
  }

  /** @throws RecordingError if this is more than a trial can have. */
  add(topic: Topic, data: Uint8Array): void {
    this.#bytes += data.length;
    if (this.#bytes > TRIAL_BYTES)
      throw new RecordingError(`${this.#path}: expected at most ${TRIAL_BYTES} bytes for one trial, got more`);
    const list = this.#messages.get(topic) ?? [];
    // a copy: the parser may use its buffer again
    list.push(data.slice());
    this.#messages.set(topic, list);
  }

  messages(topic: Topic): Fields[] {
    return this.#raw(topic).map((bytes) => {
      try {
        return decodeMessage(TOPICS[topic], bytes);
      } catch (error) {
        throw new RecordingError(
          `${this.#path}: expected a ${TOPICS[topic]} on ${topic}, got a damaged one: ${error instanceof Error ? error.message : error}`,
        );
      }
    });
  }
}
