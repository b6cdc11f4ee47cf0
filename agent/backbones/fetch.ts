/** Fetching of weights: from a path, or once from a URL into a cache, with a checksum. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A file from a path or URL with the files that it names, in order. */
export interface Fetched {
  readonly files: readonly Uint8Array[];
  /** SHA-256 over the bytes of all files, in order, hexadecimal: `cat model.json shard1 shard2 | sha256sum`. */
  readonly sha256: string;
}

const TIMEOUT_MS = 300_000;
/** Largest file that is downloaded, bytes. */
const DOWNLOAD_MAX = 1024 ** 3;

const isUrl = (location: string): boolean => /^https?:\/\//.test(location);

/** Where downloaded networks are kept. */
const cacheFolder = (): string => resolve(process.env.GRAFT_CACHE || join(homedir(), '.cache', 'graft', 'backbones'));

function hashOf(files: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file);
  return hash.digest('hex');
}

/**
 * Reads a file and the further files that it names.
 * @param location path, relative to `base`, or http(s) URL, which is downloaded once.
 * @param expected SHA-256; required for a URL.
 * @param namesOf  the further files, relative to the first.
 * @throws Error naming the file if one is missing or the checksum differs.
 */
export async function fetchFiles(
  location: string,
  base: string,
  expected: string | undefined,
  namesOf: (first: Uint8Array, where: string) => readonly string[] = () => [],
): Promise<Fetched> {
  if (!isUrl(location)) return verified(readLocal(resolve(base, location), namesOf), expected, resolve(base, location));
  if (!expected) throw new Error(`${location}: expected a sha256 for a network from a URL in the model card, got none`);
  const folder = join(cacheFolder(), expected);
  const kept = existsSync(folder) ? readKept(folder) : [];
  if (hashOf(kept) === expected) return { files: kept, sha256: expected };
  const fetched = verified(await download(location, namesOf), expected, location);
  keep(folder, fetched.files);
  return fetched;
}

function verified(files: readonly Uint8Array[], expected: string | undefined, where: string): Fetched {
  const sha256 = hashOf(files);
  if (expected === undefined || sha256 === expected) return { files, sha256 };
  const size = files.reduce((n, f) => n + f.length, 0);
  throw new Error(`${where}: expected sha256 ${expected} (its model card), got ${sha256} of ${size} bytes`);
}

function readLocal(path: string, namesOf: (first: Uint8Array, where: string) => readonly string[]): Uint8Array[] {
  const read = (file: string): Uint8Array => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new Error(
        `${file}: expected a file that can be read, got: ${error instanceof Error ? error.message : error}`,
      );
    }
  };
  const first = read(path);
  return [first, ...namesOf(first, path).map((name) => read(resolve(dirname(path), name)))];
}

class TooLarge extends Error {}

/** The body of an answer, whatever it says of its own length. @throws TooLarge */
async function wholeOf({ body }: Response, address: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > DOWNLOAD_MAX) throw new TooLarge(`${address}: expected at most ${DOWNLOAD_MAX} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

async function download(
  url: string,
  namesOf: (first: Uint8Array, where: string) => readonly string[],
): Promise<Uint8Array[]> {
  const get = async (address: string): Promise<Uint8Array> => {
    let answer: Response;
    try {
      answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (answer.ok) return await wholeOf(answer, address);
    } catch (error) {
      if (error instanceof TooLarge) throw error;
      const { message, cause } = error as Error;
      throw new Error(`${address}: expected a download, got: ${cause instanceof Error ? cause.message : message}`);
    }
    throw new Error(`${address}: expected a download, got: ${answer.status} ${answer.statusText}`);
  };
  const files = [await get(url)];
  for (const name of namesOf(files[0], url)) files.push(await get(new URL(name, url).href));
  return files;
}

/** Files of the cache by number. */
const readKept = (folder: string): Uint8Array[] =>
  readdirSync(folder)
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => readFileSync(join(folder, name)));

/** Puts files into the cache, all or none: others may read it at the same time. */
function keep(folder: string, files: readonly Uint8Array[]): void {
  mkdirSync(dirname(folder), { recursive: true });
  const partial = mkdtempSync(`${folder}.partial-`);
  files.forEach((file, i) => {
    writeFileSync(join(partial, String(i)), file);
  });
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}
