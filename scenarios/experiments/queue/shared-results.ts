/** Shared results: a folder that all machines of a queue see, in which each result lies under the hash of what was measured. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writingTo } from '../../files.ts';
import { comparable } from '../comparable.ts';
import type { Found } from '../units/kind.ts';
import { openSharedFiles } from './shared-files.ts';

const SUFFIX = '.json';

const answer = z.strictObject({
  /** Name of the worker. */
  by: z.string(),
  versions: z.record(z.string(), z.string()),
  measured: z.unknown(),
  /** Hashes of shared files, by name. */
  files: z.record(z.string(), z.string()).optional(),
});

/** What a machine found of a unit. */
export interface Answer<Measured> extends Found<Measured> {
  /** Name of the worker. */
  readonly by: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Results by unit. Written whole or not at all; the same again changes nothing, another one lies beside it. */
export interface SharedResults<Measured> {
  /** @throws StorageError if the folder cannot be written. */
  readonly write: (id: string, answer: Answer<Measured>) => void;
  /** Every result that differs in more than times; damaged files are passed over, the unit is measured again. */
  readonly read: (id: string) => readonly Answer<Measured>[];
  /** Whether there may be several: a look at names alone. */
  readonly isDisputed: (id: string) => boolean;
}

/** @param measured form of the results. @throws InputError if the folder cannot be made. */
export function openSharedResults<Measured>(folder: string, measured: z.ZodType<Measured>): SharedResults<Measured> {
  writingTo(folder, () => void mkdirSync(folder, { recursive: true }));
  const shared = openSharedFiles(folder);
  /** @throws Error if it is damaged, or one of its files is not here. */
  const whole = (path: string, hash: string): Answer<Measured> => {
    const { files, ...found } = answer.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (hashOf(found.measured, files) !== hash) throw new Error('another result');
    return {
      ...found,
      measured: measured.parse(found.measured),
      ...(files && { files: mapped(files, shared.get) }),
    };
  };
  const namesOf = (id: string): string[] => {
    try {
      return readdirSync(join(folder, id))
        .filter((name) => name.endsWith(SUFFIX))
        .sort();
    } catch {
      // nobody has measured it yet
      return [];
    }
  };
  return {
    write: (id, { files, ...given }) => {
      const place = join(folder, id);
      writingTo(place, () => void mkdirSync(place, { recursive: true }));
      // before what names them
      const hashes = files && mapped(files, shared.put);
      // a machine thought dead may end the same unit at the same moment
      writeAtomically(
        join(place, `${hashOf(given.measured, hashes)}.json`),
        JSON.stringify({ ...given, ...(hashes && { files: hashes }) }),
        `.${hostname()}-${process.pid}`,
      );
    },
    read: (id) =>
      namesOf(id).flatMap((name) => {
        try {
          return [whole(join(folder, id, name), name.slice(0, -SUFFIX.length))];
        } catch {
          return [];
        }
      }),
    isDisputed: (id) => namesOf(id).length > 1,
  };
}

const mapped = <A, B>(by: Readonly<Record<string, A>>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(by).map(([name, value]) => [name, to(value)]));

const hashOf = (measured: unknown, files: Readonly<Record<string, string>> | undefined): string =>
  createHash('sha256')
    .update(comparable(files ? { measured, files } : measured))
    .digest('hex')
    .slice(0, 32);
