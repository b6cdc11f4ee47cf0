/** Records of an MCAP file (mcap.dev/spec), as bytes: an opcode, a length of eight bytes, and a body. */
import { crc32 } from '@foxglove/crc';
import { McapStreamReader, type McapTypes } from '@mcap/core';
import type { Ending } from './error.ts';
import { type ByteSource, windowed } from './source.ts';

/** What every MCAP file starts and ends with. */
export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);
/** Opcode and length in front of every record. */
export const HEADER_BYTES = 9;
/** No record and no chunk that graft writes comes near this; a longer one is not read into memory. */
export const MAX_BYTES = 128 * 1024 * 1024;
export const OPCODE = { footer: 0x02, schema: 0x03, channel: 0x04, message: 0x05, chunk: 0x06 } as const;

/**
 * Unpacks zstd, as a page or as Node does it best.
 * @param size of what comes out, bytes.
 * @throws Error if the bytes are damaged.
 */
export type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

/** A record that is not unpacked. */
export type McapRecord = McapTypes.TypedMcapRecord;

/** Where a record stands in a file. */
export interface RecordPlace {
  readonly opcode: number;
  readonly offset: number;
  /** Of the whole record, bytes. */
  readonly length: number;
}

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/**
 * The records of a file from front to back, chunks as they are. Only whole records are given, so a file that was cut off
 * gives all up to its last whole chunk.
 * @returns how the file ended.
 */
export async function* recordPlaces(source: ByteSource, read = windowed(source)): AsyncGenerator<RecordPlace, Ending> {
  for (let offset: number = MAGIC.length; ; ) {
    if (source.size - offset < HEADER_BYTES) return { kind: 'cut', offset };
    const header = await read(offset, HEADER_BYTES);
    const [opcode, bytes] = [header[0], viewOf(header).getBigUint64(1, true)];
    if (opcode === 0) return damaged(offset, 'expected a record, got opcode 0');
    const isFooter = opcode === OPCODE.footer;
    const end = BigInt(offset) + BigInt(HEADER_BYTES) + bytes + BigInt(isFooter ? MAGIC.length : 0);
    if (end > BigInt(source.size)) return { kind: 'cut', offset };
    if (bytes > MAX_BYTES) return damaged(offset, `expected a record of at most ${MAX_BYTES} bytes, got ${bytes}`);
    const length = HEADER_BYTES + Number(bytes);
    if (isFooter && isMagic(await read(offset + length, MAGIC.length))) return { kind: 'whole' };
    if (isFooter) return damaged(offset, 'expected the end of the file after its footer');
    yield { opcode, offset, length };
    offset += length;
  }
}

export const damaged = (offset: number, message: string): Ending => ({ kind: 'damaged', offset, message });

/** Whether bytes start as every MCAP file does. */
export const isMagic = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** The records in a chunk, one after the other. @param chunk the whole record. @throws Error unless they are as they were written. */
export function unpackChunk(chunk: Uint8Array, decompress: Decompress): Uint8Array {
  const view = viewOf(chunk);
  // start, end, size, checksum, compression, records
  const size = view.getBigUint64(HEADER_BYTES + 16, true);
  const checksum = view.getUint32(HEADER_BYTES + 24, true);
  const nameAt = HEADER_BYTES + 32;
  const dataAt = nameAt + view.getUint32(HEADER_BYTES + 28, true) + 8;
  const compression = new TextDecoder().decode(chunk.subarray(nameAt, dataAt - 8));
  const data = chunk.subarray(dataAt, dataAt + Number(view.getBigUint64(dataAt - 8, true)));
  if (compression !== '' && compression !== 'zstd') throw new Error(`expected zstd, got ${compression.slice(0, 20)}`);
  const records = compression === '' ? data : unpack(data, size, decompress);
  if (BigInt(records.length) !== size) throw new Error(`expected ${size} bytes, got ${records.length}`);
  if (checksum !== 0 && crc32(records) !== checksum) throw new Error('expected another checksum');
  return records;
}

function unpack(bytes: Uint8Array, size: bigint, decompress: Decompress, most = MAX_BYTES): Uint8Array {
  if (size > most) throw new Error(`expected at most ${most} bytes when unpacked, got ${size}`);
  return decompress(bytes, Number(size));
}

/**
 * Unpacks a zstd frame that says how long its content is (RFC 8878, 3.1.1.1).
 * @param most bytes that it may have.
 * @throws Error if it is damaged or too long.
 */
export function unpackFrame(frame: Uint8Array, decompress: Decompress, most: number): Uint8Array {
  const flags = frame[4];
  const isSingle = (flags >> 5) & 1;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3];
  const sizeAt = 6 - isSingle + dictionaryBytes;
  const sizeBytes = flags >> 6 === 0 ? isSingle : 1 << (flags >> 6);
  const size = frame.subarray(sizeAt, sizeAt + sizeBytes).reduceRight((sum, byte) => 256n * sum + BigInt(byte), 0n);
  return unpack(frame, size + (sizeBytes === 2 ? 256n : 0n), decompress, most);
}

/** The records in some bytes, not unpacked, with where each ends. @throws Error if the last one is not whole. */
export function* splitRecords(bytes: Uint8Array): Generator<{ opcode: number; start: number; end: number }> {
  const view = viewOf(bytes);
  for (let start = 0; start < bytes.length; ) {
    const end = start + HEADER_BYTES + Number(view.getBigUint64(start + 1, true));
    if (end > bytes.length) throw new Error('expected a record within its chunk');
    yield { opcode: bytes[start], start, end };
    start = end;
  }
}

/** Parses records other than messages and chunks. @throws Error if they are damaged. */
export function parseRecords(bytes: Uint8Array): McapRecord[] {
  const records: McapRecord[] = [];
  const parser = new McapStreamReader({ noMagicPrefix: true });
  parser.append(bytes);
  for (let record = parser.nextRecord(); record; record = parser.nextRecord()) records.push(record);
  return records;
}
