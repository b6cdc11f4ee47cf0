/** A message of a grasp stream: a header and the files that it names. */
export function frameMessage(header: unknown, ...files: readonly Uint8Array[]): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, ...files]);
}
