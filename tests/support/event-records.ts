/** The masked CRC-32C of TFRecord, bit by bit. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  const plain = ~crc >>> 0;
  return (((plain >>> 15) | (plain << 17)) + 0xa282ead8) >>> 0;
}

/** The records of a TFRecord file, read apart from graft's own reader. @throws Error for a wrong length or checksum. */
export function recordsOf(file: Uint8Array): Uint8Array[] {
  const buffer = Buffer.from(file);
  const checked = (from: number, length: number): Uint8Array => {
    const bytes = buffer.subarray(from, from + length);
    if (bytes.length !== length) throw new Error(`record at ${from}: expected ${length} bytes, got ${bytes.length}`);
    const [wanted, got] = [maskedCrc(bytes), buffer.readUInt32LE(from + length)];
    if (wanted !== got) throw new Error(`record at ${from}: expected checksum ${wanted}, got ${got}`);
    return bytes;
  };
  const records: Uint8Array[] = [];
  for (let at = 0; at < buffer.length; ) {
    const length = Number(Buffer.from(checked(at, 8)).readBigUInt64LE());
    records.push(checked(at + 12, length));
    at += length + 16;
  }
  return records;
}
