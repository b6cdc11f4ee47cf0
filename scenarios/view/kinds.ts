/** Kinds of what can be looked at: what a path is refused with that is none of them. */
import { statSync } from 'node:fs';
import { InputError } from '../load.ts';

const KINDS =
  'the folder of a run (with run.json), a race (race.json) or a benchmark (raw results), or a recording (MCAP)';

/** The refusal of a path that is none. @param from as the user wrote it. */
export function refusedKind(from: string): InputError {
  const there = statSync(from, { throwIfNoEntry: false });
  const got = !there ? 'nothing there' : there.isDirectory() ? 'another folder' : 'another file';
  return new InputError(`${from}: expected ${KINDS}, got ${got}`);
}
