import { mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { McapWriter } from '@mcap/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { openRecordingFile } from '../../../scenarios/recordings/open.ts';
import { rngStream } from '../../../sim/math/rng.ts';
import { type Ending, RecordingError } from '../../../sim/recording/read/error.ts';
import { createRecording } from '../../../sim/recording/write/mcap-writer.ts';
import type { RecordingEntry } from '../../../sim/recording/write/messages.ts';
import { startRecorder } from '../../../sim/recording/write/recorder.ts';
import { temporaryFolder } from '../../support/process/cli.ts';
import { recordTrials } from '../../support/recordings/recordings.ts';
import { writeAnew } from '../../support/write-anew.ts';

const folder = temporaryFolder();
const METADATA = { version: '1', graft: '0.0.0' };
const whole = join(folder, 'whole.mcap');
let trials: RecordingEntry[];
let bytes: Buffer;

beforeAll(async () => {
  trials = await recordTrials(6);
  // small chunks, so that a trial spans several
  const writer = await createRecording(whole, METADATA, 16 * 1024);
  for (const trial of trials) await writer.add(trial);
  await writer.close();
  bytes = readFileSync(whole);
});

/** Reads everything there is. */
async function readAll(path: string): Promise<{ trials: number[]; ending: Ending }> {
  const recording = await openRecordingFile(path);
  const found: number[] = [];
  const all = recording.trials();
  for (let next = await all.next(); ; next = await all.next()) {
    if (next.done) return { trials: found, ending: next.value };
    found.push(next.value.messages('/trial')[0].trial as number);
    for (const topic of ['/tf', '/camera/colour', '/heightmap', '/gripper'] as const) next.value.messages(topic);
  }
}

function write(name: string, data: Uint8Array): string {
  const path = join(folder, name);
  writeAnew(path, data);
  return path;
}

/** Offsets just after every chunk. */
function chunkEnds(): number[] {
  const ends: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at < bytes.length - 8; ) {
    const next = at + 9 + Number(view.getBigUint64(at + 1, true));
    if (bytes[at] === 0x06) ends.push(next);
    at = next;
  }
  return ends;
}

describe('a recording that was cut off', () => {
  it('opens, cut at any byte, up to its last whole chunk', async () => {
    const ends = chunkEnds();
    expect(ends.length).toBeGreaterThan(trials.length);
    const cuts = new Set<number>();
    for (let cut = 0; cut < bytes.length; cut += 1499) cuts.add(cut);
    for (const offset of ends) for (let d = -10; d <= 10; d += 2) cuts.add(offset + d);
    for (let d = 1; d < 40; d++) cuts.add(d).add(bytes.length - d);
    const path = write('cut.mcap', bytes);
    const counts = new Map<number, number>();
    // from the longest to the shortest: the file only ever shrinks
    for (const cut of [...cuts].sort((a, b) => b - a)) {
      truncateSync(path, cut);
      try {
        const { trials: found, ending } = await readAll(path);
        expect(ending.kind).toBe('cut');
        expect(found).toEqual(trials.slice(0, found.length).map(({ episode }) => episode.trial));
        const chunks = ends.filter((offset) => offset <= cut).length;
        // nothing but whole chunks counts: the same chunks give the same trials, wherever the cut is
        expect(counts.get(chunks) ?? found.length, `cut at ${cut}`).toBe(found.length);
        counts.set(chunks, found.length);
      } catch (error) {
        expect(error, `cut at ${cut}`).toBeInstanceOf(RecordingError);
        expect(cut).toBeLessThan(ends[0]);
      }
    }
    expect(counts.get(0)).toBe(0);
    expect(counts.get(ends.length)).toBe(trials.length);
    const inOrder = [...counts].sort(([a], [b]) => a - b).map(([, n]) => n);
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
  });

  it('says so when not even its description is there', async () => {
    await expect(readAll(write('stub.mcap', bytes.subarray(0, 60)))).rejects.toThrow('cut off before its first trial');
  });
});

/** A record: opcode, length as said, and content. */
function record(opcode: number, length: bigint, content = new Uint8Array(0)): Buffer {
  const header = Buffer.alloc(9);
  header[0] = opcode;
  header.writeBigUInt64LE(length, 1);
  return Buffer.concat([header, content]);
}

