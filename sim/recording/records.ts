import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { decompress, isLoaded } from '@foxglove/wasm-zstd';
import { McapStreamReader, type McapTypes } from '@mcap/core';
import { type Ending, HEADER_BYTES, MAGIC, MAX_BYTES, messageOf, RecordingError } from './error.ts';

export { type Ending, RecordingError };

/** Makes {@link readRecords} ready. */
export const loadDecompressor = async (): Promise<void> => void (await isLoaded);

function unpack(bytes: Uint8Array, size: bigint): Uint8Array {
  if (size > MAX_BYTES) throw new Error(`expected a chunk of at most ${MAX_BYTES} bytes, got one of ${size}`);
  return decompress(bytes, Number(size));
}

/** A file that is read at given offsets. */
class Bytes {
  readonly #fd: number;
  readonly size: number;

  /** @throws RecordingError if it is no file that can be read. */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, 'r');
      const info = fstatSync(this.#fd);
      this.size = info.size;
      if (info.isFile()) return;
    } catch (error) {
      throw new RecordingError(`${path}: expected a recording that can be read, got: ${messageOf(error)}`);
    }
    closeSync(this.#fd);
    throw new RecordingError(`${path}: expected a recording, got something that is not a file`);
  }

  /** @returns fewer bytes if the file ends before. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(Math.min(length, this.size - offset), 0));
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.#fd, bytes, done, bytes.length - done, offset + done);
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * The records of an MCAP file from front to back, those in chunks included. Only whole records are looked at, so a file that
 * was cut off gives all up to its last whole chunk.
 * @returns how the file ended.
 * @throws RecordingError if it is no MCAP file at all.
 */
export function* readRecords(path: string): Generator<McapTypes.TypedMcapRecord, Ending> {
  const file = new Bytes(path);
  try {
    const magic = file.read(0, MAGIC.length);
    if (magic.length < MAGIC.length || magic.some((byte, i) => byte !== MAGIC[i])) {
      const start = Buffer.from(magic).toString('hex') || 'an empty file';
      throw new RecordingError(`${path}: expected a recording (MCAP, starting 894d43415030...), got ${start}`);
    }
    const parser = new McapStreamReader({ decompressHandlers: { zstd: unpack }, noMagicPrefix: true });
    for (let offset = MAGIC.length; ; ) {
      const header = file.read(offset, HEADER_BYTES);
      if (header.length < HEADER_BYTES) return { kind: 'cut', offset };
      const length = new DataView(header.buffer).getBigUint64(1, true);
      const isFooter = header[0] === 0x02;
      const end = BigInt(offset) + BigInt(HEADER_BYTES) + length + BigInt(isFooter ? MAGIC.length : 0);
      if (header[0] === 0) return damaged(offset, 'expected a record, got opcode 0');
      if (end > BigInt(file.size)) return { kind: 'cut', offset };
      if (length > MAX_BYTES) return damaged(offset, `expected a record of at most ${MAX_BYTES} bytes, got ${length}`);
      try {
        parser.append(file.read(offset, Number(end) - offset));
        for (let record = parser.nextRecord(); record; record = parser.nextRecord()) yield record;
      } catch (error) {
        return damaged(offset, messageOf(error));
      }
      if (parser.done()) return { kind: 'whole' };
      offset = Number(end);
    }
  } finally {
    file.close();
  }
}

const damaged = (offset: number, message: string): Ending => ({ kind: 'damaged', offset, message });
