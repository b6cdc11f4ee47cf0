import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';

/**
 * The message types of a recording. `schemas.binpb` is the FileDescriptorSet that `protoc --include_imports` makes of the
 * Foxglove schemas (MIT) and `graft.proto`, every file after those it depends on; `make-schemas.ts` makes it anew.
 */
const SET = readFileSync(new URL('./schemas.binpb', import.meta.url));
const root = protobuf.Root.fromDescriptor(SET, { keepCase: true });
root.resolveAll();

/** One file of a descriptor set. */
interface SchemaFile {
  readonly name: string;
  readonly dependency: readonly string[];
  /** The FileDescriptorProto, as protoc wrote it. */
  readonly bytes: Uint8Array;
}

/** Field numbers of descriptor.proto: FileDescriptorSet.file, FileDescriptorProto.name and .dependency. */
const [FILE, NAME, DEPENDENCY] = [1, 1, 3];
const LENGTH_DELIMITED = 2;

/** The length-delimited fields of a message that have one of the numbers, as they are. */
function fieldsOf(message: Uint8Array, ...numbers: readonly number[]): { number: number; bytes: Uint8Array }[] {
  const reader = protobuf.Reader.create(message);
  const found: { number: number; bytes: Uint8Array }[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    if ((tag & 7) === LENGTH_DELIMITED && numbers.includes(number)) found.push({ number, bytes: reader.bytes() });
    else reader.skipType(tag & 7);
  }
  return found;
}

const FILES = fieldsOf(SET, FILE).map(({ bytes }): SchemaFile => {
  const fields = fieldsOf(bytes, NAME, DEPENDENCY);
  const texts = (number: number): string[] =>
    fields.filter((f) => f.number === number).map((f) => Buffer.from(f.bytes).toString('utf8'));
  return { name: texts(NAME)[0], dependency: texts(DEPENDENCY), bytes };
});

/** foxglove.Grid is in foxglove/Grid.proto, everything of graft's own in graft.proto. */
const fileOf = (type: string): string =>
  type.startsWith('foxglove.') ? `${type.replace('.', '/')}.proto` : 'graft.proto';

/** The types that are written, by their full name. */
export const SCHEMA_NAMES = [
  'foxglove.CameraCalibration',
  'foxglove.FrameTransforms',
  'foxglove.Grid',
  'foxglove.Log',
  'foxglove.PoseInFrame',
  'foxglove.RawImage',
  'foxglove.SceneUpdate',
  'graft.GripperState',
  'graft.Metrics',
  'graft.Trial',
] as const;
export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** The FileDescriptorSet of one type: its file and all that this depends on, dependencies first. */
export function schemaBytes(type: SchemaName): Uint8Array {
  const wanted = new Set<string>();
  const want = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    FILES.find((f) => f.name === name)?.dependency.forEach(want);
  };
  want(fileOf(type));
  const writer = protobuf.Writer.create();
  for (const { name, bytes } of FILES) {
    if (wanted.has(name)) writer.uint32((FILE << 3) | LENGTH_DELIMITED).bytes(bytes);
  }
  return writer.finish();
}

const TYPES = new Map(SCHEMA_NAMES.map((name) => [name, root.lookupType(name)]));

/** A message's fields, in the spelling of its .proto file. */
export type Fields = Readonly<Record<string, unknown>>;

export const encodeMessage = (type: SchemaName, fields: Fields): Uint8Array => TYPES.get(type)!.encode(fields).finish();

/**
 * Reads one message; fields that were left out have their default. Bytes are views, not copies.
 * @throws Error if the bytes are not such a message.
 */
export function decodeMessage(type: SchemaName, bytes: Uint8Array): Fields {
  const message = TYPES.get(type)!;
  return message.toObject(message.decode(bytes), { longs: Number, defaults: true, arrays: true });
}