/** The file up to its first chunk. */
function head(): Buffer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; ; at += 9 + Number(view.getBigUint64(at + 1, true)))
    if (bytes[at] === 0x06) return bytes.subarray(0, at);
}

/** A chunk that says it unpacks to `size` bytes. */
function chunk(size: bigint, records: Uint8Array): Buffer {
  const content = Buffer.alloc(8 + 8 + 8 + 4 + 4 + 4 + 8);
  content.writeBigUInt64LE(size, 16);
  content.writeUInt32LE(4, 28);
  content.write('zstd', 32);
  content.writeBigUInt64LE(BigInt(records.length), 36);
  const all = Buffer.concat([content.subarray(0, 44), records]);
  return record(0x06, BigInt(all.length), all);
}

/** An MCAP file with one message in JSON. */
async function jsonFile(topic: string, metadata?: Readonly<Record<string, string>>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const position = (): bigint => BigInt(Buffer.concat(parts).length);
  const mcap = new McapWriter({ writable: { position, write: async (data) => void parts.push(data.slice()) } });
  await mcap.start();
  if (metadata) await mcap.addMetadata({ name: 'graft', metadata: new Map(Object.entries(metadata)) });
  const schemaId = await mcap.registerSchema({ name: 'Pose', encoding: 'jsonschema', data: Buffer.from('{}') });
  const channelId = await mcap.registerChannel({ topic, schemaId, messageEncoding: 'json', metadata: new Map() });
  await mcap.addMessage({ channelId, sequence: 0, logTime: 1n, publishTime: 1n, data: Buffer.from('{}') });
  await mcap.end();
  return Buffer.concat(parts);
}

describe('a file that is no recording', () => {
  it.each([
    ['empty', Buffer.alloc(0), 'expected a recording (MCAP, starting 894d43415030...), got an empty file'],
    ['text', Buffer.from('trial,outcome\n0,held\n'), 'got 747269616c2c6f75'],
    ['short', Buffer.from([0x89, 0x4d]), 'got 894d'],
    ['magic', Buffer.from([0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a]), 'cut off before its first trial'],
  ])('is refused: %s', async (name, data, message) => {
    const path = write(`${name}.mcap`, data);
    await expect(readAll(path)).rejects.toThrow(message);
    await expect(readAll(path)).rejects.toBeInstanceOf(RecordingError);
  });

  it('is refused if it is a folder or does not exist', async () => {
    mkdirSync(join(folder, 'folder.mcap'));
    await expect(readAll(join(folder, 'folder.mcap'))).rejects.toThrow('got something that is not a file');
    await expect(readAll(join(folder, 'none.mcap'))).rejects.toThrow('ENOENT');
  });

  it('is refused if it is an MCAP file of something else, naming its topics', async () => {
    const path = write('foreign.mcap', await jsonFile('/odometry'));
    await expect(readAll(path)).rejects.toThrow('got an MCAP file of something else (topics /odometry)');
  });

  it('is refused if a topic has another schema', async () => {
    const path = write('schema.mcap', await jsonFile('/trial', METADATA));
    const message = 'expected topic /trial with schema graft.Trial in protobuf, got Pose in json';
    await expect(readAll(path)).rejects.toThrow(message);
  });

  it('is refused if it is of another version', async () => {
    const path = join(folder, 'version.mcap');
    await (await createRecording(path, { version: '2' })).close();
    await expect(readAll(path)).rejects.toThrow('expected a recording of version 1, got 2');
  });

  it('gives no trials if it has none, and leaves topics alone that it does not know', async () => {
    const path = write('other.mcap', await jsonFile('/odometry', METADATA));
    expect(await readAll(path)).toEqual({ trials: [], ending: { kind: 'whole' } });
  });
});

