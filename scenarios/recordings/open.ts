/** Recordings on disk: opened, with the scenario of each and how it ends. */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decompress, isLoaded } from '@foxglove/wasm-zstd';
import { type Ending, messageOf, RecordingError } from '../../sim/recording/read/error.ts';
import { openRecording, type Recording } from '../../sim/recording/read/reader.ts';
import type { ByteSource } from '../../sim/recording/read/source.ts';
import { InputError } from '../load.ts';
import { type Scenario, scenarioSchema } from '../schema/schema.ts';

/** The recordings that a path stands for. @throws InputError if there are none. */
export function recordingsAt(from: string): string[] {
  const path = resolve(from);
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
  const found = readdirSync(path)
    .filter((name) => name.endsWith('.mcap'))
    .sort()
    .map((name) => join(path, name));
  if (found.length > 0) return found;
  throw new InputError(`${from}: expected a run with a recording, got none; record with train --record all`);
}

/** Opens a recording on disk; its trials are read when they are asked for. @throws RecordingError if it is not one of this version. */
export async function openRecordingFile(path: string): Promise<Recording> {
  await isLoaded;
  return openRecording(fileSource(path), unpack);
}

function unpack(bytes: Uint8Array, size: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = decompress(bytes, size);
  // a Buffer, whose slices are no copies
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A file on disk, as long as it was when it was asked for. @throws RecordingError if it is no file that can be read. */
function fileSource(path: string): ByteSource {
  const size = withFile(path, (fd) => {
    const info = fstatSync(fd);
    if (info.isFile()) return info.size;
    throw new RecordingError(`${path}: expected a recording, got something that is not a file`);
  });
  return {
    name: path,
    size,
    read: async (offset, length) => withFile(path, (fd) => readBytes(path, fd, offset, length)),
  };
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new RecordingError(`${path}: expected a recording that can be read, got: ${messageOf(error)}`);
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function readBytes(path: string, fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const got = readSync(fd, bytes, done, length - done, offset + done);
    if (got === 0) throw new RecordingError(`${path}: expected ${length} bytes at ${offset}, got ${done}`);
    done += got;
  }
  return bytes;
}

/** The scenario that a recording was made with. @throws InputError if there is none, or it does not fit this version's schema. */
export function recordedScenario({ name, metadata }: Recording): Scenario {
  let json: unknown;
  try {
    json = JSON.parse(metadata.scenario ?? '');
  } catch {
    throw new InputError(`${name}: expected a scenario in the metadata, got none that can be read`);
  }
  const checked = scenarioSchema.safeParse(json);
  if (checked.success) return checked.data;
  const [{ path: key, message }] = checked.error.issues;
  throw new InputError(`${name}: expected a scenario that this version knows, got ${key.join('.')}: ${message}`);
}

/** One line on a file that does not end as it should; undefined for a whole one. */
export function describeEnding(ending: Ending): string | undefined {
  if (ending.kind === 'whole') return undefined;
  if (ending.kind === 'cut') return `cut off at byte ${ending.offset}: read up to the last whole chunk`;
  return `damaged at byte ${ending.offset}: ${ending.message}; read up to there`;
}
