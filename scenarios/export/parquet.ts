/** Parquet files: typed columns, and the schema that stands for them. */
import { writeFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';

type Schema = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>;

/** Scalars by their name in dataset formats; a list of one of them; or a picture as Hugging Face's `Image` stores it. */
type Scalar = 'int64' | 'float32' | 'bool' | 'string';
export type ColumnType = Scalar | `${Scalar}[]` | 'image';

/** One column of a table. 64-bit integers are given as numbers. */
export interface Column {
  readonly type: ColumnType;
  readonly values: readonly unknown[];
}

const SCALARS = {
  int64: { type: 'INT64' },
  float32: { type: 'FLOAT' },
  bool: { type: 'BOOLEAN' },
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
} as const satisfies Record<Scalar, object>;

const OPTIONAL = { repetition_type: 'OPTIONAL' } as const;

/** The schema elements of one column, depth first. */
function elements(name: string, type: ColumnType): Schema {
  if (type === 'image') {
    return [
      { name, ...OPTIONAL, num_children: 2 },
      { name: 'bytes', ...OPTIONAL, type: 'BYTE_ARRAY' },
      { name: 'path', ...OPTIONAL, ...SCALARS.string },
    ];
  }
  const scalar = type.replace('[]', '') as Scalar;
  if (scalar === type) return [{ name, ...OPTIONAL, ...SCALARS[scalar] }];
  return [
    { name, ...OPTIONAL, converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', ...OPTIONAL, ...SCALARS[scalar] },
  ];
}

/** Writes a table as a Parquet file. @param metadata key-value pairs of the file. */
export function writeParquet(
  path: string,
  columns: Readonly<Record<string, Column>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const names = Object.keys(columns);
  const data = (column: Column): unknown[] =>
    column.type === 'int64' ? column.values.map((v) => BigInt(v as number)) : [...column.values];
  const bytes = parquetWriteBuffer({
    schema: [{ name: 'schema', num_children: names.length }, ...names.flatMap((n) => elements(n, columns[n].type))],
    columnData: names.map((name) => ({ name, data: data(columns[name]) })),
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  writeFileSync(path, new Uint8Array(bytes));
}
