/** File index: metadata, chunks and trials of a recording, also of one that was cut off. */
import { crc32Final, crc32Init, crc32Update } from '@foxglove/crc';
import { MARKS_NAME, METADATA_NAME, RECORDING_VERSION } from '../format.ts';
import { parseMarks, type TrialMark } from '../marks.ts';
import type { StoredMetadata } from '../metadata.ts';
import { type Ending, messageOf, RecordingError } from './error.ts';
import {
  type Decompress,
  HEADER_BYTES,
  isMagic,
  MAGIC,
  MAX_BYTES,
  type McapRecord,
  OPCODE,
  parseRecords,
  recordPlaces,
  splitRecords,
  unpackChunk,
  unpackFrame,
  viewOf,
} from './mcap.ts';
import { type ByteSource, windowed } from './source.ts';

/** What is known of a recording before any of its messages is read: from the index at its end, or else record by record. */
export interface FileIndex {
  readonly metadata: StoredMetadata;
  readonly ending: Ending;
  readonly chunks: readonly Chunk[];
  /** Schemas and channels, as far as they are known without the chunks. */
  readonly records: readonly McapRecord[];
  /** The trials; none if the file was cut off before they were listed. */
  readonly marks: readonly TrialMark[];
}

/** A chunk of the file. */
export interface Chunk {
  readonly offset: number;
  readonly length: number;
  /** Times of its messages, ns. */
  readonly start: number;
  readonly end: number;
  /** Channels it has messages of; undefined if it was not indexed. */
  readonly channels?: ReadonlySet<number>;
}

const FOOTER_BYTES = HEADER_BYTES + 20 + MAGIC.length;

/**
 * Reads what a recording says of itself.
 * @throws RecordingError if it is not one of this version.
 */
export async function readIndex(source: ByteSource, decompress: Decompress): Promise<FileIndex> {
  const { name, size } = source;
  const start = await source.read(0, Math.min(MAGIC.length, size));
  if (start.length < MAGIC.length || !isMagic(start)) {
    const got = [...start].map((b) => b.toString(16).padStart(2, '0')).join('') || 'an empty file';
    throw new RecordingError(`${name}: expected a recording (MCAP, starting 894d43415030...), got ${got}`);
  }
  const metadata = await readMetadata(source);
  const summary = await readSummary(source);
  const found = summary ? { chunks: chunksOf(summary), ending: WHOLE } : await findChunks(source);
  if (!metadata) throw await notOurs(source, found, summary, decompress);
  if (metadata.version !== String(RECORDING_VERSION))
    throw new RecordingError(
      `${name}: expected a recording of version ${RECORDING_VERSION}, got ${metadata.version ?? 'none'}`,
    );
  const marks = summary ? await readMarks(source, summary, decompress) : [];
  return { metadata, ...found, records: summary ?? [], marks };
}

const WHOLE: Ending = { kind: 'whole' };

