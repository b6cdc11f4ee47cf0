import { compress, decompress, isLoaded } from '@foxglove/wasm-zstd';
import { beforeAll, describe, expect, it } from 'vitest';
import { MAGIC, recordPlaces, splitRecords, unpackFrame } from '../../../../sim/recording/read/mcap.ts';
import type { ByteSource } from '../../../../sim/recording/read/source.ts';

beforeAll(() => isLoaded);

/** A record: opcode, length, body. */
function record(opcode: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(9);
  header[0] = opcode;
  header.writeBigUInt64LE(BigInt(body.length), 1);
  return Buffer.concat([header, body]);
}

const sourceOf = (data: Uint8Array): ByteSource => ({
  ...{ name: 'test', size: data.length },
  read: async (offset, length) => Uint8Array.from(data.subarray(offset, offset + length)),
});

/** Opcodes and offsets, and how the file ended. */
async function walk(...parts: Uint8Array[]): Promise<unknown[]> {
  const places = recordPlaces(sourceOf(Buffer.concat([MAGIC, ...parts])));
  const found: unknown[] = [];
  for (let next = await places.next(); ; next = await places.next()) {
    if (next.done) return [...found, next.value];
    found.push([next.value.opcode, next.value.offset, next.value.length]);
  }
}

describe('the records of a file', () => {
  const [one, two, footer] = [record(1, Buffer.alloc(4)), record(6, Buffer.alloc(100)), record(2, Buffer.alloc(20))];

  it('come from front to back up to the footer', async () => {
    expect(await walk(one, two, footer, MAGIC)).toEqual([[1, 8, 13], [6, 21, 109], { kind: 'whole' }]);
  });

  it('end where the file was cut off', async () => {
    expect(await walk(one, two.subarray(0, 50))).toEqual([[1, 8, 13], { kind: 'cut', offset: 21 }]);
    expect(await walk(one, footer, MAGIC.subarray(0, 7))).toEqual([[1, 8, 13], { kind: 'cut', offset: 21 }]);
    expect(await walk()).toEqual([{ kind: 'cut', offset: 8 }]);
  });

  it('end where nothing makes sense any more', async () => {
    expect(await walk(one, Buffer.alloc(200))).toEqual([
      [1, 8, 13],
      { kind: 'damaged', offset: 21, message: 'expected a record, got opcode 0' },
    ]);
    expect((await walk(footer, Buffer.alloc(8))).at(-1)).toMatchObject({ kind: 'damaged', offset: 8 });
  });

  it('are told apart within a chunk, of which the last must be whole', () => {
    const both = Buffer.concat([one, two]);
    expect([...splitRecords(both)]).toEqual([
      { opcode: 1, start: 0, end: 13 },
      { opcode: 6, start: 13, end: 122 },
    ]);
    expect(() => [...splitRecords(both.subarray(0, 121))]).toThrow('expected a record within its chunk');
  });
});

describe('a zstd frame', () => {
  it.each([0, 1, 255, 256, 300, 65_791, 65_792, 200_000])('says how long its content is: %s bytes', (length) => {
    const content = Uint8Array.from({ length }, (_, i) => (i * i) % 256);
    const asked: number[] = [];
    const unpacked = unpackFrame(
      compress(Buffer.from(content), 1),
      (frame, size) => {
        asked.push(size);
        return size === 0 ? new Uint8Array(0) : decompress(frame, size);
      },
      1e9,
    );
    expect(asked).toEqual([length]);
    expect(Buffer.from(unpacked).equals(content)).toBe(true);
  });

  it('that claims to hold a terabyte is not unpacked', () => {
    const frame = Buffer.from('28b52ffde000000000000100000000', 'hex');
    expect(() => unpackFrame(frame, () => new Uint8Array(0), 1000)).toThrow(
      'expected at most 1000 bytes when unpacked, got 1099511627776',
    );
  });
});
