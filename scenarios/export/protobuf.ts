/** Protobuf: messages of formats whose few fields that graft needs are written down as tables. */
import { create, createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import type { Fields } from '../../sim/recording/read/decode.ts';
import { encode } from '../../sim/recording/write/encode.ts';

const SCALARS = {
  double: FieldDescriptorProto_Type.DOUBLE,
  float: FieldDescriptorProto_Type.FLOAT,
  int64: FieldDescriptorProto_Type.INT64,
  int32: FieldDescriptorProto_Type.INT32,
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
} as const;

/** A field: its number, and a scalar type or the name of a message; `[]` behind it: a list. */
type FieldRow = readonly [number: number, type: string];

/** Messages by name, their fields by the names that the format gives them. */
export type MessageTable = Readonly<Record<string, Readonly<Record<string, FieldRow>>>>;

/** Messages of a format, by the names of its table. Field names are in camelCase, as the library has them. */
export interface Messages<Name extends string> {
  /** What is left out has its default. @throws Error if a value does not fit its field. */
  readonly encode: (name: Name, fields: Fields) => Uint8Array;
  /** Fields that the table does not know are passed over. @throws Error if the bytes are not such a message. */
  readonly decode: (name: Name, bytes: Uint8Array) => Fields;
}

/** The messages of a format. */
export function messagesOf<const Table extends MessageTable>(table: Table): Messages<keyof Table & string> {
  const messageType = Object.entries(table).map(([name, fields]) => ({
    name,
    field: Object.entries(fields).map(([field, row]) => descriptorOf(field, row)),
  }));
  const file = { name: 'graft.proto', package: 'graft', syntax: 'proto2', messageType };
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
  const typeOf = (name: string): DescMessage => registry.getMessage(`graft.${name}`)!;
  return {
    encode: (name, fields) => encode(typeOf(name), fields),
    decode: (name, bytes) => fromBinary(typeOf(name), bytes, { readUnknownFields: false }) as unknown as Fields,
  };
}

function descriptorOf(name: string, [number, written]: FieldRow) {
  const label = written.endsWith('[]') ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL;
  const type = written.replace('[]', '');
  const scalar = SCALARS[type as keyof typeof SCALARS];
  const ofType = scalar ? { type: scalar } : { type: FieldDescriptorProto_Type.MESSAGE, typeName: `.graft.${type}` };
  return create(FieldDescriptorProtoSchema, { name, number, label, ...ofType });
}
