/** Reader of recordings: trials out of chunks, in order or one at a time. */
import { type RecordedMessage, TOPICS, type Topic } from '../format.ts';
import type { TrialMark } from '../marks.ts';
import type { StoredMetadata } from '../metadata.ts';
import { type Decode, type Fields, protobufDecoder } from './decode.ts';
import { type Ending, messageOf, RecordingError } from './error.ts';
import { type Chunk, type FileIndex, readIndex } from './file-index.ts';
import {
  type Decompress,
  damaged,
  HEADER_BYTES,
  type McapRecord,
  OPCODE,
  parseRecords,
  type RecordPlace,
  recordPlaces,
  splitRecords,
  unpackChunk,
  viewOf,
} from './mcap.ts';
import { type ByteSource, windowed } from './source.ts';
import { LASTING_TOPICS, StoredTrial } from './stored-trial.ts';
import { trialMark } from './trial-fields.ts';

interface StoredChannel {
  readonly topic: Topic;
  readonly schemaName: string;
  /** FileDescriptorSet. */
  readonly schema: Uint8Array;
}

/** Channel, sequence, and two times in front of a message's data, bytes. */
const MESSAGE_HEADER = 2 + 4 + 8 + 8;
/** Unpacked chunks that are kept, and bytes of them. */
const [CHUNKS_KEPT, BYTES_KEPT] = [16, 128 * 1024 * 1024];

/**
 * Opens a recording, from wherever its bytes can be had. Of a large file only the index is read to begin with.
 * @throws RecordingError if it is not one of this version.
 */
export const openRecording = async (source: ByteSource, decompress: Decompress): Promise<Recording> =>
  new Recording(source, decompress, await readIndex(source, decompress));

/** A recording that was opened: its trials come one after the other in time, and are read in order or here and there. */
export class Recording {
  readonly name: string;
  readonly metadata: StoredMetadata;
  /** How the file ended, as far as it is known without reading it all. */
  readonly ending: Ending;
  readonly #source: ByteSource;
  readonly #decompress: Decompress;
  readonly #chunks: readonly Chunk[];
  readonly #schemas = new Map<number, McapRecord & { type: 'Schema' }>();
  readonly #channels = new Map<number, StoredChannel>();
  readonly #decoders = new Map<Topic, Decode>();
  readonly #unpacked = new Map<number, Promise<readonly RecordedMessage[]>>();
  /** Unpacked bytes by chunk, of those that are kept. */
  readonly #sizes = new Map<number, number>();
  #marks: readonly TrialMark[];

  constructor(source: ByteSource, decompress: Decompress, index: FileIndex) {
    this.name = source.name;
    this.metadata = index.metadata;
    this.ending = index.ending;
    this.#source = source;
    this.#decompress = decompress;
    this.#chunks = index.chunks;
    this.#marks = index.marks;
    for (const record of index.records) this.#note(record);
  }

  /** The trials, as far as they are known. */
  get marks(): readonly TrialMark[] {
    return this.#marks;
  }

