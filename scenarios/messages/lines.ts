/** Lines of a byte stream, each a message: split, and refused where they are too long. */

/** What is told of a stream. */
export interface LineListener {
  /** A whole line, without its end. */
  readonly line: (text: string) => void;
  /** A line was longer than allowed, and is left out. Told once a line, as soon as it is known. */
  readonly tooLong: () => void;
}

const LINE_FEED = 10;

/**
 * Splits a stream into lines. What follows the last line feed is no line.
 * @param maxBytes of a line. No more than that is kept of any.
 * @returns what takes the stream's chunks.
 */
export function lineSplitter(maxBytes: number, { line, tooLong }: LineListener): (chunk: Uint8Array) => void {
  let kept: Uint8Array[] = [];
  let [size, skipping] = [0, false];
  const add = (part: Uint8Array): void => {
    if (skipping) return;
    size += part.length;
    if (size <= maxBytes) return void kept.push(part);
    skipping = true;
    kept = [];
    tooLong();
  };
  const end = (): void => {
    if (!skipping) line(Buffer.concat(kept).toString('utf8').replace(/\r$/, ''));
    kept = [];
    [size, skipping] = [0, false];
  };
  return (chunk) => {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      add(chunk.subarray(from, at));
      end();
      from = at + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  };
}
