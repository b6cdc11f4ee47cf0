/** Frame of a stream: one binary message with a question and its files. */
import { type GraspQuestion, parseQuestionText, QUESTION_MAX } from './body.ts';
import { HttpError } from './http-error.ts';

/** A question of a stream. */
export interface Frame extends GraspQuestion {
  /** Comes back with the answer. */
  readonly id?: string | number | undefined;
}

/**
 * Decodes a message: a little-endian uint32 with the length of a JSON header, the header, and the bytes of the files that it
 * names, one after the other: `{ "id": 1, "question": {...}, "depth": <bytes>, "colour": <bytes>, "mask": <bytes> }`.
 * @throws HttpError with what was expected and what was got.
 */
export function decodeFrame(data: Buffer, isBinary: boolean): Frame {
  if (!isBinary) throw new HttpError(400, 'message: expected a binary one, got text');
  const length = data.length >= 4 ? data.readUInt32LE(0) : 0;
  if (length === 0 || length > QUESTION_MAX || 4 + length > data.length)
    throw new HttpError(
      400,
      `message: expected a header of 1 to ${QUESTION_MAX} bytes, got ${length} of ${data.length}`,
    );
  const header = parseQuestionText(data.toString('utf8', 4, 4 + length));
  if (typeof header !== 'object' || header === null)
    throw new HttpError(400, 'header: expected an object with id, question and lengths, got none');
  const { id, question, depth, colour, mask } = header as Record<string, unknown>;
  if (id !== undefined && typeof id !== 'number' && !(typeof id === 'string' && id.length <= 100))
    throw new HttpError(400, 'id: expected a number or at most 100 characters, got neither');
  let from = 4 + length;
  const take = (name: string, size: unknown): Uint8Array | undefined => {
    if (size === undefined) return undefined;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || from + size > data.length)
      throw new HttpError(
        400,
        `${name}: expected its length in bytes, of ${data.length - from} that are left, got ${size}`,
      );
    from += size;
    return data.subarray(from - size, from);
  };
  const files = { depth: take('depth', depth), colour: take('colour', colour), mask: take('mask', mask) };
  if (!files.depth) throw new HttpError(400, 'header: expected depth, its length in bytes, got none');
  if (from !== data.length)
    throw new HttpError(400, `message: expected ${from} bytes as its header says, got ${data.length}`);
  return { ...files, depth: files.depth, question, id };
}