describe('a hostile recording', () => {
  const LIMIT = 'expected a record of at most';
  it.each([
    ['a length beyond the file', () => record(0x06, 2n ** 62n), 'cut', undefined],
    ['a length of all ones', () => record(0x06, 2n ** 64n - 1n), 'cut', undefined],
    ['opcode 0', () => record(0, 0n), 'damaged', 'got opcode 0'],
    [
      'a chunk that unpacks to a terabyte',
      () => chunk(2n ** 40n, Buffer.alloc(16)),
      'damaged',
      'bytes when unpacked, got',
    ],
    ['a chunk of noise', () => chunk(1000n, Buffer.alloc(64, 0xa5)), 'damaged', /./],
    ['a chunk too short for its fields', () => record(0x06, 4n, Buffer.alloc(4)), 'damaged', /./],
  ] as const)('with %s ends there', async (name, tail, kind, message) => {
    const path = write(`${name.replaceAll(' ', '-')}.mcap`, Buffer.concat([head(), tail()]));
    const { trials: found, ending } = await readAll(path);
    expect(found).toEqual([]);
    expect(ending.kind).toBe(kind);
    if (ending.kind === 'damaged') expect(ending.message).toMatch(message ?? LIMIT);
  });

  it('with a record of a gigabyte is not read into memory', async () => {
    const path = write('gigabyte.mcap', Buffer.concat([head(), record(0x06, 2n ** 30n)]));
    truncateSync(path, head().length + 9 + 2 ** 30); // a hole: takes no room on the disk
    const { ending } = await readAll(path);
    expect(ending).toMatchObject({ kind: 'damaged', message: expect.stringContaining(LIMIT) });
  });

  it('with any byte changed gives whole trials or says what is wrong', async () => {
    const rng = rngStream(0, 'test-damage');
    for (let i = 0; i < 300; i++) {
      const damaged = Buffer.from(bytes);
      // half of them near the start, where the description is
      const at = rng.int(i % 2 ? bytes.length : head().length + 200);
      damaged[at] ^= 1 + rng.int(255);
      try {
        const { trials: found } = await readAll(write('damaged.mcap', damaged));
        expect(found.length).toBeLessThanOrEqual(trials.length);
      } catch (error) {
        expect(error, `byte ${at}`).toBeInstanceOf(RecordingError);
      }
    }
  });
});

describe('the recorder', () => {
  it('never waits: what does not fit the queue is dropped, and counted, also in the file', async () => {
    const path = join(folder, 'busy.mcap');
    const recorder = startRecorder(path, METADATA, { queueLength: 2 });
    const started = performance.now();
    for (const { episode, log } of trials) recorder.add({ held: episode.outcome === 'held', log, episode });
    expect(performance.now() - started).toBeLessThan(1000);
    const result = await recorder.close();
    expect(result).toMatchObject({ path, recorded: 2, dropped: trials.length - 2 });
    expect((await readAll(path)).trials).toEqual([0, 1]);
  });

  it('drops nothing of those who wait for room', async () => {
    const recorder = startRecorder(join(folder, 'waited.mcap'), METADATA, { queueLength: 2 });
    for (const { episode, log } of trials) {
      await recorder.room();
      recorder.add({ held: episode.outcome === 'held', log, episode });
    }
    expect(await recorder.close()).toMatchObject({ recorded: trials.length, dropped: 0 });
    // nobody waits for one that has ended
    await recorder.room();
  });

  it('gives the same bytes for the same trials', async () => {
    const [a, b] = [join(folder, 'a.mcap'), join(folder, 'b.mcap')];
    for (const path of [a, b]) {
      const recorder = startRecorder(path, METADATA);
      for (const { episode, log } of trials) recorder.add({ held: episode.outcome === 'held', log, episode });
      const { recorded, sizeBytes } = await recorder.close();
      expect(recorded).toBe(trials.length);
      expect(sizeBytes).toBe(readFileSync(path).length);
    }
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  });

  it('that cannot write ends without ending the run, and says why', async () => {
    const recorder = startRecorder(join(folder, 'no', 'such', 'folder.mcap'), METADATA);
    for (const { episode, log } of trials) recorder.add({ held: false, log, episode });
    const { recorded, dropped, error } = await recorder.close();
    expect({ recorded, dropped }).toEqual({ recorded: 0, dropped: trials.length });
    expect(error).toContain('ENOENT');
  });

  it('refuses to write over a file', async () => {
    await expect(createRecording(whole, METADATA)).rejects.toThrow('EEXIST');
  });
});
