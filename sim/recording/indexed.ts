import { crc32 } from '@foxglove/crc';
import { McapStreamReader, type McapTypes } from '@mcap/core';
import { decompress } from 'fzstd';
import { type Ending, HEADER_BYTES, MAGIC, MAX_BYTES, messageOf, RecordingError } from './error.ts';
import { MARKS_NAME, METADATA_NAME, RECORDING_VERSION, TOPICS, type Topic, type TrialMark } from './format.ts';

/**
 * Reads a recording here and there instead of from front to back, from wherever bytes can be had: a file that was dropped on
 * the page, an address, a disk. Of a large file only the index is read to begin with. Runs in a browser, too.
 */

/** Where the bytes are. */
export interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** Exactly these bytes. @throws Error if they cannot be had. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A message, not yet decoded. */
export interface StoredMessage {
  readonly topic: Topic;
  /** ns */
  readonly time: number;
  readonly data: Uint8Array;
}

/** A chunk of the file. */
interface Chunk {
  readonly offset: number;
  readonly length: number;
  /** Times of its messages, ns. */
  readonly start: number;
  readonly end: number;
  /** Channels it has messages of; undefined if it was not indexed. */
  readonly channels?: ReadonlySet<number>;
}

interface StoredChannel {
  readonly topic: Topic;
  readonly schemaName: string;
  /** FileDescriptorSet. */
  readonly schema: Uint8Array;
}

const OPCODE = { footer: 0x02, schema: 0x03, channel: 0x04, message: 0x05, chunk: 0x06 } as const;
/** Channel, sequence, and two times in front of a message's data, bytes. */
const MESSAGE_HEADER = 2 + 4 + 8 + 8;
const FOOTER_BYTES = HEADER_BYTES + 20 + MAGIC.length;
/** What is read at the start, and in one go when looking for chunks without an index, bytes. */
const WINDOW_BYTES = 64 * 1024;
/** Unpacked chunks that are kept. */
const CHUNKS_KEPT = 16;

/** A recording that was opened. Trials come one after the other in time. */
export class IndexedRecording {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** How the file ended. */
  readonly ending: Ending;
  readonly channels = new Map<number, StoredChannel>();
  readonly #schemas: Map<number, McapTypes.TypedMcapRecords['Schema']>;
  readonly #source: ByteSource;
  readonly #chunks: readonly Chunk[];
  readonly #unpacked = new Map<number, Promise<readonly StoredMessage[]>>();
  /** The trials, as far as they are known. */
  #marks: readonly TrialMark[];

  constructor(source: ByteSource, index: FileIndex, marks: readonly TrialMark[]) {
    this.name = source.name;
    this.metadata = index.metadata;
    this.ending = index.ending;
    this.#source = source;
    this.#schemas = index.schemas;
    this.#chunks = index.chunks;
    this.#marks = marks;
    for (const record of index.records) noteRecord(this.channels, index.schemas, record, source.name);
  }

  get marks(): readonly TrialMark[] {
    return this.#marks;
  }

  /**
   * Looks for the trials of a file that was cut off before they were listed; ends at once for others.
   * @param onMarks called when more are known.
   */
  async scan(
    read: (message: StoredMessage) => Omit<TrialMark, 'start' | 'end'>,
    onMarks: () => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#marks.length > 0) return;
    const found: TrialMark[] = [];
    let start: number | undefined;
    for (const chunk of this.#chunks) {
      if (signal?.aborted) return;
      const before = found.length;
      for (const message of await this.#unpack(chunk)) {
        start ??= message.time;
        if (message.topic !== '/trial') continue;
        found.push({ start, end: message.time, ...read(message) });
        start = undefined;
      }
      this.#marks = [...found];
      if (found.length > before) onMarks();
    }
  }