/** The metadata record, which comes before the first chunk. */
async function readMetadata(source: ByteSource): Promise<StoredMetadata | undefined> {
  const read = windowed(source);
  for await (const { opcode, offset, length } of recordPlaces(source, read)) {
    if (opcode === OPCODE.chunk || opcode === OPCODE.message) return undefined;
    try {
      const [record] = parseRecords(await read(offset, length));
      if (record?.type === 'Metadata' && record.name === METADATA_NAME) return Object.fromEntries(record.metadata);
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** The records of the summary at the end; undefined if the file has none that is sound, as one that was cut off. */
async function readSummary(source: ByteSource): Promise<McapRecord[] | undefined> {
  const { size } = source;
  if (size < FOOTER_BYTES + MAGIC.length) return undefined;
  const footer = await source.read(size - FOOTER_BYTES, FOOTER_BYTES);
  if (footer[0] !== OPCODE.footer || !isMagic(footer.subarray(FOOTER_BYTES - MAGIC.length))) return undefined;
  const view = viewOf(footer);
  const start = view.getBigUint64(HEADER_BYTES, true);
  const length = BigInt(size - FOOTER_BYTES) - start;
  if (start === 0n || length < 0n || length > MAX_BYTES) return undefined;
  const bytes = await source.read(Number(start), Number(length));
  const checksum = view.getUint32(HEADER_BYTES + 16, true);
  // of the summary and the footer up to the checksum itself
  const crc = crc32Update(crc32Update(crc32Init(), bytes), footer.subarray(0, HEADER_BYTES + 16));
  if (checksum !== 0 && crc32Final(crc) !== checksum) return undefined;
  try {
    return parseRecords(bytes);
  } catch {
    return undefined;
  }
}

function chunksOf(summary: readonly McapRecord[]): Chunk[] {
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
  const read = windowed(source);
  const places = recordPlaces(source, read);
  for (let next = await places.next(); ; next = await places.next()) {
    if (next.done) return { chunks, ending: next.value };
    const { opcode, offset, length } = next.value;
    if (opcode !== OPCODE.chunk || length < HEADER_BYTES + 16) continue;
    const times = viewOf(await read(offset + HEADER_BYTES, 16));
    const [start, end] = [0, 8].map((at) => Number(times.getBigUint64(at, true)));
    chunks.push({ offset, length, start, end });
  }
}

/** Longest list of trials, bytes: some 200,000 of them. Parsed, it takes many times as much. */
const MARKS_MAX = 32 * 1024 * 1024;

/** The list of trials; empty if there is none that is sound, as they can be found without it. */
async function readMarks(
  source: ByteSource,
  summary: readonly McapRecord[],
  decompress: Decompress,
): Promise<readonly TrialMark[]> {
  const place = summary.find((r) => r.type === 'AttachmentIndex' && r.name === MARKS_NAME);
  if (place?.type !== 'AttachmentIndex') return [];
  try {
    const [record] = parseRecords(await source.read(Number(place.offset), Number(place.length)));
    if (record?.type !== 'Attachment') return [];
    return parseMarks(new TextDecoder().decode(unpackFrame(record.data, decompress, MARKS_MAX)));
  } catch {
    return [];
  }
}

/** What to say of a file that is MCAP but no recording of graft. */
async function notOurs(
  source: ByteSource,
  { chunks, ending }: Pick<FileIndex, 'chunks' | 'ending'>,
  summary: readonly McapRecord[] | undefined,
  decompress: Decompress,
): Promise<RecordingError> {
  const { name } = source;
  if (chunks.length === 0 && ending.kind === 'cut')
    return new RecordingError(`${name}: expected a recording, got one that was cut off before its first trial`);
  if (ending.kind === 'damaged')
    return new RecordingError(
      `${name}: expected a recording, got a damaged one, byte ${ending.offset}: ${ending.message}`,
    );
  let topics: readonly string[];
  try {
    topics = topicsOf(summary ?? (await recordsInFirst(source, chunks, decompress)));
  } catch (error) {
    return new RecordingError(`${name}: expected a recording, got a damaged one: ${messageOf(error)}`);
  }
  const found = topics.length > 0 ? ` (topics ${topics.join(', ')})` : '';
  return new RecordingError(`${name}: expected a recording of graft, got an MCAP file of something else${found}`);
}

const topicsOf = (records: readonly McapRecord[]): string[] =>
  records.flatMap((r) => (r.type === 'Channel' ? [r.topic] : [])).slice(0, 5);

/** Schemas and channels in the first chunk. @throws Error if it is damaged. */
async function recordsInFirst(
  source: ByteSource,
  [first]: readonly Chunk[],
  decompress: Decompress,
): Promise<McapRecord[]> {
  if (!first) return [];
  const records = unpackChunk(await source.read(first.offset, first.length), decompress);
  return [...splitRecords(records)]
    .filter(({ opcode }) => opcode === OPCODE.schema || opcode === OPCODE.channel)
    .flatMap(({ start, end }) => parseRecords(records.subarray(start, end)));
}
