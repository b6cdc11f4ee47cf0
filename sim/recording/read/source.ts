/** Where the bytes of a file are: a disk, an address, a file that was dropped on a page. */
export interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** Exactly these bytes. @throws Error if they cannot be had. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** What is read in one go when little is asked for, bytes. */
const WINDOW_BYTES = 64 * 1024;

/**
 * Reads a source through a window, so that many small reads in a row cost few requests.
 * @returns a function like {@link ByteSource.read}; what it gives is a view of the window.
 */
export function windowed({ size, read }: ByteSource): ByteSource['read'] {
  let [window, from] = [new Uint8Array(0), 0];
  return async (offset, length) => {
    if (offset < from || offset + length > from + window.length) {
      window = new Uint8Array(await read(offset, Math.max(Math.min(length + WINDOW_BYTES, size - offset), length)));
      from = offset;
    }
    return window.subarray(offset - from, offset - from + length);
  };
}