  /** The messages of a time, ends included, in the order in which they were written. @throws RecordingError if some are damaged. */
  async messages(start: number, end: number): Promise<StoredMessage[]> {
    const touched = this.#chunks.filter((c) => c.start <= end && c.end >= start);
    const lists = await Promise.all(touched.map((c) => this.#unpack(c)));
    return lists.flat().filter(({ time }) => time >= start && time <= end);
  }

  /** The last message of a topic before a time; undefined if there is none. */
  async latest(topic: Topic, before: number): Promise<StoredMessage | undefined> {
    const ids = [...this.channels].filter(([, c]) => c.topic === topic).map(([id]) => id);
    for (const chunk of [...this.#chunks].reverse()) {
      if (chunk.start >= before || (chunk.channels && !ids.some((id) => chunk.channels?.has(id)))) continue;
      const found = (await this.#unpack(chunk)).findLast((m) => m.topic === topic && m.time < before);
      if (found) return found;
    }
    return undefined;
  }

  /** The schema of a topic. */
  channel(topic: Topic): StoredChannel | undefined {
    return [...this.channels.values()].find((c) => c.topic === topic);
  }

  #unpack(chunk: Chunk): Promise<readonly StoredMessage[]> {
    const known = this.#unpacked.get(chunk.offset);
    // the most recently used comes last
    this.#unpacked.delete(chunk.offset);
    const unpacked = known ?? this.#read(chunk);
    this.#unpacked.set(chunk.offset, unpacked);
    unpacked.catch(() => this.#unpacked.delete(chunk.offset));
    const [oldest] = this.#unpacked.keys();
    if (this.#unpacked.size > CHUNKS_KEPT) this.#unpacked.delete(oldest);
    return unpacked;
  }

  async #read({ offset, length }: Chunk): Promise<readonly StoredMessage[]> {
    const where = `${this.name}, byte ${offset}`;
    const bytes = await this.#source.read(offset, length);
    try {
      return this.#messagesIn(unpackChunk(bytes));
    } catch (error) {
      if (error instanceof RecordingError) throw error;
      throw new RecordingError(`${where}: damaged: ${messageOf(error)}`);
    }
  }

  /** The messages among the records of a chunk. A channel is written once, in the chunk of its first message. */
  #messagesIn(records: Uint8Array): StoredMessage[] {
    const messages: StoredMessage[] = [];
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    for (let at = 0; at < records.length; ) {
      const end = at + HEADER_BYTES + Number(view.getBigUint64(at + 1, true));
      if (end > records.length) throw new Error('expected a record within its chunk');
      const [opcode, body] = [records[at], at + HEADER_BYTES];
      if (opcode === OPCODE.message) {
        const topic = this.channels.get(view.getUint16(body, true))?.topic;
        const time = Number(view.getBigUint64(body + 6, true));
        if (topic) messages.push({ topic, time, data: records.subarray(body + MESSAGE_HEADER, end) });
      } else if (opcode === OPCODE.schema || opcode === OPCODE.channel) {
        for (const record of parse(records.subarray(at, end), this.name))
          noteRecord(this.channels, this.#schemas, record, this.name);
      }
      at = end;
    }
    return messages;
  }
}

/** The records in a chunk. @throws Error unless they are as they were written. */
function unpackChunk(chunk: Uint8Array): Uint8Array {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  // start, end, size, checksum, compression, records
  const size = view.getBigUint64(HEADER_BYTES + 16, true);
  const checksum = view.getUint32(HEADER_BYTES + 24, true);
  const nameAt = HEADER_BYTES + 32;
  const dataAt = nameAt + view.getUint32(HEADER_BYTES + 28, true) + 8;
  const compression = new TextDecoder().decode(chunk.subarray(nameAt, dataAt - 8));
  const data = chunk.subarray(dataAt, dataAt + Number(view.getBigUint64(dataAt - 8, true)));
  if (compression !== '' && compression !== 'zstd') throw new Error(`expected zstd, got ${compression.slice(0, 20)}`);
  const records = compression === '' ? data : unpack(data, size);
  if (BigInt(records.length) !== size) throw new Error(`expected ${size} bytes, got ${records.length}`);
  if (checksum !== 0 && crc32(records) !== checksum) throw new Error('expected another checksum');
  return records;
}

/** What is known of a file before any of its messages is read. */
interface FileIndex {
  readonly metadata: Readonly<Record<string, string>>;
  readonly ending: Ending;
  readonly chunks: readonly Chunk[];
  readonly schemas: Map<number, McapTypes.TypedMcapRecords['Schema']>;
  readonly records: readonly McapTypes.TypedMcapRecord[];
}

/**
 * Opens a recording.
 * @throws RecordingError if it is not one of this version.
 */
export async function openIndexed(source: ByteSource): Promise<IndexedRecording> {
  const { name, size } = source;
  const head = await source.read(0, Math.min(WINDOW_BYTES, size));
  if (head.length < MAGIC.length || MAGIC.some((byte, i) => head[i] !== byte)) {
    const start = [...head.subarray(0, 8)].map((b) => b.toString(16).padStart(2, '0')).join('') || 'an empty file';
    throw new RecordingError(`${name}: expected a recording (MCAP, starting 894d43415030...), got ${start}`);
  }
  const summary = await readSummary(source);
  const chunks = summary ? chunksOf(summary) : undefined;
  const found = chunks ? { chunks, ending: { kind: 'whole' } as const } : await findChunks(source);
  const metadata = readMetadata(head);
  if (!metadata) throw await notOurs(source, found.chunks, found.ending, summary ?? []);
  if (metadata.version !== String(RECORDING_VERSION))
    throw new RecordingError(
      `${name}: expected a recording of version ${RECORDING_VERSION}, got ${metadata.version ?? 'none'}`,
    );
  const index = { metadata, ...found, schemas: new Map(), records: summary ?? [] };
  return new IndexedRecording(source, index, summary ? await readMarks(source, summary) : []);
}

function unpack(bytes: Uint8Array, size: bigint): Uint8Array {
  if (size > MAX_BYTES) throw new Error(`expected a chunk of at most ${MAX_BYTES} bytes, got one of ${size}`);
  return decompress(bytes, new Uint8Array(Number(size)));
}

/** The records in some bytes of a file, those in chunks included. @throws RecordingError if they are damaged. */
function parse(bytes: Uint8Array, where: string): McapTypes.TypedMcapRecord[] {
  const records: McapTypes.TypedMcapRecord[] = [];
  try {
    const parser = new McapStreamReader({ decompressHandlers: { zstd: unpack }, noMagicPrefix: true });
    parser.append(bytes);
    for (let record = parser.nextRecord(); record; record = parser.nextRecord()) records.push(record);
  } catch (error) {
    throw new RecordingError(`${where}: damaged: ${messageOf(error)}`);
  }
  return records;
}

/** The metadata record, which comes before the first chunk. */
function readMetadata(head: Uint8Array): Readonly<Record<string, string>> | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let end = MAGIC.length;
  while (end + HEADER_BYTES <= head.length && head[end] !== OPCODE.chunk && head[end] !== 0) {
    const next = end + HEADER_BYTES + Number(view.getBigUint64(end + 1, true));
    if (next > head.length) break;
    end = next;
  }
  const records = parse(head.subarray(MAGIC.length, end), 'start');
  const found = records.find((r) => r.type === 'Metadata' && r.name === METADATA_NAME);
  return found?.type === 'Metadata' ? Object.fromEntries(found.metadata) : undefined;
}

/** The records of the summary at the end; undefined if the file has none, because it was cut off. */
async function readSummary({ name, size, read }: ByteSource): Promise<McapTypes.TypedMcapRecord[] | undefined> {
  if (size < FOOTER_BYTES + MAGIC.length) return undefined;
  const footer = await read(size - FOOTER_BYTES, FOOTER_BYTES);
  const magicAt = FOOTER_BYTES - MAGIC.length;
  if (footer[0] !== OPCODE.footer || MAGIC.some((byte, i) => footer[magicAt + i] !== byte)) return undefined;
  const start = new DataView(footer.buffer, footer.byteOffset).getBigUint64(HEADER_BYTES, true);
  const length = BigInt(size - FOOTER_BYTES) - start;
  if (start === 0n) return undefined;
  if (length < 0n || length > MAX_BYTES)
    throw new RecordingError(`${name}: expected an index within the file, got one at byte ${start} of ${size}`);
  return parse(await read(Number(start), Number(length)), `${name}, index`);
}

function chunksOf(summary: readonly McapTypes.TypedMcapRecord[]): Chunk[] {
  return summary
    .flatMap((r): Chunk[] => {
      if (r.type !== 'ChunkIndex') return [];
      const [offset, length] = [Number(r.chunkStartOffset), Number(r.chunkLength)];
      const times = { start: Number(r.messageStartTime), end: Number(r.messageEndTime) };
      return [{ offset, length, ...times, channels: new Set(r.messageIndexOffsets.keys()) }];
    })
    .sort((a, b) => a.offset - b.offset);
}

/** Finds the whole chunks of a file without an index, going from record to record. */
async function findChunks(source: ByteSource): Promise<{ chunks: Chunk[]; ending: Ending }> {
  const chunks: Chunk[] = [];
  let [window, from] = [new Uint8Array(0), 0];
  for (let offset: number = MAGIC.length; ; ) {
    const needed = HEADER_BYTES + 16;
    if (offset < from || offset + needed > from + window.length) {
      const length = Math.min(WINDOW_BYTES, source.size - offset);
      if (length < HEADER_BYTES) return { chunks, ending: { kind: 'cut', offset } };
      [window, from] = [new Uint8Array(await source.read(offset, length)), offset];
    }
    const view = new DataView(window.buffer, window.byteOffset + offset - from);
    const [opcode, length] = [view.getUint8(0), view.getBigUint64(1, true)];
    if (opcode === 0)
      return { chunks, ending: { kind: 'damaged', offset, message: 'expected a record, got opcode 0' } };
    if (BigInt(offset) + BigInt(HEADER_BYTES) + length > BigInt(source.size))
      return { chunks, ending: { kind: 'cut', offset } };
    if (length > MAX_BYTES)
      return { chunks, ending: { kind: 'damaged', offset, message: `expected a record, got one of ${length} bytes` } };
    const whole = HEADER_BYTES + Number(length);
    if (opcode === OPCODE.chunk && length >= 16n) {
      const [start, end] = [9, 17].map((at) => Number(view.getBigUint64(at, true)));
      chunks.push({ offset, length: whole, start, end });
    }
    offset += whole;
  }
}

async function readMarks(
  source: ByteSource,
  summary: readonly McapTypes.TypedMcapRecord[],
): Promise<readonly TrialMark[]> {
  const place = summary.find((r) => r.type === 'AttachmentIndex' && r.name === MARKS_NAME);
  if (place?.type !== 'AttachmentIndex') return [];
  const where = `${source.name}, list of trials`;
  const [record] = parse(await source.read(Number(place.offset), Number(place.length)), where);
  if (record?.type !== 'Attachment') throw new RecordingError(`${where}: expected an attachment, got none`);
  try {
    return checkedMarks(JSON.parse(new TextDecoder().decode(decompress(record.data))));
  } catch (error) {
    throw new RecordingError(`${where}: damaged: ${messageOf(error)}`);
  }
}

/** @throws Error unless it is a list of trials, one after the other. */
function checkedMarks(value: unknown): readonly TrialMark[] {
  const marks = value as readonly TrialMark[];
  if (!Array.isArray(marks)) throw new Error('expected a list');
  let before = -1;
  for (const { start, end, trial, split, outcome, families, inRound } of marks) {
    const texts = [split, outcome, ...families].every((t) => typeof t === 'string');
    if (
      !texts ||
      ![trial, inRound?.round ?? 0, inRound?.attempt ?? 0].every(Number.isSafeInteger) ||
      !(start > before && end >= start)
    )
      throw new Error(`expected a trial after ${before} ns, got trial ${trial} at ${start} to ${end} ns`);
    before = end;
  }
  return marks;
}

/** Takes note of a schema or a channel. @throws RecordingError if a topic of graft has another schema than graft's. */
function noteRecord(
  channels: Map<number, StoredChannel>,
  schemas: Map<number, McapTypes.TypedMcapRecords['Schema']>,
  record: McapTypes.TypedMcapRecord,
  name: string,
): void {
  if (record.type === 'Schema') schemas.set(record.id, { ...record, data: record.data.slice() });
  if (record.type !== 'Channel' || !Object.hasOwn(TOPICS, record.topic) || channels.has(record.id)) return;
  const [topic, schema] = [record.topic as Topic, schemas.get(record.schemaId)];
  if (!schema || schema.name !== TOPICS[topic] || schema.encoding !== 'protobuf')
    throw new RecordingError(
      `${name}: expected topic ${topic} with schema ${TOPICS[topic]} in protobuf, got ${schema?.name ?? 'none'}`,
    );
  channels.set(record.id, { topic, schemaName: schema.name, schema: schema.data });
}

/** What to say of a file that is MCAP but no recording of graft. */
async function notOurs(
  source: ByteSource,
  chunks: readonly Chunk[],
  ending: Ending,
  summary: readonly McapTypes.TypedMcapRecord[],
): Promise<RecordingError> {
  const { name } = source;
  if (chunks.length === 0 && ending.kind === 'cut')
    return new RecordingError(`${name}: expected a recording, got one that was cut off before its first trial`);
  if (ending.kind === 'damaged')
    return new RecordingError(`${name}: expected a recording, got a damaged one, byte ${ending.offset}`);
  const [first] = chunks;
  const inside = summary.length === 0 && first ? parse(await source.read(first.offset, first.length), name) : summary;
  const topics = inside.flatMap((r) => (r.type === 'Channel' ? [r.topic] : [])).slice(0, 5);
  const found = topics.length > 0 ? ` (topics ${topics.join(', ')})` : '';
  return new RecordingError(`${name}: expected a recording of graft, got an MCAP file of something else${found}`);
}
