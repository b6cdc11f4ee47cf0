import { describe, expect, it } from 'vitest';
import { windowed } from '../../../../sim/recording/read/source.ts';

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);

/** Reads through a window, counting what the source is asked for. */
function counted() {
  const asked: [number, number][] = [];
  const read = windowed({
    name: 'test',
    size: bytes.length,
    read: async (offset, length) => {
      if (offset + length > bytes.length) throw new Error(`read of ${length} at ${offset}`);
      asked.push([offset, length]);
      return bytes.slice(offset, offset + length);
    },
  });
  return { asked, read };
}

describe('a window on a source', () => {
  it('gives exactly what is asked for', async () => {
    const { read } = counted();
    for (const [offset, length] of [
      [0, 9],
      [9, 100_000],
      [5, 3],
      [299_991, 9],
      [200_000, 0],
    ])
      expect(await read(offset, length)).toEqual(bytes.slice(offset, offset + length));
  });

  it('asks once for what lies close together', async () => {
    const { asked, read } = counted();
    for (let offset = 0; offset < 60_000; offset += 500) await read(offset, 9);
    expect(asked).toHaveLength(1);
  });

  it('never asks beyond the end, and passes on that there is no more', async () => {
    const { asked, read } = counted();
    await read(299_000, 1000);
    expect(asked).toEqual([[299_000, 1000]]);
    await expect(read(299_999, 2)).rejects.toThrow('read of 2 at 299999');
  });
});
