/** Merge: results of one experiment from several folders in one. */
import { existsSync } from 'node:fs';
import { UserError } from '../../sim/user-error.ts';
import { codeIn } from '../code.ts';
import { InputError } from '../load.ts';
import { comparable, disagreement, type Measurement } from './comparable.ts';
import { filesOf, readWhole, writeFiles } from './raw-files.ts';
import { jsonIn, openRawStore } from './raw-store.ts';

/** What came together. */
export interface Merged {
  /** In the folder now. */
  readonly results: number;
  readonly added: number;
  /** Of several machines, with the same outcome. */
  readonly twice: number;
}

/** Two machines measured the same and found different things. */
class DisagreementError extends UserError {
  override readonly exitCode = 1;
}

/**
 * Copies every result that the folder lacks. What is there twice must be the same, times aside.
 * @throws InputError if a folder has no results, a result is no JSON, two are of different code, or a file that one names is not whole.
 * @throws UserError if two machines measured different things; nothing was written then.
 */
export function mergeResults(folders: readonly string[], out: string): Merged {
  const target = openRawStore(out);
  const kept = new Map(target.names().map((name) => [name, { from: out, value: jsonIn(target.find(name)!) }]));
  const checkCode = ofOneCode();
  for (const each of kept.values()) checkCode(each);
  const before = kept.size;
  const added = new Map<string, From>();
  let twice = 0;
  for (const folder of folders) {
    const store = openRawStore(folder);
    const names = existsSync(folder) ? store.names() : [];
    if (names.length === 0)
      throw new InputError(
        `${folder}: expected the folder of an experiment with results in raw/ or raw.jsonl.gz, got none`,
      );
    for (const name of names) {
      const each: From = { from: folder, value: jsonIn(store.find(name)!) };
      checkCode(each);
      const known = kept.get(name);
      if (!known) {
        kept.set(name, each);
        added.set(name, each);
      } else if (comparable(known.value) === comparable(each.value)) twice++;
      else throw new DisagreementError(`${name}: ${disagreement(measurement(known), measurement(each))}`);
    }
  }
  // all of them, before anything is written
  for (const { from, value } of added.values())
    for (const [name, hash] of Object.entries(filesOf(value))) readWhole(from, name, hash);
  for (const [name, { from, value }] of added) {
    for (const [file, hash] of Object.entries(filesOf(value))) writeFiles(out, { [file]: readWhole(from, file, hash) });
    target.write(name, value);
  }
  return { results: before + added.size, added: added.size, twice };
}

interface From {
  readonly from: string;
  readonly value: unknown;
}

/** What refuses a result of another code than the first one's. */
function ofOneCode(): (each: From) => void {
  let first: { readonly from: string; readonly code: string } | undefined;
  return ({ from, value }) => {
    const code = codeIn(value);
    if (code === undefined) return;
    first ??= { from, code };
    if (code !== first.code)
      throw new InputError(
        `${from}: expected results of code ${first.code}, as in ${first.from}, got some of code ${code}; every machine needs the same graft`,
      );
  };
}

function measurement({ from, value }: From): Measurement {
  const { versions, key = 'none' } = value as { versions?: Record<string, string>; key?: string };
  return { from, by: { ...versions, key } };
}
