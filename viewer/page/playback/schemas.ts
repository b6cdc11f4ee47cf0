import { createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** Turns the bytes of a message into its fields, in camelCase. @throws Error if the bytes are not such a message. */
export type Decode = (bytes: Uint8Array) => unknown;

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
  return (bytes) => fromBinary(type, bytes, { readUnknownFields: false });
}

export const jsonDecoder: Decode = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

/** Bytes of a text in base64. @throws Error if it is none. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
