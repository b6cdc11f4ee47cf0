import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { type Column, writeParquet } from '../../../scenarios/export/parquet.ts';

const folder = mkdtempSync(join(tmpdir(), 'graft-parquet-'));

/** A table with every type of column. */
const COLUMNS: Readonly<Record<string, Column>> = {
  whole: { type: 'int64', values: [0, -5, 2 ** 53] },
  real: { type: 'float32', values: [0.5, Math.fround(0.1), -(2 ** 100)] },
  truth: { type: 'bool', values: [true, false, true] },
  text: { type: 'string', values: ['held', '', 'größer'] },
  reals: { type: 'float32[]', values: [[1, 2], [], [Math.fround(0.3)]] },
  texts: { type: 'string[]', values: [['a'], ['b', 'c'], []] },
  picture: { type: 'image', values: [0, 1, 2].map((i) => ({ bytes: Uint8Array.of(i, 255), path: `${i}.png` })) },
};

async function read(metadata?: Record<string, string>) {
  const path = join(folder, 'table.parquet');
  writeParquet(path, COLUMNS, metadata);
  const file = await asyncBufferFromFile(path);
  return { file, about: await parquetMetadataAsync(file), rows: await parquetReadObjects({ file, utf8: false }) };
}

describe('a Parquet file', () => {
  it('gives back every type of column, row by row', async () => {
    const { rows } = await read();
    rows.forEach((row, i) => {
      const { whole, ...rest } = Object.fromEntries(Object.entries(COLUMNS).map(([name, c]) => [name, c.values[i]]));
      expect(row).toEqual({ ...rest, whole: BigInt(whole as number) });
    });
    expect(rows).toHaveLength(3);
  });

  it('has its columns in order, lists and pictures as others write them', async () => {
    const { about } = await read();
    const columns = parquetSchema(about).children;
    expect(columns.map((c) => c.element.name)).toEqual(Object.keys(COLUMNS));
    const { reals, picture } = Object.fromEntries(columns.map((c) => [c.element.name, c]));
    expect(reals.element.converted_type).toBe('LIST');
    expect(reals.children[0].children[0].element).toMatchObject({ name: 'element', type: 'FLOAT' });
    expect(picture.children.map((c) => c.element.name)).toEqual(['bytes', 'path']);
  });

  it('carries what is said about it', async () => {
    const { about } = await read({ pandas: '{"index": 1}' });
    expect(about.key_value_metadata).toEqual([{ key: 'pandas', value: '{"index": 1}' }]);
  });
});
