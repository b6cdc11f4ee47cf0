import { describe, expect, it } from 'vitest';
import { messagesOf } from '../../../scenarios/export/protobuf.ts';

const { encode, decode } = messagesOf({
  Outer: { id: [1, 'int64'], name: [2, 'string'], inner: [3, 'Inner[]'], data_bytes: [20, 'bytes'] },
  Inner: { share: [2, 'double'], sizes: [8, 'int64[]'] },
});

describe('messages from a table', () => {
  it('are encoded as the format says: tags, varints, lengths', () => {
    expect([...encode('Outer', { id: 300, name: 'a', dataBytes: Uint8Array.of(7) })]).toEqual([
      ...[0x08, 0xac, 0x02],
      ...[0x12, 1, 0x61],
      ...[0xa2, 0x01, 1, 7],
    ]);
    expect([...encode('Inner', { sizes: [1, 2] })]).toEqual([0x40, 1, 0x40, 2]);
  });

  it('come back as they were', () => {
    const inner = [
      { share: 0.25, sizes: [] },
      { share: 0, sizes: [-1n, 5n] },
    ];
    const bytes = encode('Outer', { id: 0, inner });
    expect(decode('Outer', bytes)).toMatchObject({ id: 0n, inner });
  });

  it('pass over fields that the table does not know', () => {
    const wide = messagesOf({ Outer: { id: [1, 'int64'], more: [9, 'string'] } });
    expect(decode('Outer', wide.encode('Outer', { id: 4, more: 'x' }))).toMatchObject({ id: 4n });
  });

  it('refuse a value that does not fit its field', () => {
    expect(() => encode('Outer', { id: 'many' })).toThrow();
  });
});
