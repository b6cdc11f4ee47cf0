/**
 * Encodes plain objects as protobuf messages: the bytes of the library's `toBinary(type, create(type, fields))`, without the
 * typed copy that this makes first and that takes longer than the encoding itself.
 */
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import type { Fields } from '../read/decode.ts';

/** Writes a value, or the values of a list; of which type the field says. */
type Write = (value: never) => unknown;

/** What everything is written with: it keeps its room from message to message. */
const writer = new BinaryWriter();
const known = new Map<DescMessage, (fields: Fields) => void>();

/**
 * The bytes of a message.
 * @param fields in camelCase; what is left out has its default.
 * @throws Error if a value does not fit its field.
 */
export function encode(type: DescMessage, fields: Fields): Uint8Array {
  try {
    messageWriter(type)(fields);
  } catch (error) {
    // empties it for the next message
    writer.finish();
    throw error;
  }
  return writer.finish();
}

/** Writes the fields of a message in the order of their numbers. */
function messageWriter(type: DescMessage): (fields: Fields) => void {
  const before = known.get(type);
  if (before) return before;
  const writers = [...type.fields]
    .sort((a, b) => a.number - b.number)
    .map((field) => {
      const skipsDefault = field.presence === FeatureSet_FieldPresence.IMPLICIT && field.fieldKind !== 'list';
      return { name: field.localName, write: fieldWriter(field), skipsDefault };
    });
  const write = (fields: Fields): void => {
    for (const field of writers) {
      const value = fields[field.name];
      if (value === undefined || value === null || (field.skipsDefault && isDefault(value))) continue;
      field.write(value as never);
    }
  };
  known.set(type, write);
  return write;
}

const isDefault = (value: unknown): boolean =>
  Object.is(value, 0) || value === false || value === '' || (value instanceof Uint8Array && value.length === 0);

/** @throws Error for a map, which no message of a recording has. */
function fieldWriter(field: DescField): Write {
  switch (field.fieldKind) {
    case 'scalar':
      return tagged(field, ...scalar(field.scalar));
    case 'enum':
      return tagged(field, ...scalar(ScalarType.INT32));
    case 'message':
      return tagged(field, ...message(field.message));
    case 'list': {
      if (field.listKind === 'message') return each(tagged(field, ...message(field.message)));
      const item = scalar(field.listKind === 'enum' ? ScalarType.INT32 : field.scalar);
      if (!field.packed) return each(tagged(field, ...item));
      const write = tagged(field, WireType.LengthDelimited, delimited(each(item[1])));
      return (values: readonly never[]) => values.length > 0 && write(values as never);
    }
    default:
      throw new Error(`${field}: expected a field that is no map`);
  }
}

function tagged({ number }: DescField, wire: WireType, write: Write): Write {
  const tag = ((number << 3) | wire) >>> 0;
  return (value) => {
    writer.uint32(tag);
    write(value);
  };
}

const each = (write: Write): Write => {
  return (values: readonly never[]) => {
    for (const value of values) write(value);
  };
};

const delimited = (write: Write): Write => {
  return (value) => {
    writer.fork();
    write(value);
    writer.join();
  };
};

/** Of a message within another; its writer is made at its first use, for types may hold themselves. */
const message = (type: DescMessage): [WireType, Write] => [
  WireType.LengthDelimited,
  delimited((fields: Fields) => messageWriter(type)(fields)),
];

const SCALARS: Readonly<Partial<Record<ScalarType, readonly [WireType, Write]>>> = {
  [ScalarType.DOUBLE]: [WireType.Bit64, (value) => writer.double(value)],
  [ScalarType.FLOAT]: [WireType.Bit32, (value) => writer.float(value)],
  [ScalarType.INT64]: [WireType.Varint, (value) => writer.int64(value)],
  [ScalarType.UINT64]: [WireType.Varint, (value) => writer.uint64(value)],
  [ScalarType.INT32]: [WireType.Varint, (value) => writer.int32(value)],
  [ScalarType.UINT32]: [WireType.Varint, (value) => writer.uint32(value)],
  [ScalarType.FIXED32]: [WireType.Bit32, (value) => writer.fixed32(value)],
  [ScalarType.BOOL]: [WireType.Varint, (value) => writer.bool(value)],
  [ScalarType.STRING]: [WireType.LengthDelimited, (value) => writer.string(value)],
  [ScalarType.BYTES]: [WireType.LengthDelimited, (value) => writer.bytes(value)],
};

function scalar(type: ScalarType): readonly [WireType, Write] {
  const found = SCALARS[type];
  if (found) return found;
  throw new Error(`scalar: expected a type that recordings use, got ${ScalarType[type]}`);
}
