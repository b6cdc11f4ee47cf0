/** Schemas of a recording: message types by name, and messages encoded by them. */
import { readFileSync } from 'node:fs';
import { createFileRegistry, type DescFile, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { SchemaName } from '../format.ts';
import type { Fields } from '../read/decode.ts';
import { encode } from './encode.ts';

/**
 * The message types of a recording. `schemas.binpb` is the FileDescriptorSet that `protoc --include_imports` makes of the
 * Foxglove schemas (MIT) and `graft.proto`, every file after those it depends on; `make-schemas.ts` makes it anew.
 */
const SET = fromBinary(FileDescriptorSetSchema, readFileSync(new URL('./schemas.binpb', import.meta.url)));
const REGISTRY = createFileRegistry(SET);

const typeOf = (name: SchemaName): DescMessage => REGISTRY.getMessage(name)!;

/** The FileDescriptorSet of one type: its file and all that this depends on, dependencies first. */
export function schemaBytes(name: SchemaName): Uint8Array {
  const wanted = new Set<string>();
  const want = (file: DescFile): void => {
    wanted.add(file.proto.name);
    file.dependencies.forEach(want);
  };
  want(typeOf(name).file);
  return toBinary(FileDescriptorSetSchema, { ...SET, file: SET.file.filter((f) => wanted.has(f.name)) });
}

/** The bytes of a message. @param fields as {@link encode}. @throws Error if a value does not fit its field. */
export const encodeMessage = (name: SchemaName, fields: Fields): Uint8Array => encode(typeOf(name), fields);
