/** Body of a request: the parts of a question, raw or multipart, within limits. */
import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { HttpError } from './http-error.ts';

/** A question as it came: JSON, and files as cameras and NumPy write them. */
export interface GraspQuestion {
  readonly question: unknown;
  /** `.npy` or 16-bit PNG. */
  readonly depth: Uint8Array;
  readonly colour?: Uint8Array | undefined;
  readonly mask?: Uint8Array | undefined;
}

/** Parts that are files, and the one that is JSON. */
const FILES = ['depth', 'colour', 'mask'] as const;
const QUESTION = 'question';
/** Largest question, bytes. */
export const QUESTION_MAX = 64 * 1024;

const RAW = ['application/octet-stream', 'application/x-npy', 'image/png'];

/**
 * Reads a body: `multipart/form-data` with the parts `question` (JSON), `depth`, `colour` and `mask`; or the bytes of a depth
 * file, the question then being the query's `question`.
 * @param bytesMax of the whole body.
 * @throws HttpError with what was expected and what was got.
 */
export async function readQuestion(request: IncomingMessage, bytesMax: number): Promise<GraspQuestion> {
  const type = request.headers['content-type'] ?? '';
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > bytesMax) throw tooLarge(bytesMax, `${length}`);
  if (/^multipart\/form-data\b/i.test(type)) return readParts(request, type, bytesMax);
  const [media] = type.split(';');
  if (!RAW.includes(media.trim().toLowerCase()))
    throw new HttpError(415, `content-type: expected multipart/form-data or ${RAW.join(', ')}, got ${type || 'none'}`);
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams.get(QUESTION);
  if (query === null) throw new HttpError(400, `query: expected ${QUESTION}, as JSON, beside a raw body, got none`);
  const question = parseQuestionText(query);
  return { question, depth: await readAll(request, bytesMax) };
}

const tooLarge = (max: number, got: string): HttpError =>
  new HttpError(413, `body: expected at most ${max} bytes, got ${got}`);

/** @throws HttpError if it is no JSON. */
export function parseQuestionText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, `${QUESTION}: expected JSON, got: ${(error as Error).message}`);
  }
}

async function readAll(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  // a stream that is left early stays open: its sender is answered first
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesMax) throw tooLarge(bytesMax, 'more');
    chunks.push(chunk);
  }
  if (size === 0) throw new HttpError(400, 'body: expected a depth picture, got nothing');
  return Buffer.concat(chunks);
}

/** Parts of a multipart body as they come in. @throws HttpError for a part that is not expected. */
class Parts {
  readonly #files = new Map<string, Uint8Array>();
  #question: { readonly value: unknown } | undefined;

  add(name: string, bytes: Uint8Array): void {
    if (name === QUESTION) {
      this.ask(Buffer.from(bytes).toString('utf8'));
      return;
    }
    if (!FILES.some((f) => f === name))
      throw new HttpError(400, `part: expected ${[QUESTION, ...FILES].join(', ')}, got ${name}`);
    if (this.#files.has(name)) throw new HttpError(400, `${name}: expected one part, got two`);
    this.#files.set(name, bytes);
  }

  ask(text: string): void {
    if (this.#question) throw new HttpError(400, `${QUESTION}: expected one part, got two`);
    if (text.length > QUESTION_MAX)
      throw new HttpError(413, `${QUESTION}: expected at most ${QUESTION_MAX} bytes, got more`);
    this.#question = { value: parseQuestionText(text) };
  }

  /** What they make up. */
  whole(): GraspQuestion {
    const depth = this.#files.get('depth');
    if (!this.#question) throw new HttpError(400, `body: expected a part ${QUESTION}, got none`);
    if (!depth) throw new HttpError(400, 'body: expected a part depth, got none');
    return {
      question: this.#question.value,
      depth,
      colour: this.#files.get('colour'),
      mask: this.#files.get('mask'),
    };
  }
}

function readParts(request: IncomingMessage, type: string, bytesMax: number): Promise<GraspQuestion> {
  const parser = parserOf({ 'content-type': type }, bytesMax);
  const parts = new Parts();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      request.unpipe(parser);
      parser.removeAllListeners();
      // it may still complain about what it no longer gets
      parser.on('error', () => undefined);
      reject(error);
    };
    const orFail = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        fail(error);
      }
    };
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) fail(tooLarge(bytesMax, 'more'));
    });
    parser.on('file', (name, stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', fail);
      stream.on('end', () => orFail(() => parts.add(name, Buffer.concat(chunks))));
    });
    parser.on('field', (name, text) =>
      orFail(() => {
        if (name !== QUESTION) throw new HttpError(400, `${name}: expected a file, got a field of text`);
        parts.ask(text);
      }),
    );
    for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
      parser.on(limit, () => fail(new HttpError(400, `body: expected at most ${FILES.length + 1} parts, got more`)));
    parser.on('error', (error) =>
      fail(new HttpError(400, `body: expected multipart/form-data, got: ${(error as Error).message}`)),
    );
    parser.on('finish', () => orFail(() => resolve(parts.whole())));
    request.once('close', () => reject(new HttpError(400, 'body: expected all of it, got an end before')));
    request.pipe(parser);
  });
}

/** @throws HttpError if the header is none of a multipart body. */
function parserOf(headers: BusboyHeaders, bytesMax: number): BusboyInstance {
  const parts = FILES.length + 1;
  try {
    return new Busboy({
      headers,
      limits: { parts, files: parts, fields: 1, fieldSize: QUESTION_MAX + 1, fileSize: bytesMax, headerPairs: 20 },
    });
  } catch (error) {
    throw new HttpError(400, `content-type: expected multipart/form-data, got: ${(error as Error).message}`);
  }
}
