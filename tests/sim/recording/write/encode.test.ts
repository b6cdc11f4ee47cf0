import { create, createFileRegistry, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { type SchemaName, TOPICS } from '../../../../sim/recording/format.ts';
import { encode } from '../../../../sim/recording/write/encode.ts';
import { messagesOf } from '../../../../sim/recording/write/messages.ts';
import { schemaBytes } from '../../../../sim/recording/write/schemas.ts';
import { recordTrials } from '../../../support/recordings/recordings.ts';

const typeOf = (name: SchemaName): DescMessage =>
  createFileRegistry(fromBinary(FileDescriptorSetSchema, schemaBytes(name))).getMessage(name)!;

describe('the encoder', () => {
  it("gives the bytes of the library's own for every message of a trial", async () => {
    const [entry] = await recordTrials(1, 'pile');
    const messages = messagesOf(entry, 0, true);
    expect(messages.length).toBeGreaterThan(40);
    for (const { topic, data } of messages) {
      const type = typeOf(TOPICS[topic]);
      expect(Buffer.from(toBinary(type, fromBinary(type, data))).equals(data), topic).toBe(true);
    }
  });

  it.each([
    ['nothing', {}],
    ['defaults', { trial: 0, split: '', held: false, yaw: 0, families: [], graspPosition: [] }],
    ['minus zero, which is not the default', { yaw: -0 }],
    ['a default that is optional, and told', { probability: 0, round: 0, attempt: 0 }],
    ['whole numbers beyond 32 bits', { seed: Number.MAX_SAFE_INTEGER }],
    ['texts of several bytes a letter', { policy: 'größer, 大きい', log: 'é'.repeat(300) }],
    ['lists', { families: ['mug', '', 'box'], graspPosition: [0, -0, 1e-300] }],
    ['a message within', { timestamp: { seconds: 12n, nanos: 500_000_000 } }],
    ['an empty message within', { timestamp: {} }],
  ])('writes %s as the library does', (_, fields) => {
    const type = typeOf('graft.Trial');
    expect(encode(type, fields)).toEqual(toBinary(type, create(type, fields as never)));
  });

  it('leaves out what is undefined or null', () => {
    const type = typeOf('graft.Trial');
    expect(encode(type, { probability: undefined, policy: null, trial: 3 })).toEqual(encode(type, { trial: 3 }));
  });

  it('refuses what does not fit, and is as good as new for the next message', () => {
    const type = typeOf('graft.Trial');
    expect(() => encode(type, { policy: 'half a message', trial: -1 })).toThrow('invalid uint32: -1');
    expect(encode(type, { trial: 3 })).toEqual(toBinary(type, create(type, { trial: 3 } as never)));
  });
});
