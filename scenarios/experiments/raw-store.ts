/** Raw store: results of an experiment by name, in single files and in a pack. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { writeAtomically } from '../files.ts';
import { InputError } from '../load.ts';
import { decodePack, encodePack } from './pack.ts';
import { openTogether } from './together.ts';

/** A raw result as it was found. */
interface Found {
  /** Its file, for messages. */
  readonly path: string;
  /** @throws SyntaxError if the file is no JSON. */
  readonly parse: () => unknown;
}

/**
 * Raw results of an experiment: a JSON file each in `raw/` while it runs, one file, `raw.jsonl.gz`, once they are packed. Both are
 * read; a single file goes before a packed result of its name. Names are paths with slashes, such as `unseen/scratch-s3`.
 */
export interface RawStore {
  /** Of the single files. */
  readonly folder: string;
  readonly find: (name: string) => Found | undefined;
  /** Of all results, single and packed, in order. */
  readonly names: () => readonly string[];
  /** Writes a whole file or nothing, after the folders that it needs. */
  readonly write: (name: string, value: unknown) => void;
  /** The same; results that come at once wait for the disk together. Kept once it is there. @throws StorageError */
  readonly keep: (name: string, value: unknown) => Promise<void>;
  /**
   * Moves every single file into the packed one, beside what that holds already.
   * @returns the packed file and how many results it holds.
   * @throws InputError if a single file is no JSON; nothing was changed then.
   */
  readonly pack: () => { readonly path: string; readonly results: number };
}

/** Where results are kept that nobody asked to keep. */
export const NOWHERE: Pick<RawStore, 'find' | 'keep'> = { find: () => undefined, keep: async () => undefined };

const [RAW, PACKED, SUFFIX] = ['raw', 'raw.jsonl.gz', '.json'];

/** @param folder of the experiment. @throws InputError if its packed results are damaged. */
export function openRawStore(folder: string): RawStore {
  const [raw, path] = [join(folder, RAW), join(folder, PACKED)];
  const pathOf = (name: string): string => join(raw, `${name}${SUFFIX}`);
  const placeFor = (name: string): string => {
    const single = pathOf(name);
    mkdirSync(dirname(single), { recursive: true });
    return single;
  };
  const together = openTogether();
  let packed: ReadonlyMap<string, unknown> = existsSync(path) ? decodePack(readFileSync(path), path) : new Map();
  const find = (name: string): Found | undefined => {
    const single = pathOf(name);
    if (existsSync(single)) return { path: single, parse: () => JSON.parse(readFileSync(single, 'utf8')) };
    return packed.has(name) ? { path: `${path}: ${name}`, parse: () => packed.get(name) } : undefined;
  };
  return {
    folder: raw,
    find,
    names: () => [...new Set([...namesIn(raw), ...packed.keys()])].sort(),
    write: (name, value) => writeAtomically(placeFor(name), textOf(value)),
    keep: (name, value) => together(placeFor(name), textOf(value)),
    pack: () => {
      const names = namesIn(raw);
      const results = new Map(packed);
      for (const name of names) results.set(name, jsonIn(find(name)!));
      writeAtomically(path, encodePack(results));
      packed = results;
      for (const name of names) rmSync(pathOf(name));
      removeEmpty(raw);
      return { path, results: results.size };
    },
  };
}

const textOf = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** What can be done about a result that cannot be used. */
export const AGAIN = 'remove the file to measure it again';

/** @throws InputError if a result is no JSON. */
export function jsonIn({ path, parse }: Found): unknown {
  try {
    return parse();
  } catch (error) {
    throw new InputError(
      `${path}: expected a result in JSON, got: ${error instanceof Error ? error.message : error}; ${AGAIN}`,
    );
  }
}

/** Names of the single files, whatever else is in the folder. */
const namesIn = (raw: string): string[] =>
  existsSync(raw)
    ? readdirSync(raw, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith(SUFFIX))
        .map((file) => file.slice(0, -SUFFIX.length).replaceAll(sep, '/'))
    : [];

/** Removes a folder and those in it, as far as nothing lies in them. */
function removeEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
