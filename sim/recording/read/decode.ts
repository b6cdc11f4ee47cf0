/** Decoding of protobuf messages, by the schema that comes with them. */
import { createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** A message's fields, in camelCase; 64-bit integers are bigint, byte arrays may be views. */
export type Fields = Readonly<Record<string, unknown>>;

/** Turns the bytes of a message into its fields. @throws Error if the bytes are not such a message. */
export type Decode = (bytes: Uint8Array) => Fields;

/**
 * Makes the decoder of one message type from the schema that comes with a channel.
 * @param schema a FileDescriptorSet.
 * @throws Error if the schema does not have the type.
 */
export function protobufDecoder(schema: Uint8Array, name: string): Decode {
  const type: DescMessage | undefined = createFileRegistry(fromBinary(FileDescriptorSetSchema, schema)).getMessage(
    name,
  );
  if (!type) throw new Error(`schema: expected one with ${name}, got one without`);
  return (bytes) => fromBinary(type, bytes, { readUnknownFields: false }) as unknown as Fields;
}
