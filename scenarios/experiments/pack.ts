/** Packed raw results: gzip of JSON lines, first a header, then a result a line; `zcat` shows them. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { InputError } from '../load.ts';

const FORMAT = 'graft raw results';
const VERSION = 1;

const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** Lines that follow. */
  results: z.number().int().min(0),
});

const lineSchema = z.strictObject({ name: z.string().min(1), value: z.unknown() });

/** Offset of the byte in a gzip header that names the operating system, and the value that names none. */
const [GZIP_OS, ANY_OS] = [9, 255];

/**
 * Packs results: the same bytes for the same results, in whatever order they come.
 * @param results plain JSON by name, such as `unseen/scratch-s3`.
 */
export function encodePack(results: ReadonlyMap<string, unknown>): Uint8Array {
  const names = [...results.keys()].sort();
  const header = { format: FORMAT, version: VERSION, results: names.length };
  const lines = [header, ...names.map((name) => ({ name, value: results.get(name) }))];
  const packed = gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { level: 9 });
  packed[GZIP_OS] = ANY_OS;
  return packed;
}

/**
 * Unpacks results.
 * @param path the file, for messages.
 * @throws InputError if the bytes are cut, damaged, or of another format or version.
 */
export function decodePack(bytes: Uint8Array, path: string): Map<string, unknown> {
  const [first, ...lines] = unzipped(bytes, path).split('\n');
  const header = parsed(first, headerSchema, `a header of '${FORMAT}', version ${VERSION}`, `${path}:1`);
  // the last line ends, too
  if (lines.pop() !== '' || lines.length !== header.results)
    throw new InputError(`${path}: expected ${header.results} results, got ${lines.length} whole lines`);
  const results = new Map<string, unknown>();
  for (const [i, text] of lines.entries()) {
    const { name, value } = parsed(text, lineSchema, 'a result with its name', `${path}:${i + 2}`);
    if (results.has(name)) throw new InputError(`${path}:${i + 2}: expected every result once, got '${name}' again`);
    results.set(name, value);
  }
  return results;
}

function unzipped(bytes: Uint8Array, path: string): string {
  try {
    return gunzipSync(bytes).toString('utf8');
  } catch (error) {
    throw new InputError(
      `${path}: expected raw results packed with gzip, got ${bytes.length} bytes that are not: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function parsed<T>(text: string, schema: z.ZodType<T>, expected: string, where: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InputError(`${where}: expected ${expected}, got ${text.slice(0, 80) || 'nothing'}`);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw new InputError(`${where}: expected ${expected}, got ${text.slice(0, 80)}`);
}