  /**
   * The whole trials from front to back, whatever the index says of them.
   * @returns how the file ended: at the first damage nothing more is read.
   * @throws RecordingError if a topic of graft has another schema than graft's.
   */
  async *trials(): AsyncGenerator<StoredTrial, Ending> {
    const read = windowed(this.#source);
    const places = recordPlaces(this.#source, read);
    let trial = this.#newTrial([]);
    for (let next = await places.next(); ; next = await places.next()) {
      if (next.done) return next.value;
      const { offset } = next.value;
      let messages: readonly RecordedMessage[];
      try {
        messages = this.#messagesAt(next.value, await read(offset, next.value.length));
      } catch (error) {
        if (error instanceof RecordingError) throw error;
        return damaged(offset, messageOf(error));
      }
      for (const message of messages) {
        trial.add(message);
        if (message.topic !== '/trial') continue;
        yield trial;
        trial = this.#newTrial(trial.lasting());
      }
    }
  }

  /** Reads one trial. @throws RecordingError if it is damaged. */
  async trial({ start, end }: TrialMark): Promise<StoredTrial> {
    const touched = this.#chunks.filter((c) => c.start <= end && c.end >= start);
    const messages = (await Promise.all(touched.map((c) => this.#unpack(c)))).flat();
    const during = messages.filter(({ time }) => time >= start && time <= end);
    const said = new Set(during.map((m) => m.topic));
    const lasting = LASTING_TOPICS.filter((topic) => !said.has(topic)).map((topic) => this.#latest(topic, start));
    const trial = this.#newTrial((await Promise.all(lasting)).filter((m) => m !== undefined));
    for (const message of during) trial.add(message);
    return trial;
  }

  /**
   * Looks for the trials of a file that was cut off before they were listed; ends at once for others.
   * @param onMarks called when more are known.
   */
  async scan(onMarks: () => void, signal?: AbortSignal): Promise<void> {
    if (this.#marks.length > 0) return;
    const found: TrialMark[] = [];
    let start: number | undefined;
    for (const chunk of this.#chunks) {
      if (signal?.aborted) return;
      const before = found.length;
      for (const message of await this.#unpack(chunk)) {
        start ??= message.time;
        if (message.topic !== '/trial') continue;
        found.push({ start, end: message.time, ...this.#summary(message) });
        start = undefined;
      }
      this.#marks = [...found];
      if (found.length > before) onMarks();
    }
  }

  #summary(message: RecordedMessage): Omit<TrialMark, 'start' | 'end'> {
    const fields = this.#decode(message);
    try {
      return trialMark(fields);
    } catch (error) {
      throw new RecordingError(`${this.name}: expected a sound trial, got a damaged one: ${messageOf(error)}`);
    }
  }

  #newTrial(lasting: readonly RecordedMessage[]): StoredTrial {
    return new StoredTrial(this.name, (message) => this.#decode(message), lasting);
  }

  /** The last message of a topic before a time; undefined if there is none. */
  async #latest(topic: Topic, before: number): Promise<RecordedMessage | undefined> {
    const ids = [...this.#channels].filter(([, c]) => c.topic === topic).map(([id]) => id);
    for (const chunk of [...this.#chunks].reverse()) {
      if (chunk.start >= before || (chunk.channels && !ids.some((id) => chunk.channels?.has(id)))) continue;
      const found = (await this.#unpack(chunk)).findLast((m) => m.topic === topic && m.time < before);
      if (found) return found;
    }
    return undefined;
  }

  #decode({ topic, data }: RecordedMessage): Fields {
    try {
      let decode = this.#decoders.get(topic);
      if (!decode) {
        const { schema, schemaName } = [...this.#channels.values()].find((c) => c.topic === topic)!;
        decode = protobufDecoder(schema, schemaName);
        this.#decoders.set(topic, decode);
      }
      return decode(data);
    } catch (error) {
      throw new RecordingError(
        `${this.name}: expected a ${TOPICS[topic]} on ${topic}, got a damaged one: ${messageOf(error)}`,
      );
    }
  }

  #unpack(chunk: Chunk): Promise<readonly RecordedMessage[]> {
    const known = this.#unpacked.get(chunk.offset);
    // the most recently used comes last
    this.#unpacked.delete(chunk.offset);
    const unpacked = known ?? this.#read(chunk);
    this.#unpacked.set(chunk.offset, unpacked);
    unpacked.catch(() => this.#unpacked.delete(chunk.offset)).finally(() => this.#forget());
    return unpacked;
  }

  /** Lets go of what was used longest ago, until what is left is little enough. The last one stays. */
  #forget(): void {
    const bytes = (): number => [...this.#unpacked.keys()].reduce((sum, key) => sum + (this.#sizes.get(key) ?? 0), 0);
    while (this.#unpacked.size > 1 && (this.#unpacked.size > CHUNKS_KEPT || bytes() > BYTES_KEPT)) {
      const [oldest] = this.#unpacked.keys();
      this.#unpacked.delete(oldest);
      this.#sizes.delete(oldest);
    }
  }

  async #read({ offset, length }: Chunk): Promise<readonly RecordedMessage[]> {
    const bytes = await this.#source.read(offset, length);
    try {
      const records = unpackChunk(bytes, this.#decompress);
      this.#sizes.set(offset, records.length);
      return this.#messagesIn(records);
    } catch (error) {
      if (error instanceof RecordingError) throw error;
      throw new RecordingError(`${this.name}, byte ${offset}: damaged: ${messageOf(error)}`);
    }
  }

  /** The messages of a record of the file. @throws Error if it is damaged. */
  #messagesAt({ opcode }: RecordPlace, bytes: Uint8Array): readonly RecordedMessage[] {
    if (opcode === OPCODE.chunk) return this.#messagesIn(unpackChunk(bytes, this.#decompress));
    if (opcode === OPCODE.message) return this.#messagesIn(bytes);
    for (const record of parseRecords(bytes)) this.#note(record);
    return [];
  }

  /** The messages among some records. A channel is written once, in the chunk of its first message. */
  #messagesIn(records: Uint8Array): RecordedMessage[] {
    const messages: RecordedMessage[] = [];
    const view = viewOf(records);
    for (const { opcode, start, end } of splitRecords(records)) {
      if (opcode === OPCODE.message) {
        const body = start + HEADER_BYTES;
        const topic = this.#channels.get(view.getUint16(body, true))?.topic;
        const time = Number(view.getBigUint64(body + 6, true));
        if (topic) messages.push({ topic, time, data: records.subarray(body + MESSAGE_HEADER, end) });
      } else if (opcode === OPCODE.schema || opcode === OPCODE.channel)
        for (const record of parseRecords(records.subarray(start, end))) this.#note(record);
    }
    return messages;
  }

  /** Takes note of a schema or a channel. @throws RecordingError if a topic of graft has another schema than graft's. */
  #note(record: McapRecord): void {
    if (record.type === 'Schema') this.#schemas.set(record.id, { ...record, data: record.data.slice() });
    if (record.type !== 'Channel' || !isTopic(record.topic) || this.#channels.has(record.id)) return;
    const { topic, messageEncoding } = record;
    const schema = this.#schemas.get(record.schemaId);
    if (schema?.name !== TOPICS[topic] || schema.encoding !== 'protobuf' || messageEncoding !== 'protobuf')
      throw new RecordingError(
        `${this.name}: expected topic ${topic} with schema ${TOPICS[topic]} in protobuf, got ${schema?.name ?? 'none'} in ${messageEncoding || 'no encoding'}`,
      );
    this.#channels.set(record.id, { topic, schemaName: schema.name, schema: schema.data });
  }
}

const isTopic = (topic: string): topic is Topic => Object.hasOwn(TOPICS, topic);
